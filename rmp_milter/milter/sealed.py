"""What is encrypted beside a mail's text: refused by letter, but for an emergency.

A file's session key is remembered with whose mail it came in, so that nobody else attaches
it: he could have it read back to him.
"""

from typing import Protocol

from rmp_milter.dossier.changes import Once
from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
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
    if any(signer != doctor.fingerprint for signer in opened.file_signers):
        raise MailError("file-signature")
    if any(
        _is_known(seal, marks) and not _is_own(seal, doctor, marks) for seal in opened.seals[1:]
    ):
        raise MailError("file-known")


def leaves_aside(read: Read, verb: Verb) -> bool:
    """Return whether an emergency came with encrypted parts that nobody looked at."""
    return verb is Verb.URGENCE and (read.surplus is not None or read.has_sealed_files)


def seal_marks(case: Case, main_expires: int) -> tuple[Once, ...]:
    """Return what is remembered of the mail's session keys: once seen, each belongs to it.

    A file that came in somebody else's mail stays his.
    """
    marks: list[Once] = []
    for at, seal in enumerate(dict.fromkeys(case.opened.seals)):
        if _is_known(seal, case.view):
            continue
        expires = case.at + FILE_SECONDS if at else main_expires
        marks.append(Once(_known(seal), expires))
        if at:
            marks.append(Once(_own(seal, case.doctor), expires))
    return tuple(marks)


def _is_known(seal: bytes, marks: Marks) -> bool:
    return marks.happened(_known(seal))


def _is_own(seal: bytes, doctor: Doctor, marks: Marks) -> bool:
    return marks.happened(_own(seal, doctor))


def _known(seal: bytes) -> bytes:
    return b"seal " + seal


def _own(seal: bytes, doctor: Doctor) -> bytes:
    return b"seal of " + doctor.doctor_id + seal
