"""A store in PostgreSQL left to another engine, or taken over from one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg.sql import SQL, Identifier

from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import FORMAT_KEY, StoreTable
from rmp_milter.store.moving import fill
from rmp_milter.store.postgresql.connecting import connect
from rmp_milter.store.postgresql.failures import failure
from rmp_milter.store.postgresql.reading import PostgresqlMomentReads
from rmp_milter.store.postgresql.schema import check_format, give_format, make_unless_there
from rmp_milter.store.postgresql.statements import statements, turn_statements
from rmp_milter.store.postgresql.writing import send_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.format.transaction import ReadTransaction
    from rmp_milter.store.postgresql.connecting import Connection
    from rmp_milter.store.postgresql.place import PostgresqlPlace
    from rmp_milter.store.rewriting import Record
    from rmp_milter.store.surface import Leaving, Tell

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"


class PostgresqlLeaving:
    """All of a store; the turn to write to it is held."""

    def __init__(
        self, turn: Connection, place: PostgresqlPlace, moment: PostgresqlMomentReads
    ) -> None:
        self._turn = turn
        self._place = place
        self.moment: ReadTransaction = moment
        self.size = moment.size()

    def settle(self) -> None:
        """Take the mark away, so that nobody opens it, and the turns: nobody writes any more."""
        said = turn_statements(self._place.schema)
        try:
            gone = statements(self._place.schema, StoreTable.META).delete
            self._turn.execute(gone, ([FORMAT_KEY],))
            self._turn.execute(said.end)
            self._turn.execute("COMMIT", prepare=False)
        except psycopg.Error as error:
            raise failure(error) from error


@contextmanager
def leaving(place: PostgresqlPlace) -> Iterator[PostgresqlLeaving]:
    """Give the store; who would write to it waits as long as the block lasts."""
    with connect(place) as turn, connect(place) as reading:
        check_format(turn, place)
        turn.execute("BEGIN", prepare=False)
        turn.execute(turn_statements(place.schema).take)
        reading.execute(_BEGIN, prepare=False)
        yield PostgresqlLeaving(turn, place, PostgresqlMomentReads(reading, place.schema))


def take_over(place: PostgresqlPlace, keys: StoreKeys, left: Leaving, tell: Tell) -> None:
    """Fill the tables, which have no format yet, with what another engine leaves."""
    with connect(place) as connection:
        try:
            with connection.transaction():
                make_unless_there(connection, place)
            with _alone(connection, place):
                fill(left.moment, TablesFilled(connection, place), keys, tell)
                give_format(connection, place.schema, {})
        except psycopg.Error as error:
            raise failure(error) from error


@contextmanager
def _alone(connection: Connection, place: PostgresqlPlace) -> Iterator[None]:
    """Keep out a second call at the same time."""
    asked = "SELECT pg_try_advisory_lock(hashtext(%b))"
    if connection.execute(asked, (f"rmp move {place.schema}",)).fetchone() != (True,):
        raise StoreError(f"another command is moving a store to {place}")
    yield  # the lock goes with the connection


class TablesFilled:
    """The tables of a schema, and the connection that fills them."""

    def __init__(self, connection: Connection, place: PostgresqlPlace) -> None:
        self._connection = connection
        self._schema = place.schema

    @contextmanager
    def moment(self) -> Iterator[PostgresqlMomentReads]:
        """Give what they hold."""
        self._connection.execute(_BEGIN, prepare=False)
        try:
            yield PostgresqlMomentReads(self._connection, self._schema)
        finally:
            self._connection.execute("ROLLBACK", prepare=False)

    def put(self, table: StoreTable, records: list[Record]) -> None:
        """Write records, all of them or none."""
        with self._connection.transaction(), self._connection.pipeline():
            send_records(self._connection, self._schema, table, records)

    def clear(self) -> None:
        """Remove everything."""
        with self._connection.transaction():
            for table in StoreTable:
                name = Identifier(self._schema, table.value)
                self._connection.execute(SQL("DELETE FROM {}").format(name))
