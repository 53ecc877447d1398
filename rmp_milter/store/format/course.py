"""A copy's way through a step, noted in the copy itself: who was killed on it is gone on with.

How far a part of a step is stands in the table ``meta``, written in the transaction that brought
it there. So each record is done once, also where doing it twice would be wrong (counts). What
was noted goes when the step has arrived, together with the new mark of the format.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rmp_milter.store.format.tables import FORMAT_KEY
from rmp_milter.store.format.version import open_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import lmdb
    from lmdb import _Database as Table

    from rmp_milter.store.format.keys import StoreKeys

    Told: TypeAlias = Callable[[int, int], None]
    """Is told how many records of how many are done."""

    Transaction: TypeAlias = lmdb.Transaction[bytes]

Record: TypeAlias = tuple[bytes, bytes]

BATCH = 1000
"""Records that are read, and whatever comes of them written, in one transaction."""

NOTED = b"migration "
"""What the keys in ``meta`` begin with that hold how far a part is; its name follows."""


class Reached(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a part is: the last key that was done, how many were, and whether that is all."""

    key: bytes = b""
    count: int = 0
    all: bool = False


_encoded = msgspec.msgpack.Encoder().encode
_decoded = msgspec.msgpack.Decoder(Reached).decode


class Course:
    """What a step has at hand: the copy, its keys, and ways to change it that are noted.

    ``handle`` must make each transaction durable before it returns, or nothing noted counts.
    """

    def __init__(self, handle: lmdb.Environment, keys: StoreKeys, told: Told) -> None:
        self.handle = handle
        self.keys = keys
        self._meta = open_table(handle, "meta")
        self._told = told
        self._done = self._total = 0

    def table(self, name: str, *, create: bool = False) -> Table:
        """Return a table; not within a change. One that is missing is made only if so asked."""
        return self.handle.open_db(name.encode()) if create else open_table(self.handle, name)

    def expect(self, *sources: str) -> None:
        """Let those who wait be told of how many records of these tables are done from now on."""
        tables = [self.table(each) for each in sources]
        with self.handle.begin() as txn:
            self._total = sum(int(txn.stat(table)["entries"]) for table in tables)
        self._done = 0

    def each_batch(
        self, part: str, source: str, change: Callable[[Transaction, list[Record]], None]
    ) -> None:
        """Give ``change`` all records of a table, some at a time, and what it writes with.

        It may write over these records, not add others to their table. ``part`` is the name,
        within its step, of what is done.
        """
        table, reached = self.table(source), self._reached(part)
        self._tell(reached.count)
        while not reached.all:
            with self.handle.begin(write=True) as txn:
                batch = _behind(txn, table, reached.key)
                change(txn, batch)
                reached = _next(reached, batch)
                self._note(txn, part, reached)
            if batch:
                self._tell(len(batch))

    def once(self, part: str, change: Callable[[Transaction], None]) -> None:
        """Have something changed in one transaction, unless that was done."""
        if self._reached(part).all:
            return
        with self.handle.begin(write=True) as txn:
            change(txn)
            self._note(txn, part, Reached(all=True))

    def arrive(self, mark: bytes) -> None:
        """Put the mark of the format that the step leads to; what was noted is of no more use."""
        with self.handle.begin(write=True, db=self._meta) as txn:
            noted = [bytes(key) for key, _ in txn.cursor() if bytes(key).startswith(NOTED)]
            for key in noted:
                txn.delete(key)
            txn.put(FORMAT_KEY, mark)

    def _reached(self, part: str) -> Reached:
        with self.handle.begin(db=self._meta) as txn:
            found = txn.get(NOTED + part.encode())
        return Reached() if found is None else _decoded(found)

    def _note(self, txn: Transaction, part: str, reached: Reached) -> None:
        txn.put(NOTED + part.encode(), _encoded(reached), db=self._meta)

    def _tell(self, more: int) -> None:
        self._done += more
        if more:
            self._told(self._done, self._total)


def _behind(txn: Transaction, table: Table, key: bytes) -> list[Record]:
    with txn.cursor(table) as cursor:
        there = cursor.set_range(key + b"\0") if key else cursor.first()
        return list(islice(cursor, BATCH)) if there else []


def _next(reached: Reached, batch: list[Record]) -> Reached:
    if not batch:
        return msgspec.structs.replace(reached, all=True)
    return Reached(batch[-1][0], reached.count + len(batch))
