"""New tables of keys, made in a step of what the records of others say."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from rmp_milter.store.format.codecs import Codec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import lmdb
    from lmdb import _Database as Table

    from rmp_milter.store.format.keys import StoreKeys

    Told = Callable[[int, int], None]

T = TypeVar("T")

BATCH = 1000
"""Records that are read, or whose keys are written, in one transaction."""


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

    def put(
        self,
        source: str,
        kind: type[T],
        target: str,
        keys_of: Callable[[bytes, T], Collection[bytes]],
    ) -> None:
        """Put what ``keys_of`` makes of each record of ``source`` into ``target``.

        ``kind`` is what of the record is read, in the format that the step begins at. Memory
        is that of some records, and of the pages that their keys come to lie on.
        """
        codec, into = Codec(source, self._keys.metadata, kind), self._table(target)
        for batch in batches(self._handle, self._table(source)):
            new = [
                each for key, sealed in batch for each in keys_of(key, codec.open(key, sealed))
            ]
            with self._handle.begin(write=True) as txn:
                for key in sorted(new):
                    txn.put(key, b"", db=into)
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
