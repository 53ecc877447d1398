"""New tables of keys, made in a step of what the records of others say."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from rmp_milter.store.format.codecs import Codec
from rmp_milter.store.format.words import count_of, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    import lmdb
    from lmdb import _Database as Table

    from rmp_milter.store.format.keys import StoreKeys

    Told = Callable[[int, int], None]

T = TypeVar("T")

BATCH = 1000
"""Records that are read, or whose keys are written, in one transaction."""


def put_keys(txn: lmdb.Transaction[bytes], table: Table, keys: Sequence[bytes]) -> None:
    """Put keys into a table of keys alone."""
    for key in keys:
        txn.put(key, b"", db=table)


def count_keys(txn: lmdb.Transaction[bytes], table: Table, keys: Sequence[bytes]) -> None:
    """Count keys, as often as they come, in a table of counts."""
    for key, times in Counter(keys).items():
        txn.put(key, counted(count_of(txn.get(key, db=table)) + times), db=table)


class Target(NamedTuple, Generic[T]):
    """A table that is made, and of what: a record's key and what is read of it."""

    table: str
    keys_of: Callable[[bytes, T], Collection[bytes]]
    write: Callable[[lmdb.Transaction[bytes], Table, Sequence[bytes]], None] = put_keys


class Deriving:
    """Puts into tables, new ones or not, the keys that are made of the records of others.

    ``told`` hears how many of all records of the ``sources`` were looked at.
    """

    def __init__(
        self, handle: lmdb.Environment, keys: StoreKeys, told: Told, *sources: str
    ) -> None:
        self._handle = handle
        self._keys = keys
        self._told = told
        self._done = 0
        self._total = sum(count(handle, self._table(source)) for source in sources)

    def put(self, source: str, kind: type[T], *targets: Target[T]) -> None:
        """Put what is made of each record of ``source`` into the ``targets``.

        ``kind`` is what of the record is read, in the format that the step begins at. Memory
        is that of some records, and of the pages that their keys come to lie on.
        """
        codec = Codec(source, self._keys.metadata, kind)
        tables = [self._table(target.table) for target in targets]
        for batch in batches(self._handle, self._table(source)):
            records = [(key, codec.open(key, sealed)) for key, sealed in batch]
            with self._handle.begin(write=True) as txn:
                for target, table in zip(targets, tables, strict=True):
                    made = (new for key, of in records for new in target.keys_of(key, of))
                    target.write(txn, table, sorted(made))
            self._done += len(batch)
            self._told(self._done, self._total)

    def _table(self, name: str) -> Table:
        return self._handle.open_db(name.encode())


def count(handle: lmdb.Environment, table: Table) -> int:
    """Return how many records a table has."""
    with handle.begin() as txn:
        return int(txn.stat(table)["entries"])


def batches(handle: lmdb.Environment, table: Table) -> Iterator[list[tuple[bytes, bytes]]]:
    """Yield a table's records, some at a time: they may be written over between two."""
    start = b""
    while True:
        with handle.begin() as txn, txn.cursor(table) as cursor:
            there = cursor.set_range(start)
            batch = list(islice(cursor, BATCH)) if there else []
        if not batch:
            return
        yield batch
        start = batch[-1][0] + b"\0"
