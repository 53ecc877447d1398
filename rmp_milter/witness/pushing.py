"""Asking the witnesses of a policy to cosign an exported log, and keeping what they say.

In the folder of the cosigned checkpoints lies ``asked.json`` as well: since when each witness is
asked, and what it said last. So whoever has no network can tell who refuses and who is silent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from rmp_milter.audit.cosigned import (
    MOST_KEPT,
    CosignedCheckpoint,
    kept_in,
    name_of,
    of_origin,
    sizes_in,
)
from rmp_milter.audit.folder import ExportedLog, FolderError, read_bounded
from rmp_milter.disk.new_files import replace_whole
from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.notes import Note, NoteSignature, parse, with_signatures
from rmp_milter.tlog.policies import PolicyWitness, WitnessPolicy
from rmp_milter.tlog.witnessing import Submission, WitnessReply
from rmp_milter.witness.asking import SCHEMES, Ask, SilentError, WitnessSaid
from rmp_milter.witness.submitting import (
    SILENT,
    TWO_HISTORIES,
    AnswerRead,
    read_answer,
    submission,
)

ASKED, FORMAT = "asked.json", "rmp witnesses asked 1"
MODE = 0o644


class AskedWitness(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Since when a witness is asked, and what it said last, to how many entries.

    ``status`` is that of HTTP (:mod:`.submitting` has two more), ``known`` the size that it named.
    """

    since: int
    at: int
    status: int
    size: int
    known: int | None = None


class _AskedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    witnesses: dict[str, AskedWitness]


def read_asked(folder: Path) -> dict[str, AskedWitness]:
    """Return who was asked, by the policy's names; raises :class:`FolderError`."""
    path = folder / ASKED
    if not path.exists():
        return {}
    try:
        read = msgspec.json.decode(read_bounded(path), type=_AskedFile)
    except msgspec.DecodeError as error:
        line = Phrase("{path}: cannot be used: {error}", path=path, error=line_of(error))
        raise FolderError(line) from None
    if read.format != FORMAT:
        raise FolderError(Phrase("{path}: is of another format", path=path))
    return read.witnesses


@dataclass(frozen=True)
class _Place:
    """A log that is pushed: the export, the policy, and where what comes back is kept."""

    log: ExportedLog
    policy: WitnessPolicy
    folder: Path

    def cosigned_size(self, witnesses: Sequence[PolicyWitness]) -> int:
        """Return the largest size that one of these cosigned, as far as is kept here."""
        for each in of_origin([*kept_in(self.folder)], self.log.head.origin):
            judged = self.policy.judge(each.note).cosigned
            if each.head.size <= self.log.head.size and any(
                witness.label in judged for witness in witnesses
            ):
                return each.head.size
        return 0

    def see_one_history(self) -> None:
        """Raise :class:`FolderError` where another tree of this size was cosigned before."""
        size = self.log.head.size
        for each in of_origin([*kept_in(self.folder)], self.log.head.origin):
            if each.head.size == size and each.head != self.log.head:
                line = "{path}: another tree of {size} entries was cosigned: two histories"
                raise FolderError(Phrase(line, path=self.folder / name_of(size), size=size))

    def keep(self, lines: Sequence[NoteSignature]) -> Note:
        """Keep the export's checkpoint with further cosignatures; return it."""
        path = self.folder / name_of(self.log.head.size)
        own = parse(self.log.checkpoint)
        before = parse(read_bounded(path)) if path.exists() else own
        renewed = {(line.name, line.key_id) for line in lines}
        older = [line for line in before.signatures if (line.name, line.key_id) not in renewed]
        note = with_signatures(own, [*older, *lines])
        replace_whole(path, note.encode(), MODE)
        for size in sizes_in(self.folder)[MOST_KEPT:]:
            (self.folder / name_of(size)).unlink(missing_ok=True)
        return note


def push(
    log: ExportedLog, policy: WitnessPolicy, folder: Path, ask: Ask, now: int
) -> dict[str, AskedWitness]:
    """Ask each witness of the policy that has a URL of HTTP; return what each said.

    What they cosign, and what they said, is kept in ``folder``; ``now`` in epoch seconds. Raises
    :class:`~rmp_milter.audit.folder.FolderError` where a tile is missing, ``OSError``.
    """
    place = _Place(log, policy, folder)
    before = read_asked(folder)
    try:
        place.see_one_history()
    except FolderError:
        # Whoever looks at what is kept is to hear of it as well.
        heard = {each.label: _heard(before, each.label, log, now) for each in policy.witnesses}
        _note(
            place,
            {label: replace(each, status=TWO_HISTORIES) for label, each in heard.items()},
        )
        raise
    said = dict[str, AskedWitness]()
    for url, witnesses in by_url(policy).items():
        answer = _asked(place, url, witnesses, ask)
        if answer.lines:
            place.keep(answer.lines)
        for each in witnesses:
            said[each.label] = _noted(before.get(each.label), answer, each, log.head.size, now)
    _note(place, {**before, **said})
    return said


def by_mail(
    log: ExportedLog, policy: WitnessPolicy, folder: Path, who: PolicyWitness, now: int
) -> Submission:
    """Return what a witness that has only mail is asked; it is noted that it was.

    Raises as :func:`push`.
    """
    place = _Place(log, policy, folder)
    before = read_asked(folder)
    asked = replace(_heard(before, who.label, log, now), status=SILENT)
    _note(place, {**before, who.label: asked})
    return submission(log.node, log.head, log.checkpoint, place.cosigned_size([who]))


def _note(place: _Place, said: Mapping[str, AskedWitness]) -> None:
    """Keep what the witnesses of the policy said; of others nothing stays."""
    known = {each.label for each in place.policy.witnesses}
    kept = _AskedFile(FORMAT, {name: each for name, each in said.items() if name in known})
    content = msgspec.json.format(msgspec.json.encode(kept))
    replace_whole(place.folder / ASKED, content, MODE)


def by_url(policy: WitnessPolicy) -> Mapping[str, list[PolicyWitness]]:
    """Return who is asked at each URL of HTTP: one witness may have two keys."""
    found = dict[str, list[PolicyWitness]]()
    for each in policy.witnesses:
        if each.url.startswith(SCHEMES):
            found.setdefault(each.url.rstrip("/"), []).append(each)
    return found


def _noted(
    before: AskedWitness | None, answer: AnswerRead, who: PolicyWitness, size: int, now: int
) -> AskedWitness:
    since = before.since if before else now
    silent = answer.status == WitnessReply.COSIGNED and who.key not in answer.times
    return AskedWitness(since, now, SILENT if silent else answer.status, size, answer.known)


def _asked(place: _Place, url: str, witnesses: Sequence[PolicyWitness], ask: Ask) -> AnswerRead:
    """Ask a witness; once more if it names another size that the log has passed."""
    keys = [each.key for each in witnesses]
    size, checkpoint = place.log.head.size, place.log.checkpoint
    old = place.cosigned_size(witnesses)
    for _ in range(2):
        body = submission(place.log.node, place.log.head, checkpoint, old).encode()
        try:
            said = ask(f"{url}/add-checkpoint", body)
        except SilentError:
            said = WitnessSaid(SILENT, b"")
        answer = read_answer(said.status, said.body, checkpoint, keys)
        if answer.known is None or answer.known > size or answer.known == old:
            break
        old = answer.known
    return answer


def taken(
    log: ExportedLog,
    policy: WitnessPolicy,
    folder: Path,
    brought: CosignedCheckpoint,
    now: int,
) -> tuple[str, ...]:
    """Keep cosignatures of the export's checkpoint that came by another way, such as mail.

    Returns the names of the witnesses who cosigned it. Raises
    :class:`~rmp_milter.audit.folder.FolderError` for a checkpoint that is not the export's.
    """
    if brought.note.text != parse(log.checkpoint).text:
        line = "a checkpoint of {size} entries, and not the one of this export"
        raise FolderError(Phrase(line, size=brought.head.size))
    judged = policy.judge(brought.note)
    keys = {each.label: each.key for each in policy.witnesses}
    good = {(keys[label].name, keys[label].key_id) for label in judged.cosigned}
    lines = [line for line in brought.note.signatures if (line.name, line.key_id) in good]
    if lines:
        place, before = _Place(log, policy, folder), read_asked(folder)
        place.see_one_history()
        place.keep(lines)
        heard = {label: _heard(before, label, log, now) for label in judged.cosigned}
        _note(place, {**before, **heard})
    return (*judged.cosigned,)


def _heard(
    before: Mapping[str, AskedWitness], label: str, log: ExportedLog, now: int
) -> AskedWitness:
    since = before[label].since if label in before else now
    return AskedWitness(since, now, WitnessReply.COSIGNED, log.head.size)


def mail_witnesses(policy: WitnessPolicy) -> Iterator[PolicyWitness]:
    """Yield the witnesses that are asked by mail."""
    yield from (each for each in policy.witnesses if each.url.startswith("mailto:"))
