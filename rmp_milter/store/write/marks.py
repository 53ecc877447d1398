"""What is remembered for a while, written: mails that are done, tries that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.dossier.model import Fault, Strike, Tally
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import tally_key, u32
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.surface import TALLY_SECONDS, TALLY_TIMES
from rmp_milter.store.write.outbox_rows import expired

if TYPE_CHECKING:
    from rmp_milter.dossier.changes import Changes, Once
    from rmp_milter.store.write.writing import Writing


class MarkRecorder:
    """Checks and writes marks and tallies in one write transaction."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._codecs = writing.codecs

    def check(self, changes: Changes) -> None:
        """Raise :class:`Conflict` where the mail is done, or what happens once happened."""
        if changes.digest and self._is_marked(LinkKind.SEEN, changes.digest):
            raise Conflict("duplicate")
        if any(self._is_marked(LinkKind.ONCE, once.value) for once in changes.once):
            raise Conflict("replayed")

    def check_tries(self, changes: Changes) -> None:
        """Raise :class:`Conflict` where others count by now than the decision saw."""
        for tried in changes.tried:
            key = tally_key(self._codecs.blind, tried.fault, tried.subject)
            found = self._writing.read(StoreTable.TALLIES, self._codecs.tallies, key)
            if (found or Tally()).times != tried.times:
                raise Conflict("tries")

    def done(self, digest: bytes, expires: int) -> None:
        """Mark the mail of this digest as done."""
        self._mark(self._codecs.blind.of(LinkKind.SEEN, digest), expires)

    def happened(self, once: Once) -> None:
        """Mark what may happen once."""
        self._mark(self._codecs.blind.of(LinkKind.ONCE, once.value), once.expires)

    def strike(self, strike: Strike) -> None:
        """Count one try."""
        key = self._key(strike)
        old = self._take(key)
        tally = Tally(times=with_try(old.times, strike.at))
        self._writing.ledger.tallies += 1
        self._writing.seal(StoreTable.TALLIES, self._codecs.tallies, key, tally)
        self._writing.add(StoreTable.TALLY_EXPIRY, tally_expiry(tally) + key, b"")

    def clear(self, strike: Strike) -> None:
        """Forget the tries of the subject, whenever they were."""
        self._take(self._key(strike))

    def prune(self, now: int) -> None:
        """Forget some of what is expired."""
        for key in expired(self._writing.txn, StoreTable.SEEN_EXPIRY, now):
            self._writing.txn.delete(StoreTable.SEEN_EXPIRY, key)
            removed = self._writing.txn.delete(StoreTable.SEEN, key[4:])
            self._writing.ledger.seen -= removed
        for key in expired(self._writing.txn, StoreTable.TALLY_EXPIRY, now):
            self._writing.txn.delete(StoreTable.TALLY_EXPIRY, key)
            removed = self._writing.txn.delete(StoreTable.TALLIES, key[4:])
            self._writing.ledger.tallies -= removed

    def _mark(self, key: bytes, expires: int) -> None:
        self._writing.ledger.seen += 1
        self._writing.add(StoreTable.SEEN, key, u32(expires))
        self._writing.add(StoreTable.SEEN_EXPIRY, u32(expires) + key, b"")

    def _is_marked(self, kind: LinkKind, value: bytes) -> bool:
        return self._writing.has(StoreTable.SEEN, self._codecs.blind.of(kind, value))

    def _key(self, strike: Strike) -> bytes:
        return tally_key(self._codecs.blind, Fault(strike.fault), strike.subject)

    def _take(self, key: bytes) -> Tally:
        """Remove a tally and return it; an empty one where there was none."""
        old = self._writing.read(StoreTable.TALLIES, self._codecs.tallies, key)
        if old is None:
            return Tally()
        self._writing.ledger.tallies -= 1
        self._writing.txn.delete(StoreTable.TALLIES, key)
        self._writing.txn.delete(StoreTable.TALLY_EXPIRY, tally_expiry(old) + key)
        return old


def with_try(times: tuple[int, ...], at: int) -> tuple[int, ...]:
    """Return ``times`` and ``at`` in order, without those that count no more."""
    newest = sorted((*times, at))[-TALLY_TIMES:]
    return tuple(time for time in newest if time > newest[-1] - TALLY_SECONDS)


def tally_expiry(tally: Tally) -> bytes:
    """Return when the last try of a tally counts no more, as its key begins."""
    return u32(tally.times[-1] + TALLY_SECONDS)
