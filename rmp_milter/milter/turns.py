"""One mail after the other where codes are tried, so that a crowd of tries is counted.

How many wrong codes a sender and a patient still have is read before the code is tried and
written after it. Twenty mails at once would each read the same number: all would be tried,
and none would be the one that tells the médecin traitant.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.mail.header.routing import RoutingHeader

_LOCKS = 256
_COUNTED = frozenset({Verb.CREATION, Verb.LISTE})


class Turns:
    """Locks for subjects, a few subjects a lock; one object for all threads of a process."""

    def __init__(self) -> None:
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    @contextmanager
    def of(self, *subjects: bytes) -> Iterator[None]:
        """Hold the turn of all subjects for the block; no two blocks wait for each other."""
        with ExitStack() as held:
            for place in sorted({_place(subject) for subject in subjects}):
                held.enter_context(self._locks[place])
            yield


def subjects_of(doctor: Doctor, header: RoutingHeader, opened: Opened) -> tuple[bytes, ...]:
    """Return whose tries a mail may count against; nobody's for what is not counted.

    The patient as he is asked for, not his dossier: it must not show whether there is one.
    Whoever writes his name and date so that they fit one dossier writes these.
    """
    if header.verb is Verb.URGENCE:
        return ()  # never delayed, whatever else its mail carries
    sender = b"sender " + doctor.doctor_id
    if opened.has_code or opened.attested:
        patient = f"{fold(header.birth_name)}|{header.birth_date}"
        return (sender, b"patient " + patient.encode())
    return (sender,) if header.verb in _COUNTED else ()


def _place(subject: bytes) -> int:
    return hashlib.sha256(subject).digest()[0] % _LOCKS
