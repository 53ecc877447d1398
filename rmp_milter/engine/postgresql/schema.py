"""Tables made in a schema, and looked at before anything in them is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier

from rmp_milter.engine.failures import OtherFormatError, StoreError
from rmp_milter.engine.postgresql.failures import failure
from rmp_milter.engine.postgresql.leases import lease_table
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.engine.postgresql.statements import definitions, turn_statements
from rmp_milter.engine.postgresql.writing import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from psycopg.sql import Composed

    from rmp_milter.disk.formats import Format
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.tables import EngineTable

_SCHEMA_IS_THERE = "SELECT 1 FROM pg_namespace WHERE nspname = %b"


class SchemaLayout(NamedTuple):
    """What lies in a schema: its tables, and where the mark of their format stands.

    ``refusal`` gives the line for a place and another format's number. ``leased``: it has a table
    of leases beside them. ``nameless`` says what to do where the schema that is to follow counts
    already, and has not its name yet.
    """

    tables: tuple[EngineTable, ...]
    meta: EngineTable
    mark_key: bytes
    format: Format
    refusal: Callable[[str, int], str]
    leased: bool = False
    nameless: str = ""


def make_tables(
    connection: Connection,
    place: PostgresqlPlace,
    layout: SchemaLayout,
    records: Mapping[bytes, bytes],
) -> None:
    """Make new, empty tables that have these records of ``meta``, durable on return.

    They may be there, empty: whoever owns them makes them, and need not have the keys.
    Raises :class:`StoreError` where the schema holds anything else.
    """
    try:
        with connection.transaction():
            make_room(connection, place, layout)
            give_format(connection, place, layout, records)
    except psycopg.Error as error:
        raise failure(error) from error


def make_room(connection: Connection, place: PostgresqlPlace, layout: SchemaLayout) -> None:
    """Make the tables, or find them empty; in a transaction of the caller's."""
    make_unless_there(connection, place, layout)
    if _holds_anything(connection, place.schema, layout):
        raise _not_empty(place)


def make_unless_there(
    connection: Connection, place: PostgresqlPlace, layout: SchemaLayout
) -> None:
    """Make the tables, or find them without the mark of a format."""
    reads = PostgresqlReads(connection, place.schema)
    there = {*reads.tables()}
    if not there:
        name = Identifier(place.schema)
        if not connection.execute(_SCHEMA_IS_THERE, (place.schema,)).fetchone():
            connection.execute(SQL("CREATE SCHEMA {}").format(name))
        for definition in groundwork(place.schema, layout):
            connection.execute(definition)
    elif there != {*layout.tables} or reads.has(layout.meta, layout.mark_key):
        raise _not_empty(place)


def groundwork(schema: str, layout: SchemaLayout) -> list[Composed]:
    """Return what makes the tables."""
    leases = [lease_table(schema)] if layout.leased else []
    return [*definitions(schema, layout.tables), *leases]


def _not_empty(place: PostgresqlPlace) -> StoreError:
    return StoreError(f"{place} is not empty: no {place.what} is made over it")


def _holds_anything(connection: Connection, schema: str, layout: SchemaLayout) -> bool:
    any_record = SQL(" UNION ALL ").join(
        SQL("(SELECT 1 FROM {} LIMIT 1)").format(Identifier(schema, table.value))
        for table in layout.tables
    )
    return connection.execute(any_record).fetchone() is not None


def give_format(
    connection: Connection,
    place: PostgresqlPlace,
    layout: SchemaLayout,
    records: Mapping[bytes, bytes],
) -> None:
    """Write records of ``meta``, the format's mark among them: from then on they count."""
    marked = {layout.mark_key: layout.format.mark, **records}
    with connection.transaction():
        connection.execute(turn_statements(place.schema).begin)
        for said in writing(place.schema, layout.meta, [*marked.items()]):
            connection.execute(*said)


def format_of(connection: Connection, place: PostgresqlPlace, layout: SchemaLayout) -> int:
    """Return the number of the format; raises :class:`StoreError` where there is none."""
    reads = PostgresqlReads(connection, place.schema)
    try:
        there = {*reads.tables()}
        if layout.meta not in there:
            raise StoreError(f"there is no {place.what} in {place}")
        found = layout.format.number_in(reads.get(layout.meta, layout.mark_key) or b"")
    except psycopg.Error as error:
        raise failure(error) from error
    if not found and layout.nameless and counts(connection, place.next, layout):
        raise StoreError(f"{place.what} {place.next} waits for its name: {layout.nameless}")
    if not found:
        raise StoreError(f"there is no {place.what} in {place} yet, or one that is not whole")
    missing = [name for name in layout.tables if name not in there]
    if missing and found == layout.format.number:
        line = f"{place} holds no {place.what} of this version: it lacks table {missing[0]}"
        raise StoreError(line)
    return found


def is_there(connection: Connection, place: PostgresqlPlace, layout: SchemaLayout) -> bool:
    """Whether the schema holds what the layout says, of whatever format, marked as whole."""
    reads = PostgresqlReads(connection, place.schema)
    try:
        return layout.meta in {*reads.tables()} and reads.has(layout.meta, layout.mark_key)
    except psycopg.Error as error:
        raise failure(error) from error


def counts(connection: Connection, place: PostgresqlPlace, layout: SchemaLayout) -> bool:
    """Whether it is there, as far as we may see that."""
    try:
        return is_there(connection, place, layout)
    except StoreError:
        return False


def check_format(connection: Connection, place: PostgresqlPlace, layout: SchemaLayout) -> None:
    """Raise :class:`OtherFormatError` unless they are of this version's format."""
    found = format_of(connection, place, layout)
    if found != layout.format.number:
        raise OtherFormatError(layout.refusal(str(place), found))
