"""Verifying an exported log offline: everything is recomputed from the entries.

Nothing in the folder is believed but what leads to a checkpoint's root. What is wrong is
named: which entries, which tile, which sealed reason, or which of two histories.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rmp_milter.audit.beside import check_reasons
from rmp_milter.audit.cosigned_checks import (
    Cosignatures,
    Witnessed,
    all_cosigned,
    cosignatures_of,
)
from rmp_milter.audit.findings import MOST_NAMED, Finding, and_more, differences
from rmp_milter.audit.folder import CHECKPOINT, FolderError, read_bounded
from rmp_milter.audit.handover_checks import Handed, compared, handed_in
from rmp_milter.audit.handovers import LogHandOver
from rmp_milter.audit.progress import Told, untold
from rmp_milter.audit.recount import Recount
from rmp_milter.audit.signers import Signers, signers_of
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.checkpoints import TreeHead, read_checkpoint
from rmp_milter.tlog.notes import NoteError, VerifierKey
from rmp_milter.tlog.policies import NO_WITNESSES, WitnessPolicy
from rmp_milter.tlog.tiles import WIDTH, Tile

LATER = Phrase(
    "the hand-over of entry {index} came after this export: that it extends this log is not"
    " verified"
)


@dataclass(frozen=True)
class LogReport:
    """What was verified: no findings, and the log is what the checkpoints say.

    ``head`` is what the folder's checkpoint claims, ``old`` the one that was kept, ``signers``
    the keys that signed and sign, ``witnessed`` how far witnesses cosigned as a policy asks.
    ``notes`` say what could not be verified for want of a key or an old checkpoint.
    """

    head: TreeHead | None
    old: TreeHead | None
    findings: list[Finding]
    notes: list[str] = field(default_factory=list)
    signers: Signers = field(default_factory=Signers)
    witnessed: Witnessed | None = None


def verify(  # noqa: PLR0913, PLR0917 -- what somebody may hold beside an export
    folder: Path,
    key: VerifierKey | None = None,
    old: bytes | None = None,
    kept: Sequence[LogHandOver] = (),
    progress: Told = untold,
    policy: WitnessPolicy | None = None,
) -> LogReport:
    """Verify the log in ``folder``; against an ``old`` checkpoint, and the log's ``key``.

    That may be any of its keys: the hand-overs in the folder, and those that were ``kept``, lead
    to the others. With a ``policy``, that witnesses cosigned this history; without a key, the
    policy's for this log counts. Raises ``OSError`` only where a file cannot be read for reasons
    that are not the log's.
    """
    findings: list[Finding] = []
    data, head = _checkpoint(folder, findings)
    if policy is not None and head is not None:
        key = key or _key_by(policy, head, findings)
    notes = [] if key else ["no verifier key given: who signed is not verified"]
    if old is None:
        notes.append("no old checkpoint given: whether the log only grew is not verified")
    handed = handed_in(folder, head.origin, findings) if head else Handed()
    signers, contradictions = signers_of(key, (*kept, *handed.sound))
    findings += contradictions
    if head is not None:
        _check_signature(data, signers, Phrase("the checkpoint"), findings)
    before = None if old is None else _old_head(old, signers, findings)
    witnessed = None
    if head is not None:
        before = _of_same_log(before, head, findings)
        notes += [
            Phrase(LATER, index=each.number) for each in kept if each.head.size > head.size
        ]
        others = (*kept, *handed.sound)
        wanted = {each.size for each in (*(one.head for one in others), before) if each}
        cosigned = _cosigned(folder, policy, head, (data, old or b""))
        recount = Recount(folder, head.size, wanted | cosigned.sizes, progress)
        notes += _dates_noted(recount)
        findings += _compared(recount, head)
        findings += check_reasons(folder, recount.reasons)
        findings += compared(recount, head, handed, kept)
        findings += _extends(recount, head, before) if before else ()
        witnessed, missing = cosigned.check(recount, head, signers)
        findings += missing
        notes += _behind(witnessed, head)
    if policy is not None and policy.is_met_by(()):
        notes.append("the policy asks for no witness")
    return LogReport(head, before, findings, notes, signers, witnessed)


def _key_by(
    policy: WitnessPolicy, head: TreeHead, findings: list[Finding]
) -> VerifierKey | None:
    try:
        return policy.log_key(head.origin)
    except NoteError as error:
        findings.append(Finding("signature", line_of(error)))
        return None


def _cosigned(
    folder: Path, policy: WitnessPolicy | None, head: TreeHead, notes: Sequence[bytes]
) -> Cosignatures:
    """Return what is cosigned of the log; without a policy nothing is looked at."""
    if policy is None:
        return Cosignatures(NO_WITNESSES, ())
    return cosignatures_of(policy, head.origin, all_cosigned(folder, *notes))


def _behind(witnessed: Witnessed | None, head: TreeHead) -> Iterator[Phrase]:
    """Yield a note where entries came after what witnesses cosigned."""
    if witnessed and witnessed.size < head.size:
        yield Phrase(
            "entries {first} to {last} came after what the witnesses cosigned",
            first=witnessed.size,
            last=head.size - 1,
        )


def _dates_noted(recount: Recount) -> Iterator[Phrase]:
    """Yield a note where entries are dated before their predecessor."""
    if earlier := recount.dates.earlier:
        first, seconds = next(iter(earlier.items()))
        yield Phrase(
            "entries that are dated before their predecessor: {count}, the first is entry"
            " {index}, by {seconds} seconds",
            count=len(earlier),
            index=first,
            seconds=seconds,
        )


def _checkpoint(folder: Path, findings: list[Finding]) -> tuple[bytes, TreeHead | None]:
    """Return the folder's checkpoint and its tree head, whoever signed it."""
    try:
        data = read_bounded(folder / CHECKPOINT)
        return data, read_checkpoint(data)
    except (FolderError, NoteError) as error:
        line = Phrase("the checkpoint cannot be read: {error}", error=line_of(error))
        findings.append(Finding("checkpoint", line))
        return b"", None


def _of_same_log(
    old: TreeHead | None, head: TreeHead, findings: list[Finding]
) -> TreeHead | None:
    """Return the old head if it is one of this log's."""
    if old is None or old.origin == head.origin:
        return old
    line = Phrase("the old checkpoint is of another log, {origin}", origin=old.origin)
    findings.append(Finding("checkpoint", line))
    return None


def _old_head(data: bytes, signers: Signers, findings: list[Finding]) -> TreeHead | None:
    try:
        head = read_checkpoint(data)
    except NoteError as error:
        line = Phrase("the old checkpoint cannot be read: {error}", error=line_of(error))
        findings.append(Finding("checkpoint", line))
        return None
    _check_signature(data, signers, Phrase("the old checkpoint"), findings)
    return head


def _check_signature(
    data: bytes, signers: Signers, which: Phrase, findings: list[Finding]
) -> None:
    try:
        signers.read(data)
    except NoteError as error:
        line = Phrase("{which}: {error}", which=which, error=line_of(error))
        findings.append(Finding("signature", line))


def _compared(recount: Recount, head: TreeHead) -> Iterator[Finding]:
    """Yield how entries, tiles and the folder's checkpoint differ."""
    roots = recount.roots
    sound = (roots.count, roots.root()) == (head.size, head.root)
    for tile, whole in recount.garbled:
        at = tile.first + whole
        line = Phrase(
            "{path} is cut or garbled from entry {first} on", path=tile.path, first=at
        )
        yield Finding("garbled", line, at)
    if sound:
        yield from _damaged_tiles(recount)
        return
    if recount.unlike:
        start, expected, actual = recount.from_first_unlike()
        yield from differences(expected, actual, start)
    tiles = recount.leaf_tiles()
    if (tiles.count, tiles.root()) == (head.size, head.root):
        return  # the tiles are the checkpoint's, so what was named is what was done
    if roots.count < head.size:
        line = Phrase(
            "truncated: the checkpoint counts {size} entries, {count} are there",
            size=head.size,
            count=roots.count,
        )
        yield Finding("truncated", line, roots.count, head.size - 1)
    elif roots.count > head.size:
        line = Phrase(
            "the checkpoint counts {size} entries, {count} are there",
            size=head.size,
            count=roots.count,
        )
        yield Finding("inserted", line)
    yield from _damaged_tiles(recount)
    yield Finding(
        "rebuilt",
        "entries and checkpoint are not of the same log: the root over the entries is"
        " not the one that was signed",
    )


def _damaged_tiles(recount: Recount) -> Iterator[Finding]:
    found = list(_tiles(recount))
    yield from found[:MOST_NAMED]
    if rest := found[MOST_NAMED:]:
        yield Finding("tile", and_more(len(rest), rest[-1].line))


def _tiles(recount: Recount) -> Iterator[Finding]:
    for tile in recount.unlike:
        yield _tile(tile, tile.first, tile.first + tile.width - 1)
    for tile, places in recount.unlike_above().items():
        each = WIDTH**tile.level
        for place in places or [tile.first]:
            yield _tile(tile, place * each, (place + 1) * each - 1)


def _tile(tile: Tile, first: int, last: int) -> Finding:
    line = Phrase(
        "{path}: is not what entries {first} to {last} hash to",
        path=tile.path,
        first=first,
        last=last,
    )
    return Finding("tile", line, first, last)


def _extends(recount: Recount, head: TreeHead, old: TreeHead) -> Iterator[Finding]:
    """Yield what the old checkpoint says against the entries and the folder's checkpoint."""
    if old.size > head.size:
        yield Finding(
            "shorter",
            Phrase(
                "the old checkpoint counts {old} entries, this log {size}: it was cut or rebuilt"
                " shorter (or this is an export from before that checkpoint)",
                old=old.size,
                size=head.size,
            ),
            head.size,
            old.size - 1,
        )
    elif recount.roots.count < old.size:
        yield Finding(
            "shorter",
            Phrase(
                "only {count} of the {old} entries of the old checkpoint are here",
                count=recount.roots.count,
                old=old.size,
            ),
            recount.roots.count,
            old.size - 1,
        )
    elif recount.roots.kept.get(old.size) != old.root:
        yield Finding(
            "forked",
            Phrase(
                "the first {old} entries are not those of the old checkpoint: at least one was"
                " altered, removed or inserted",
                old=old.size,
            ),
            0,
            old.size - 1,
        )
    elif recount.roots.root() != head.root:
        yield Finding(
            "rebuilt",
            Phrase(
                "the first {old} entries are those of the old checkpoint: what is wrong came"
                " after",
                old=old.size,
            ),
            old.size,
        )
