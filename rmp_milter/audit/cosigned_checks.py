"""Whether a log is the one that witnesses cosigned, as a policy asks it.

Cosigned are an export's own checkpoint, those in its folder ``witnessed/``, and one that somebody
kept. Each that a witness of the policy signed must be of this log's history; the largest that
enough of them signed says how far nobody can have been shown anything else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from rmp_milter.audit.cosigned import FOLDER, CosignedCheckpoint, kept_in
from rmp_milter.audit.findings import Finding
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.recount import Recount
from rmp_milter.audit.signers import Signers
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.checkpoints import TreeHead
from rmp_milter.tlog.hashing import EMPTY_ROOT
from rmp_milter.tlog.notes import NoteError, with_signatures
from rmp_milter.tlog.policies import PolicyJudgement, WitnessPolicy
from rmp_milter.tlog.proofs import consistency_proof, is_consistent, tree_root


class Witnessed(NamedTuple):
    """A checkpoint that is cosigned, and who of the policy did so."""

    checkpoint: CosignedCheckpoint
    judgement: PolicyJudgement

    @property
    def size(self) -> int:
        """How many entries it counts."""
        return self.checkpoint.head.size


@dataclass(frozen=True)
class Cosignatures:
    """All that is cosigned of one log, the largest first, by a policy."""

    policy: WitnessPolicy
    all_of_it: tuple[Witnessed, ...]

    @property
    def sizes(self) -> set[int]:
        """Of how many entries the roots are needed."""
        return {each.size for each in self.all_of_it}

    def check(
        self, recount: Recount, head: TreeHead, signers: Signers
    ) -> tuple[Witnessed | None, list[Finding]]:
        """Hold a log that was recounted against what is cosigned.

        Returns the largest checkpoint of this history that the policy is content with, and what
        is wrong.
        """
        findings = list(self._wrong())
        met = None
        for each in self.all_of_it:
            found = [*_against(each, recount, head, signers)]
            findings += found
            if met is None and not found and each.judgement.fulfilled:
                met = each
        if met is None and not self.policy.is_met_by(()):
            line = Phrase(
                "no checkpoint here is cosigned as the policy asks (quorum {quorum})",
                quorum=self.policy.quorum,
            )
            findings.append(Finding("unwitnessed", line))
        return met, findings

    def _wrong(self) -> Iterator[Finding]:
        for each in self.all_of_it:
            for label in each.judgement.wrong:
                line = Phrase(
                    "{size} entries: the signature of the witness {name} is wrong",
                    size=each.size,
                    name=label,
                )
                yield Finding("witness", line)


def _against(
    each: Witnessed, recount: Recount, head: TreeHead, signers: Signers
) -> Iterator[Finding]:
    """Yield how a cosigned checkpoint and a log differ."""
    if not each.judgement.cosigned:
        return
    names = ", ".join(each.judgement.cosigned)
    try:
        signers.read(each.checkpoint.note.encode())
    except NoteError as error:
        line = Phrase(
            "cosigned by {names} at {size} entries: {error}",
            names=names,
            size=each.size,
            error=line_of(error),
        )
        yield Finding("signature", line)
    if each.size > head.size:
        line = Phrase(
            "cosigned by {names} are {old} entries, this log has {size}: it was cut or rebuilt"
            " shorter (or this is an export from before)",
            names=names,
            old=each.size,
            size=head.size,
        )
        yield Finding("shorter", line, head.size, each.size - 1)
    elif recount.roots.kept.get(each.size) != each.checkpoint.head.root:
        line = Phrase(
            "the first {size} entries are not those that {names} cosigned: another history, or at"
            " least one was altered, removed or inserted",
            size=each.size,
            names=names,
        )
        yield Finding("forked", line, 0, each.size - 1)


def cosignatures_of(
    policy: WitnessPolicy,
    origin: str,
    checkpoints: Sequence[CosignedCheckpoint],
) -> Cosignatures:
    """Return who cosigned which of the checkpoints of a log; those of others are left out.

    The signatures of the same one from several places are taken together.
    """
    mine = dict[TreeHead, CosignedCheckpoint]()
    for each in checkpoints:
        if each.head.origin == origin:
            before = mine.setdefault(each.head, each)
            both = with_signatures(before.note, each.note.signatures)
            mine[each.head] = replace(before, note=both)
    ordered = sorted(mine.values(), key=lambda each: -each.head.size)
    judged = [Witnessed(each, policy.judge(each.note)) for each in ordered]
    return Cosignatures(
        policy,
        tuple(each for each in judged if each.judgement.cosigned or each.judgement.wrong),
    )


def all_cosigned(folder: Path, *more: bytes) -> list[CosignedCheckpoint]:
    """Return what may be cosigned of an export: what lies in it, and ``more`` that was kept.

    What is no checkpoint is passed over: it is found elsewhere.
    """
    found = [*kept_in(folder / FOLDER)]
    for data in more:
        try:
            found.append(CosignedCheckpoint.parse(data))
        except NoteError:
            continue
    return found


def newest_in(
    log: ExportedLog, policy: WitnessPolicy, checkpoints: Sequence[CosignedCheckpoint]
) -> Witnessed | None:
    """Return the largest checkpoint of an export's history that the policy is content with.

    By the export's tiles, which must lead from it to the export's root. Raises
    :class:`~.folder.FolderError` for a tile that is missing.
    """
    for each in cosignatures_of(policy, log.head.origin, checkpoints).all_of_it:
        if each.judgement.fulfilled and _is_in(log, each.checkpoint.head):
            return each
    return None


def _is_in(log: ExportedLog, head: TreeHead) -> bool:
    if head.size > log.head.size:
        return False
    root = tree_root(log.node, head.size) if head.size else EMPTY_ROOT
    path = consistency_proof(log.node, head.size, log.head.size)
    extends = is_consistent(head.size, root, log.head.size, log.head.root, path)
    if not extends:
        raise FolderError(Phrase("the tiles do not lead to the root of the checkpoint"))
    return root == head.root
