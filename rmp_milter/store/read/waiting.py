"""Deposits without a dossier as a snapshot shows them."""

from __future__ import annotations

from itertools import islice, takewhile
from typing import TYPE_CHECKING

from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import number_of, trait_links
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.read.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rmp_milter.dossier.model import Waiting


class WaitingReads(Reading):
    """Reads of the deposits that wait."""

    def waiting_one(self, waiting_id: bytes) -> Waiting | None:
        """Return the waiting deposit of this identifier."""
        stored = self._get(StoreTable.WAITING, self._codecs.waiting, waiting_id)
        return stored.waiting if stored else None

    def waiting(self) -> Iterator[Waiting]:
        """Yield all deposits that wait, in no order that means anything."""
        for stored in self._all(StoreTable.WAITING, self._codecs.waiting):
            yield stored.waiting

    def waiting_behind(self, waiting_id: bytes) -> Iterator[Waiting]:
        """Yield the deposits that wait in the order of their identifiers, those behind one."""
        start = waiting_id and waiting_id + b"\0"
        for key, sealed in self._txn.records(StoreTable.WAITING, start):
            yield self._codecs.waiting.open(key, sealed).waiting

    def waiting_beginning(self, reference: str) -> Iterator[Waiting]:
        """Yield the deposits that wait whose identifier, in hex, begins so; none for no hex."""
        return map(self._promised_waiting, self._beginning(StoreTable.WAITING, reference))

    def waiting_by_traits(self, trait_keys: Iterable[str]) -> tuple[Waiting, ...]:
        """Return all waiting deposits that any of the folded traits leads to, each once."""
        links = trait_links(self._codecs.blind, LinkKind.WAITING, trait_keys)
        return tuple(
            map(self._promised_waiting, self._holders_of_any(links, StoreTable.WAITING))
        )

    def waiting_expired(self, now: int, limit: int) -> tuple[Waiting, ...]:
        """Return up to ``limit`` deposits whose time is over, the longest over first."""
        keys = self._txn.keys(StoreTable.WAITING_EXPIRY)
        over = takewhile(lambda key: number_of(key[:4]) <= now, keys)
        return tuple(self._promised_waiting(key[4:]) for key in islice(over, limit))

    def _promised_waiting(self, waiting_id: bytes) -> Waiting:
        if waiting := self.waiting_one(waiting_id):
            return waiting
        raise StoreError(f"waiting deposit {waiting_id.hex()} is missing")
