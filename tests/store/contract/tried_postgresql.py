"""PostgreSQL as the contract tries it: a schema for each place, on one server a test run."""

from __future__ import annotations

import atexit
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.sql import SQL, Identifier
from tried_lmdb import Lmdb

from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.engine.postgresql.statements import TURN, statements
from rmp_milter.store.format import version
from rmp_milter.store.format.tables import FORMAT_KEY, StoreTable, table_names
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from rmp_milter.store.postgresql_store import PostgresqlStore
from testbed.postgres import shared_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.transaction import Access
    from rmp_milter.store.engines import Engine
    from rmp_milter.store.surface import Store

NUMBERS = count()
FREE: list[str] = []


def schema_of(place: Path) -> str:
    """Return the schema of a place: noted beside it, for the processes that a test starts."""
    note = place.with_suffix(".schema")
    if not note.exists():
        note.write_text(FREE.pop() if FREE else f"rmp {next(NUMBERS)}")
    return note.read_text()


@cache
def beside(server: str) -> Connection:
    """Return the connection over which a process looks into stores, past their engine."""
    connection = connect(PostgresqlPlace(host=server, user="postgres", dbname="postgres"))
    atexit.register(connection.close)
    return connection


class Postgresql:
    """A schema of its own."""

    name = "postgresql"

    def __init__(self, place: Path) -> None:
        self.place = place
        self.pg = PostgresqlPlace(
            host=shared_server(), user="postgres", dbname="postgres", schema=schema_of(place)
        )
        self.engine: Engine = PostgresqlEngine(self.pg)

    def access(self, store: Store) -> Access:
        return opened_in_postgresql(store)._access

    def free(self) -> None:
        """Leave the tables, which take a while to be made, to another test."""
        connection = self._connected()
        with connection.transaction():
            if not {*PostgresqlReads(connection, self.pg.schema).tables()}:
                return  # no store was made
            for table in StoreTable:
                name = Identifier(self.pg.schema, table.value)
                connection.execute(SQL("DELETE FROM {}").format(name))
        FREE.append(self.pg.schema)

    def at(self, place: Path) -> Lmdb:
        """A copy is a file of LMDB's."""
        return Lmdb(place)

    @contextmanager
    def held(self, store: Store) -> Iterator[None]:
        assert isinstance(store, PostgresqlStore)
        with connect(self.pg) as connection, connection.transaction():
            turn = Identifier(self.pg.schema, TURN)
            connection.execute(SQL("SELECT 1 FROM {} FOR UPDATE").format(turn))
            yield

    def has_turn(self, store: Store) -> bool:
        writer = opened_in_postgresql(store)._writer
        return writer._turn.locked() and not writer._waiting

    def waiting(self, store: Store) -> int:
        return len(opened_in_postgresql(store)._writer._waiting)

    def transactions(self, store: Store) -> int:
        return opened_in_postgresql(store)._connections.last_change()

    def tables(self) -> tuple[str, ...]:
        return tuple(table_names())

    def records(self, table: str) -> list[tuple[bytes, bytes]]:
        reads = PostgresqlReads(self._connected(), self.pg.schema)
        return list(reads.records(StoreTable(table)))

    def put(self, table: str, key: bytes, value: bytes) -> None:
        said = statements(self.pg.schema, StoreTable(table))
        connection = self._connected()
        with connection.transaction():
            connection.execute(said.delete, ([key],))
            if table == "bodies":
                connection.execute(said.write, (key, 0, value))
            else:
                connection.execute(said.write, ([key], [value]))

    def delete(self, table: str, key: bytes) -> None:
        said = statements(self.pg.schema, StoreTable(table))
        self._connected().execute(said.delete, ([key],))

    def mark(self, format_number: int) -> None:
        mark = version.FORMAT._replace(number=format_number).mark
        self.put("meta", FORMAT_KEY, mark)

    def _connected(self) -> Connection:
        return beside(self.pg.host)


def opened_in_postgresql(store: Store) -> PostgresqlStore:
    """Return the store as PostgreSQL's own, with what it has inside."""
    assert isinstance(store, PostgresqlStore)
    return store
