"""What all recorders share: the milter's tables in one write transaction, and its ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import LEDGER_KEY, StoreTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rmp_milter.engine.transaction import Value, WriteTransaction
    from rmp_milter.store.format.codecs import Codec, Codecs

T = TypeVar("T")


class Writing:
    """The small means of the recorders; call :meth:`finish` before the transaction ends.

    ``ledger`` is counted up and down by whoever adds or removes a record.
    """

    def __init__(self, txn: WriteTransaction, codecs: Codecs) -> None:
        self.txn = txn
        self.codecs = codecs
        sealed = txn.get(StoreTable.META, LEDGER_KEY)
        if sealed is None:
            raise StoreError("the store's ledger is missing")
        self.ledger = codecs.ledger.open(LEDGER_KEY, sealed)
        self._before = msgspec.structs.asdict(self.ledger)

    def finish(self) -> None:
        """Write the ledger if it changed."""
        if msgspec.structs.asdict(self.ledger) != self._before:
            sealed = self.codecs.ledger.seal(LEDGER_KEY, self.ledger)
            self.txn.put(StoreTable.META, LEDGER_KEY, sealed)

    def has(self, table: StoreTable, key: bytes) -> bool:
        """Whether there is a record of this key; its value is not touched."""
        return self.txn.has(table, key)

    def read(self, table: StoreTable, codec: Codec[T], key: bytes) -> T | None:
        """Return what is sealed at ``key``; raises :class:`DamagedRecordError`."""
        sealed = self.txn.get(table, key)
        return None if sealed is None else codec.open(key, sealed)

    def add(self, table: StoreTable, key: bytes, value: Value) -> None:
        """Write a record that must not be there yet; raises :class:`StoreError`."""
        if not self.txn.add(table, key, value):
            raise StoreError("a record to add is already there")

    def seal(self, table: StoreTable, codec: Codec[T], key: bytes, value: T) -> bytes:
        """Write ``value`` sealed at ``key``, new or in place of the old; return it sealed."""
        sealed = codec.seal(key, value)
        self.txn.put(table, key, sealed)
        return sealed

    def link(self, links: Iterable[bytes], holder: bytes) -> None:
        """Have blind keys lead to ``holder``; raises :class:`StoreError` if one does."""
        for link in links:
            self.add(StoreTable.INDEX, link + holder, b"")

    def unlink(self, links: Iterable[bytes], holder: bytes) -> None:
        """Have blind keys lead to ``holder`` no more."""
        for link in links:
            self.txn.delete(StoreTable.INDEX, link + holder)

    def move(self, table: StoreTable, old: bytes | None, new: bytes | None) -> None:
        """Have a table of keys alone hold ``new`` where it held ``old``, either of them none."""
        if old == new:
            return
        if old is not None:
            self.txn.delete(table, old)
        if new is not None:
            self.add(table, new, b"")

    def holders(self, link: bytes) -> set[bytes]:
        """Return the identifiers that a blind key leads to."""
        return {key[len(link) :] for key in self.keys(StoreTable.INDEX, link)}

    def keys(self, table: StoreTable, prefix: bytes) -> Iterator[bytes]:
        """Yield the keys that begin with ``prefix``; nothing may be written meanwhile."""
        return self.txn.keys(table, prefix)
