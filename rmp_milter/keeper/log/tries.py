"""Refusals, counted by the keeper: so that nobody tries codes faster by asking it directly.

A row holds when a subject (a dossier, a patient whom nobody knows, a sender, all together) was
refused, the oldest first. One counts for 30 days; a flood makes no row grow.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

import lmdb

from rmp_milter.keeper.log import due
from rmp_milter.keeper.log.own_tables import DIGEST_SIZE, ID_SIZE, OwnTables
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

    def __init__(self, transaction: lmdb.Transaction, tables: OwnTables) -> None:
        self._transaction = transaction
        self._table, self._due = tables.tries, tables.tries_due

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
        with self._transaction.cursor(db=self._table) as cursor:
            cursor.set_range(_NOBODY)
            keys = (bytes(each) for each in cursor.iternext(values=False))
            subjects = [*takewhile(lambda each: each.startswith(_NOBODY), keys)]
        for subject in subjects:
            self._put(of_nobody(on(subject[1:])), self._take(subject))

    def clear(self, subject: bytes) -> None:
        """Forget all refusals of the subject."""
        self._take(subject)

    def purge(self, now: int, most: int) -> None:
        """Forget subjects whose refusals count no more, ``most`` of them."""
        for subject in due.take(self._transaction, self._due, now, most):
            self._transaction.delete(subject, db=self._table)

    def _put(self, subject: bytes, times: Sequence[int]) -> None:
        row = struct.pack(f">{len(times)}I", *times)
        self._transaction.put(subject, row, db=self._table)
        due.put(self._transaction, self._due, _end(times), subject)

    def _take(self, subject: bytes) -> tuple[int, ...]:
        """Remove a row and return its times."""
        times = self._times(subject)
        if times:
            self._transaction.delete(subject, db=self._table)
            due.delete(self._transaction, self._due, _end(times), subject)
        return times

    def _times(self, subject: bytes) -> tuple[int, ...]:
        row = bytes(self._transaction.get(subject, b"", db=self._table))
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
