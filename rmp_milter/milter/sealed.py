"""What is encrypted beside a mail's text: refused by letter, but for an emergency.

A file's session key is remembered, so that nobody attaches it anew: who is not its author
could have it read back to him, and who is on the way could put it beside another mail of its
author's. Only who sent it in a mail that was refused may send it again.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from rmp_milter.calls.protocol.opening import Trust
from rmp_milter.dossier.changes import Once
from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.milter.means import Read

FILE_SECONDS = 10 * 365 * 86_400
"""How long a file is known that came encrypted by itself: as dossiers are used."""


class Marks(Protocol):
    """What happened and is remembered: the store's snapshot."""

    def happened(self, value: bytes) -> bool:
        """Whether this, which may happen once, has happened."""


def check_sealed(read: Read, verb: Verb, doctor: Doctor, marks: Marks) -> None:
    """Refuse what is encrypted beside the text and may not be, or is not the sender's.

    ``doctor`` is the sender. An emergency is not refused: all of it is left aside.
    """
    if verb is Verb.URGENCE:
        return
    opened = read.opened
    if read.surplus is not None:
        raise MailError(read.surplus.value)
    if opened.file_fault is not None:
        raise MailError(opened.file_fault.value)
    if not fingerprints_of(doctor).issuperset(opened.file_signers):
        raise MailError("file-signature")
    if any(_is_taken(seal, doctor, marks) for seal in opened.seals[1:]):
        raise MailError("file-known")


def leaves_aside(read: Read, verb: Verb) -> bool:
    """Return whether an emergency came with encrypted parts that nobody looked at."""
    return verb is Verb.URGENCE and (read.surplus is not None or read.has_sealed_files)


def has_unsigned_files(read: Read) -> bool:
    """Return whether a text that is signed came with files that are not: anybody's, maybe."""
    opened = read.opened
    return (
        len(opened.seals) > 1
        and not opened.file_signers
        and opened.signature.trust is Trust.GOOD
    )


def marks_of(seals: Sequence[bytes], doctor: Doctor) -> Iterator[bytes]:
    """Yield what a mail of these seals may be asked for, of a text's and then of files'."""
    yield from map(_known, filter(None, seals[:1]))
    for seal in seals[1:]:
        yield from (_filed(seal), _known(seal), _own(seal, doctor))


def seal_marks(case: Case, outcome: Outcome, main_expires: int) -> tuple[Once, ...]:
    """Return what is remembered of the mail's session keys.

    A file that is filed is so for good; one that is not, and was nobody else's, stays its
    sender's.
    """
    filed = bool(outcome.effects.filings or outcome.effects.deferrals)
    main, *files = case.opened.seals or (b"",)
    expires = case.at + FILE_SECONDS
    marks = dict.fromkeys(_file_marks(files, case, filed=filed), expires)
    if main and _known(main) not in marks:
        marks[_known(main)] = main_expires
    return tuple(Once(each, marks[each]) for each in marks if not case.view.happened(each))


def _file_marks(seals: Sequence[bytes], case: Case, *, filed: bool) -> Iterator[bytes]:
    for seal in seals:
        if filed:
            yield _filed(seal)
        elif not case.view.happened(_known(seal)):
            yield _own(seal, case.doctor)
        yield _known(seal)


def _is_taken(seal: bytes, doctor: Doctor, marks: Marks) -> bool:
    if marks.happened(_filed(seal)):
        return True
    return marks.happened(_known(seal)) and not marks.happened(_own(seal, doctor))


def _known(seal: bytes) -> bytes:
    return b"seal " + seal


def _filed(seal: bytes) -> bytes:
    return b"seal filed " + seal


def _own(seal: bytes, doctor: Doctor) -> bytes:
    return b"seal of " + doctor.doctor_id + seal
