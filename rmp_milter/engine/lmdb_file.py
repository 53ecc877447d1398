"""A file of LMDB's that takes in records, and counts from its mark on."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import lmdb

from rmp_milter.disk.closing import Closing
from rmp_milter.engine.failures import StoreFailed
from rmp_milter.engine.filling import bounded
from rmp_milter.engine.lmdb_transaction import LmdbReads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.filling import MovedTables, Record
    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.engine.transaction import ReadTransaction

MAX_TABLES = 64
"""Room for the tables of two formats."""

ON_THE_WAY = "/var/tmp"  # noqa: S108 -- a folder of its own is made there, for its user alone
"""Where a copy lies on its way out, unless TMPDIR says otherwise: /tmp may well be memory."""

ROOM = 64 << 20
"""What a file may grow by beyond twice what it is made of, before the configuration is asked."""


class FileFilled(Closing):
    """The file in ``folder``, new or begun by an earlier call; ``size`` is about what comes."""

    def __init__(self, folder: Path, size: int, moved: MovedTables) -> None:
        self._handle = lmdb.Environment(
            str(folder),
            map_size=2 * size + ROOM,
            lock=False,
            sync=False,  # a kill leaves what was written, and a power cut is found by comparing
            mode=0o600,
            max_dbs=MAX_TABLES,
        )
        self._meta = moved.meta
        self._tables = {
            table.value: self._handle.open_db(table.encode()) for table in moved.tables
        }

    @contextmanager
    def moment(self) -> Iterator[LmdbReads[memoryview]]:
        """Give what it holds."""
        with self._handle.begin(buffers=True) as txn:
            yield LmdbReads(txn, self._tables)

    def put(self, table: EngineTable, records: list[Record]) -> None:
        """Write records, whose keys lie behind all that the table has."""
        with self._handle.begin(write=True, db=self._tables[table]) as txn:
            for key, value in records:
                txn.put(key, value, append=True)

    def clear(self) -> None:
        """Remove everything."""
        with self._handle.begin(write=True) as txn:
            for table in self._tables.values():
                txn.drop(table, delete=False)

    def mark(self, key: bytes, mark: bytes) -> None:
        """Write the format's mark: from now on it counts. Durable on return."""
        with self._handle.begin(write=True, db=self._tables[self._meta]) as txn:
            txn.put(key, mark)
        self._handle.sync(True)  # noqa: FBT003 -- lmdb's own

    def close(self) -> None:
        """Close the file."""
        self._handle.close()


def write_whole(
    moment: ReadTransaction, folder: Path, size: int, moved: MovedTables, mark_key: bytes
) -> None:
    """Write all that ``moment`` shows into the empty ``folder``; ``size`` is about how much.

    Durable on return; raises :class:`StoreFailed`.
    """
    try:
        with FileFilled(folder, size, moved) as file:
            for table in moved.tables:
                for batch in bounded(moved.records(moment, table)):
                    file.put(table, batch)
            file.mark(mark_key, bytes(moment.get(moved.meta, mark_key) or b""))
    except lmdb.Error as error:
        full = isinstance(error, (lmdb.MapFullError, lmdb.DiskError))
        raise StoreFailed("full" if full else "failed", str(error)) from error


def send_whole(
    moment: ReadTransaction, fd: int, size: int, moved: MovedTables, mark_key: bytes
) -> None:
    """Write all that ``moment`` shows to ``fd``, which may be a pipe, as a file of LMDB's.

    ``size`` is about how much; as much room is taken meanwhile, below :data:`ON_THE_WAY`. Raises
    :class:`StoreFailed`.
    """
    place = os.environ.get("TMPDIR", ON_THE_WAY)
    with tempfile.TemporaryDirectory(prefix="rmp-copy-", dir=place) as folder:
        write_whole(moment, Path(folder), size, moved, mark_key)
        with lmdb.Environment(folder, readonly=True, lock=False) as handle:
            handle.copyfd(fd, compact=True)
