"""Tables in PostgreSQL that are left to another engine, or filled from one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg.sql import SQL, Identifier

from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.postgresql.connecting import connected
from rmp_milter.engine.postgresql.failures import failure
from rmp_milter.engine.postgresql.packing import NUMBER_BYTES, copy_rows
from rmp_milter.engine.postgresql.reading import PostgresqlMomentReads
from rmp_milter.engine.postgresql.schema import check_format, give_format, make_unless_there
from rmp_milter.engine.postgresql.statements import statements, turn_statements
from rmp_milter.engine.postgresql.writing import appending, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rmp_milter.engine.filling import Record
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.packing import Field
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.postgresql.schema import SchemaLayout
    from rmp_milter.engine.tables import EngineTable

_BEGIN_FILLING = "BEGIN; SET LOCAL synchronous_commit = off"
"""Nothing counts before the mark, whose commit has all of it on disk, and on the standbys."""

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"


class PostgresqlLeaving:
    """All that is there; the turn to write is held.

    What is said over ``turn`` is done by :meth:`settle` as well, together with it or not at all.
    """

    def __init__(
        self,
        turn: Connection,
        place: PostgresqlPlace,
        layout: SchemaLayout,
        moment: PostgresqlMomentReads,
    ) -> None:
        self.turn = turn
        self._place, self._layout = place, layout
        self.moment = moment
        self.size = moment.size()

    def settle(self) -> None:
        """Take the mark away, so that nobody opens it, and the turns: nobody writes any more."""
        said = turn_statements(self._place.schema)
        try:
            gone = statements(self._place.schema, self._layout.meta).delete
            self.turn.execute(gone, ([self._layout.mark_key],))
            self.turn.execute(said.end)
            self.turn.execute("COMMIT", prepare=False)
        except psycopg.Error as error:
            raise failure(error) from error


@contextmanager
def leaving(place: PostgresqlPlace, layout: SchemaLayout) -> Iterator[PostgresqlLeaving]:
    """Give what is there; who would write waits as long as the block lasts."""
    with connected(place) as turn, connected(place) as reading:
        check_format(turn, place, layout)
        turn.execute("BEGIN", prepare=False)
        turn.execute(turn_statements(place.schema).take)
        yield PostgresqlLeaving(turn, place, layout, moment_over(reading, place.schema))


def moment_over(connection: Connection, schema: str) -> PostgresqlMomentReads:
    """Return one moment of what a schema holds, as long as the connection lasts."""
    connection.execute(_BEGIN, prepare=False)
    return PostgresqlMomentReads(connection, schema)


def take_over(
    place: PostgresqlPlace, layout: SchemaLayout, filled: Callable[[TablesFilled], None]
) -> None:
    """Have ``filled`` fill the tables, which have no format yet, and give them theirs."""
    with connected(place) as connection:
        with connection.transaction():
            make_unless_there(connection, place, layout)
        with alone(connection, place):
            filled(TablesFilled(connection, place, layout))
            give_format(connection, place, layout, {})


@contextmanager
def alone(connection: Connection, place: PostgresqlPlace) -> Iterator[None]:
    """Keep out a second call at the same time."""
    asked = "SELECT pg_try_advisory_lock(hashtext(%b))"
    if connection.execute(asked, (f"rmp move {place.schema}",)).fetchone() != (True,):
        raise StoreError(f"another command is moving a {place.what} to {place}")
    yield  # the lock goes with the connection


class TablesFilled:
    """The tables of a schema, and the connection that fills them."""

    def __init__(
        self, connection: Connection, place: PostgresqlPlace, layout: SchemaLayout
    ) -> None:
        self._connection = connection
        self._schema, self._layout = place.schema, layout

    @contextmanager
    def moment(self) -> Iterator[PostgresqlMomentReads]:
        """Give what they hold."""
        try:
            yield moment_over(self._connection, self._schema)
        finally:
            self._connection.execute("ROLLBACK", prepare=False)

    def put(self, table: EngineTable, records: list[Record]) -> None:
        """Write records, all of them or none; the server refuses one of a key that is there."""
        self._connection.execute(_BEGIN_FILLING, prepare=False)
        try:
            if table is self._layout.meta:  # few; COPY does not know whose each record may be
                self._connection.execute(*appending(self._schema, table, records))
            else:
                self._copy(table, _in_parts(records) if table.in_parts else records)
        except BaseException:
            self._connection.execute("ROLLBACK", prepare=False)
            raise
        self._connection.execute("COMMIT", prepare=False)

    def _copy(self, table: EngineTable, rows: Iterable[Sequence[Field]]) -> None:
        said = statements(self._schema, table).copy
        with self._connection.cursor() as cursor, cursor.copy(said) as copy:
            for piece in copy_rows(rows):
                copy.write(piece)

    def clear(self) -> None:
        """Remove everything."""
        with self._connection.transaction():
            for table in self._layout.tables:
                name = Identifier(self._schema, table.value)
                self._connection.execute(SQL("DELETE FROM {}").format(name))


def _in_parts(records: list[Record]) -> Iterator[tuple[bytes, bytes, memoryview]]:
    return (
        (key, number.to_bytes(NUMBER_BYTES), part)
        for key, value in records
        for number, part in enumerate(parts(value))
    )
