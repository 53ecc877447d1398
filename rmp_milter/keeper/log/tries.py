"""Refusals, counted by the keeper: so that nobody tries codes faster by asking it directly.

A row holds when a subject (a dossier, a patient whom nobody knows, a sender, all together) was
refused, the oldest first. One counts for 30 days; a flood makes no row grow.
"""

import struct
from collections.abc import Callable, Iterable, Sequence

from rmp_milter.engine.transaction import WriteTransaction
from rmp_milter.keeper.log import due
from rmp_milter.keeper.log.own_tables import DIGEST_SIZE, ID_SIZE
from rmp_milter.keeper.log.tables import OwnTable
from rmp_milter.keeper.log.tree import LogFault

TRY_SECONDS = 30 * 86_400
"""How long a refusal counts, as in the store."""
MOST_TIMES = 1000
"""More than any limit has."""
_TIME_SIZE = 4
_NOBODY = b"N"

EVERYBODY = b"*"
"""The subject that counts every refusal."""


class CountedTries:
    """The refusals that count, as one transaction sees them."""

    def __init__(self, txn: WriteTransaction) -> None:
        self._txn = txn

    def count(self, subjects: Iterable[bytes], now: int) -> None:
        """Count one refusal of each of the subjects, once each."""
        for subject in dict.fromkeys(subjects):
            old = self._take(subject)
            newest = sorted((*old, now))[-MOST_TIMES:]
            self._put(subject, [time for time in newest if time > newest[-1] - TRY_SECONDS])

    def recent(self, subject: bytes, since: int) -> int:
        """Return how often the subject was refused at ``since`` or later."""
        return sum(time >= since for time in self._times(subject))

    def carry(self, on: Callable[[bytes], bytes]) -> None:
        """Put in the place of each digest of somebody unknown what ``on`` makes of it."""
        for subject in [*self._txn.keys(OwnTable.TRIES, _NOBODY)]:
            self._put(of_nobody(on(subject[1:])), self._take(subject))

    def clear(self, subject: bytes) -> None:
        """Forget all refusals of the subject."""
        self._take(subject)

    def purge(self, now: int, most: int) -> None:
        """Forget subjects whose refusals count no more, ``most`` of them."""
        for subject in due.take(self._txn, OwnTable.TRIES_DUE, now, most):
            self._txn.delete(OwnTable.TRIES, subject)

    def _put(self, subject: bytes, times: Sequence[int]) -> None:
        row = struct.pack(f">{len(times)}I", *times)
        self._txn.put(OwnTable.TRIES, subject, row)
        due.put(self._txn, OwnTable.TRIES_DUE, _end(times), subject)

    def _take(self, subject: bytes) -> tuple[int, ...]:
        """Remove a row and return its times."""
        times = self._times(subject)
        if times:
            self._txn.delete(OwnTable.TRIES, subject)
            due.delete(self._txn, OwnTable.TRIES_DUE, _end(times), subject)
        return times

    def _times(self, subject: bytes) -> tuple[int, ...]:
        row = bytes(self._txn.get(OwnTable.TRIES, subject) or b"")
        if len(row) % _TIME_SIZE:
            raise LogFault("refusals cannot be read")
        return struct.unpack(f">{len(row) // _TIME_SIZE}I", row)


def of_dossier(dossier_id: bytes) -> bytes:
    """Return the subject that a dossier is."""
    return _subject(b"D", dossier_id, ID_SIZE)


def of_nobody(digest: bytes) -> bytes:
    """Return the subject for a patient without a dossier, by a keyed digest of who is meant."""
    return _subject(_NOBODY, digest, DIGEST_SIZE)


def of_person(person_id: bytes) -> bytes:
    """Return the subject that a sender of the directory is."""
    return _subject(b"P", person_id, ID_SIZE)


def _subject(kind: bytes, value: bytes, size: int) -> bytes:
    if len(value) != size:
        raise ValueError("a subject of another length")
    return kind + value


def _end(times: Iterable[int]) -> int:
    return max(times) + TRY_SECONDS
