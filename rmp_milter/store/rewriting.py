"""A new store's file filled from an old one, table by table: what is done with all of them.

Where keys stay, the new file is filled in their order and has no freed pages.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import lmdb

from rmp_milter.store.beside import MAX_TABLES, opened
from rmp_milter.store.format.tables import table_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.store.surface import Progress

Record: TypeAlias = tuple[bytes, bytes]

Anew: TypeAlias = Callable[[bytes, bytes], bytes]
"""Returns of a record's key and value the new value."""

BATCH_RECORDS, BATCH_BYTES = 1000, 16 << 20
"""What is written in one transaction: so many records at most, and about so many bytes."""


@contextmanager
def rewriting(source: Path, target: Path, progress: Progress) -> Iterator[Rewriting]:
    """Give the store in ``source``, which nobody has open, and a new file in ``target``.

    What the block has written is on disk behind it.
    """
    with opened(source, read_only=True, lock=False) as was, _new_file(was, target) as becomes:
        yield Rewriting(was, becomes, progress)
        becomes.sync(True)  # noqa: FBT003 -- lmdb's own


def _new_file(was: lmdb.Environment, target: Path) -> lmdb.Environment:
    """Return a new file that may grow as the old one may; one that is nearly full, beyond that."""
    info = was.info()
    used = (info["last_pgno"] + 1) * was.stat()["psize"]
    return lmdb.Environment(
        str(target),
        map_size=max(info["map_size"], 2 * used),
        lock=False,
        sync=False,
        mode=0o600,
        max_dbs=MAX_TABLES,
    )


def as_it_is(_key: bytes, value: bytes) -> bytes:
    """Return the value as it was."""
    return value


class Rewriting:
    """Reads the tables of one file, some records at a time, and writes those of another."""

    def __init__(
        self, was: lmdb.Environment, becomes: lmdb.Environment, progress: Progress
    ) -> None:
        self._was, self._becomes = was, becomes
        self._progress = progress
        names = table_names()
        self._sources = {name: was.open_db(name.encode(), create=False) for name in names}
        self._targets = {name: becomes.open_db(name.encode()) for name in names}
        with was.begin() as txn:
            self._total = sum(txn.stat(each)["entries"] for each in self._sources.values())
        self._done = 0

    def copy(self, name: str, anew: Anew = as_it_is) -> None:
        """Write a table's records under the keys that they have."""
        for batch in self.batches(name):
            records = [(key, anew(key, value)) for key, value in batch]
            self.write(name, records, in_order=True)
            self.tell(len(batch))

    def batches(self, name: str) -> Iterator[list[Record]]:
        """Yield the records of a table as they were, in the order of their keys."""
        with self._was.begin(db=self._sources[name]) as txn:
            yield from bounded(iter(txn.cursor()))

    def write(self, name: str, records: list[Record], *, in_order: bool) -> None:
        """Write records; ``in_order`` are those whose keys lie behind all that are there."""
        table = self._targets[name]
        with self._becomes.begin(write=True, db=table) as txn:
            for key, value in records:
                txn.put(key, value, append=in_order)

    def written(self, name: str, key: bytes) -> bytes:
        """Return what has been written at a key; nothing where nothing was."""
        with self._becomes.begin(db=self._targets[name]) as txn:
            return bytes(txn.get(key, b""))

    def count(self, name: str) -> int:
        """Return how many records a table had."""
        with self._was.begin() as txn:
            return int(txn.stat(self._sources[name])["entries"])

    def tell(self, more: int) -> None:
        """Say that so many more records are done."""
        self._done += more
        self._progress(self._done, self._total)


def bounded(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Yield records some at a time, and no more than fit well into memory."""
    batch, size = list[Record](), 0
    for key, value in records:
        batch.append((key, value))
        size += len(value)
        if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
