"""LMDB as the contract tries it: a folder with its files, and its own way to what they hold."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import store_case

from rmp_milter.store.format import version
from rmp_milter.store.format.environment import lease, release
from rmp_milter.store.format.tables import FORMAT_KEY, table_names
from rmp_milter.store.lmdb_engine import LmdbEngine
from rmp_milter.store.store import LmdbStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import lmdb
    from lmdb import _Database as Table

    from rmp_milter.engine.transaction import Access
    from rmp_milter.store.engines import Engine
    from rmp_milter.store.surface import Store


class Lmdb:
    """A folder with the files of LMDB."""

    name = "lmdb"

    def __init__(self, place: Path) -> None:
        self.place = place
        self.engine: Engine = LmdbEngine(place, store_case.MAP_BYTES)

    def at(self, place: Path) -> Lmdb:
        return Lmdb(place)

    def access(self, store: Store) -> Access:
        return opened(store)._access

    def free(self) -> None:
        """Nothing is held."""

    @contextmanager
    def held(self, store: Store) -> Iterator[None]:
        with opened(store)._environment.writing():
            yield

    def has_turn(self, store: Store) -> bool:
        writer = opened(store)._writer
        return writer._turn.locked() and not writer._waiting

    def waiting(self, store: Store) -> int:
        return len(opened(store)._writer._waiting)

    def transactions(self, store: Store) -> int:
        return opened(store)._environment.last_change()

    def tables(self) -> tuple[str, ...]:
        return tuple(table_names())

    def records(self, table: str) -> list[tuple[bytes, bytes]]:
        with self._table(table) as (txn, handle):
            return list(txn.cursor(handle))

    def put(self, table: str, key: bytes, value: bytes) -> None:
        with self._table(table) as (txn, handle):
            txn.put(key, value, db=handle)

    def delete(self, table: str, key: bytes) -> None:
        with self._table(table) as (txn, handle):
            txn.delete(key, db=handle)

    def mark(self, format_number: int) -> None:
        mark = version.FORMAT._replace(number=format_number).mark
        self.put("meta", FORMAT_KEY, mark)

    @contextmanager
    def _table(self, name: str) -> Iterator[tuple[lmdb.Transaction[bytes], Table]]:
        environment = lease(self.place, store_case.MAP_BYTES)
        try:
            with environment.writing() as txn:
                yield txn, environment.tables[name]
        finally:
            release(environment)


def opened(store: Store) -> LmdbStore:
    """Return the store as LMDB's own, with what it has inside."""
    assert isinstance(store, LmdbStore)
    return store
