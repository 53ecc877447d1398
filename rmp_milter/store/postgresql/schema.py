"""A store's tables made in a schema, and looked at before anything in them is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg.sql import SQL, Identifier

from rmp_milter.store.format import version
from rmp_milter.store.format.failures import OtherFormatError, StoreError
from rmp_milter.store.format.tables import FORMAT_KEY, StoreTable, table_names
from rmp_milter.store.postgresql.failures import failure
from rmp_milter.store.postgresql.reading import PostgresqlReads
from rmp_milter.store.postgresql.statements import definitions, turn_statements
from rmp_milter.store.postgresql.writing import send_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rmp_milter.store.postgresql.connecting import Connection
    from rmp_milter.store.postgresql.place import PostgresqlPlace

_SCHEMA_IS_THERE = "SELECT 1 FROM pg_namespace WHERE nspname = %b"


def make_store(
    connection: Connection, place: PostgresqlPlace, records: Mapping[bytes, bytes]
) -> None:
    """Make a new, empty store that has these records of ``meta``, durable on return.

    The tables may be there, empty: whoever owns them makes them, and need not have the keys.
    Raises :class:`StoreError` where the schema holds anything else.
    """
    try:
        with connection.transaction():
            make_room(connection, place)
            give_format(connection, place.schema, records)
    except psycopg.Error as error:
        raise failure(error) from error


def make_room(connection: Connection, place: PostgresqlPlace) -> None:
    """Make the tables, or find them empty; in a transaction of the caller's."""
    make_unless_there(connection, place)
    if holds_anything(connection, place.schema):
        raise StoreError(f"{place} is not empty: no store is made over it")


def make_unless_there(connection: Connection, place: PostgresqlPlace) -> None:
    """Make the tables, or find a store's tables that are no store: they have no format."""
    reads = PostgresqlReads(connection, place.schema)
    there = {*reads.tables()}
    if not there:
        name = Identifier(place.schema)
        if not connection.execute(_SCHEMA_IS_THERE, (place.schema,)).fetchone():
            connection.execute(SQL("CREATE SCHEMA {}").format(name))
        for definition in definitions(place.schema):
            connection.execute(definition)
    elif there != {*table_names()} or reads.has(StoreTable.META, FORMAT_KEY):
        raise StoreError(f"{place} is not empty: no store is made over it")


def holds_anything(connection: Connection, schema: str) -> bool:
    """Whether there is a record in any of a store's tables."""
    any_record = SQL(" UNION ALL ").join(
        SQL("(SELECT 1 FROM {} LIMIT 1)").format(Identifier(schema, table))
        for table in table_names()
    )
    return connection.execute(any_record).fetchone() is not None


def give_format(connection: Connection, schema: str, records: Mapping[bytes, bytes]) -> None:
    """Write records of ``meta``, the format's mark among them: from then on it is a store."""
    marked = {FORMAT_KEY: version.FORMAT.mark, **records}
    with connection.transaction():
        connection.execute(turn_statements(schema).begin)
        send_records(connection, schema, StoreTable.META, [*marked.items()])


def format_of(connection: Connection, place: PostgresqlPlace) -> int:
    """Return the number of the store's format; raises :class:`StoreError` where there is none."""
    reads = PostgresqlReads(connection, place.schema)
    there = {*reads.tables()}
    if StoreTable.META not in there:
        raise StoreError(f"there is no store in {place}")
    found = version.FORMAT.number_in(reads.get(StoreTable.META, FORMAT_KEY) or b"")
    if not found:
        raise StoreError(f"there is no store in {place} yet, or one that is not whole")
    missing = [name for name in table_names() if name not in there]
    if missing and found == version.FORMAT.number:
        raise StoreError(f"{place} holds no store of this version: it lacks table {missing[0]}")
    return found


def check_format(connection: Connection, place: PostgresqlPlace) -> None:
    """Raise :class:`OtherFormatError` unless the store is of this version's format."""
    found = format_of(connection, place)
    if found != version.FORMAT.number:
        raise OtherFormatError(version.refusal(str(place), found))
