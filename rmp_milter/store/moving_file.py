"""A file of LMDB's that takes in the records of a store, and is one from its mark on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import lmdb

from rmp_milter.disk.closing import Closing
from rmp_milter.store.beside import MAX_TABLES
from rmp_milter.store.format.lmdb_transaction import LmdbReads
from rmp_milter.store.format.tables import FORMAT_KEY, StoreTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.store.rewriting import Record

ROOM = 64 << 20
"""What a file may grow by beyond twice what it is made of, before the configuration is asked."""


class FileFilled(Closing):
    """The file in ``folder``, new or begun by an earlier call; ``size`` is about what comes."""

    def __init__(self, folder: Path, size: int) -> None:
        self._handle = lmdb.Environment(
            str(folder),
            map_size=2 * size + ROOM,
            lock=False,
            sync=False,  # a kill leaves what was written, and a power cut is found by comparing
            mode=0o600,
            max_dbs=MAX_TABLES,
        )
        self._tables = {
            table.value: self._handle.open_db(table.encode()) for table in StoreTable
        }

    @contextmanager
    def moment(self) -> Iterator[LmdbReads[memoryview]]:
        """Give what it holds."""
        with self._handle.begin(buffers=True) as txn:
            yield LmdbReads(txn, self._tables)

    def put(self, table: StoreTable, records: list[Record]) -> None:
        """Write records, whose keys lie behind all that the table has."""
        with self._handle.begin(write=True, db=self._tables[table]) as txn:
            for key, value in records:
                txn.put(key, value, append=True)

    def clear(self) -> None:
        """Remove everything."""
        with self._handle.begin(write=True) as txn:
            for table in self._tables.values():
                txn.drop(table, delete=False)

    def mark(self, mark: bytes) -> None:
        """Write the format's mark: from now on it is a store. Durable on return."""
        with self._handle.begin(write=True, db=self._tables[StoreTable.META]) as txn:
            txn.put(FORMAT_KEY, mark)
        self._handle.sync(True)  # noqa: FBT003 -- lmdb's own

    def close(self) -> None:
        """Close the file."""
        self._handle.close()
