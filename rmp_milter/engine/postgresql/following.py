"""A schema that is to take the place, and the name, of another: all at once, or not at all.

It is filled beside the other, which is in use. At the end one commit makes it count, and the other
no more. The names are then changed by who may do that: no process' role makes or renames anything.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.sql import SQL, Composed, Identifier

from rmp_milter.engine.failures import StoreError, UnknownEndError
from rmp_milter.engine.filling import bounded
from rmp_milter.engine.postgresql.connecting import connected
from rmp_milter.engine.postgresql.failures import one_line
from rmp_milter.engine.postgresql.moving import TablesFilled, alone
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.engine.postgresql.schema import counts, is_there
from rmp_milter.engine.postgresql.statements import statements
from rmp_milter.engine.postgresql.writing import writing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from rmp_milter.engine.filling import Record
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.moving import PostgresqlLeaving
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.postgresql.schema import SchemaLayout
    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.engine.transaction import ReadTransaction

_ANY = "SELECT 1 FROM pg_namespace WHERE nspname = %b"
_KEYS_AT_ONCE = 10_000


def renames(place: PostgresqlPlace) -> list[Composed]:
    """Return what gives what follows its name, and what it follows another."""
    steps = (place.schema, place.before.schema), (place.next.schema, place.schema)
    return [
        SQL("ALTER SCHEMA {} RENAME TO {}").format(Identifier(old), Identifier(new))
        for old, new in steps
    ]


def awaits_its_name(place: PostgresqlPlace, layout: SchemaLayout) -> bool:
    """Whether all is done but the names."""
    with connected(place) as connection:
        here, there = (counts(connection, each, layout) for each in (place, place.next))
        return there and not here


def check_former_gone(connection: Connection, place: PostgresqlPlace) -> None:
    """Raise :class:`StoreError` where a schema from another time has the name that is needed."""
    former = place.before.schema
    if connection.execute(_ANY, (former,)).fetchone():
        raise StoreError(f"schema {former} is there from another time: drop it first")


def is_made(connection: Connection, place: PostgresqlPlace, layout: SchemaLayout) -> bool:
    """Whether the tables are there."""
    return {*PostgresqlReads(connection, place.schema).tables()} == {*layout.tables}


@contextmanager
def followed(place: PostgresqlPlace, layout: SchemaLayout) -> Iterator[TablesFilled]:
    """Give the tables of what is to follow, for oneself, which count as nothing yet.

    Raises :class:`StoreError` where they were not made, or do count.
    """
    there = place.next
    with connected(place) as connection:
        if not is_made(connection, there, layout):
            raise StoreError(f"{there} is not made, or not as this version makes it")
        if is_there(connection, there, layout):
            raise StoreError(f"{there} holds a {there.what} already")
        with alone(connection, there):
            yield TablesFilled(connection, there, layout)


def written_again(
    left: PostgresqlLeaving,
    there: PostgresqlPlace,
    becomes: ReadTransaction,
    touched: Iterable[tuple[EngineTable, Collection[bytes]]],
) -> None:
    """Bring what follows to what ``becomes`` has at the keys that were ``touched``."""
    for table, keys in touched:
        ordered = sorted(keys)
        for begin in range(0, len(ordered), _KEYS_AT_ONCE):
            some = ordered[begin : begin + _KEYS_AT_ONCE]
            left.turn.execute(statements(there.schema, table).delete, (some,))
        for batch in bounded(_records(becomes, table, ordered)):
            for said in writing(there.schema, table, batch):
                left.turn.execute(*said)


def _records(
    becomes: ReadTransaction, table: EngineTable, keys: list[bytes]
) -> Iterator[Record]:
    for key in keys:
        value = becomes.get(table, key)
        if value is not None:
            yield key, bytes(value)


def take_place(left: PostgresqlLeaving) -> None:
    """Have what was said over the turn be done, and what is left count no more: one commit.

    Raises :class:`UnknownEndError` where nobody can say yet whether it was.
    """
    try:
        left.settle()
    except StoreError as error:
        line = f"what became of it is not known, give it again: {one_line(error)}"
        raise UnknownEndError(line) from error
