"""All records of a store taken over by another, as they are sealed: whatever the engines are.

A file of LMDB's is also how a store of another engine is copied and kept: it needs nothing to be
opened, verified, and taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lmdb

from rmp_milter.store.beside import MAX_TABLES
from rmp_milter.store.format.failures import StoreFailed
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.rewriting import bounded

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.store.format.transaction import ReadTransaction

ROOM = 64 << 20
"""What a file may grow by beyond twice what it is made of, before the configuration is asked."""


def write_file(moment: ReadTransaction, folder: Path, size: int) -> None:
    """Write all that ``moment`` shows into the empty ``folder``; ``size`` is about how much.

    Durable on return; raises :class:`StoreFailed`.
    """
    try:
        with lmdb.Environment(
            str(folder),
            map_size=2 * size + ROOM,
            lock=False,
            sync=False,
            mode=0o600,
            max_dbs=MAX_TABLES,
        ) as handle:
            for table in StoreTable:
                _write_table(moment, table, handle)
            handle.sync(True)  # noqa: FBT003 -- lmdb's own
    except lmdb.Error as error:
        full = isinstance(error, (lmdb.MapFullError, lmdb.DiskError))
        raise StoreFailed("full" if full else "failed", str(error)) from error


def _write_table(moment: ReadTransaction, table: StoreTable, handle: lmdb.Environment) -> None:
    named = handle.open_db(table.encode())
    records = ((key, bytes(value)) for key, value in moment.records(table))
    for batch in bounded(records):
        with handle.begin(write=True, db=named) as txn:
            for key, value in batch:
                txn.put(key, value, append=True)
