"""The statements on each table: written once, prepared by the server once a connection.

A body lies in parts of a megabyte: as one value it would be held several times over by the
server, and by the standby behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from psycopg.sql import SQL, Composed, Identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rmp_milter.engine.tables import EngineTable

PART_BYTES = 1 << 20
TURN, WRITERS = "turn", "writers"
"""The engine's own tables: whose turn it is to write, and what each writer wrote last."""


@dataclass(frozen=True)
class Statements:
    """What is said of one table. ``k`` is a key, ``v`` a value, ``n`` a body's part."""

    get: Composed
    get_many: Composed
    lasts: Composed
    has: Composed
    held: Composed
    keys: Composed
    records: Composed
    last: Composed
    last_some: Composed
    count: Composed
    write: Composed
    append: Composed
    delete: Composed


@cache
def statements(schema: str, table: EngineTable) -> Statements:
    """Return the statements on one table."""
    first = SQL("n = 0 AND ") if table.in_parts else SQL("")
    ordered = SQL(" ORDER BY n") if table.in_parts else SQL("")
    write = _WRITE_PART if table.in_parts else _WRITE

    def said(text: SQL) -> Composed:
        return text.format(table=Identifier(schema, table.value), first=first, ordered=ordered)

    return Statements(
        get=said(SQL("SELECT v FROM {table} WHERE k = %b{ordered}")),
        get_many=said(SQL("SELECT k, v FROM {table} WHERE k = ANY(%b::bytea[])")),
        lasts=said(
            SQL(
                "SELECT p, (SELECT k FROM {table} WHERE {first}k >= p AND k < e"
                " ORDER BY k DESC LIMIT 1) FROM unnest(%b::bytea[], %b::bytea[]) AS w (p, e)"
            )
        ),
        has=said(SQL("SELECT 1 FROM {table} WHERE {first}k = %b")),
        held=said(SQL("SELECT k FROM {table} WHERE {first}k = ANY(%b::bytea[])")),
        keys=said(
            SQL("SELECT k FROM {table} WHERE {first}k >= %b AND k < %b ORDER BY k LIMIT %b")
        ),
        records=said(SQL("SELECT k, v FROM {table} WHERE k >= %b ORDER BY k LIMIT %b")),
        last=said(
            SQL("SELECT k FROM {table} WHERE {first}k >= %b AND k < %b ORDER BY k DESC LIMIT 1")
        ),
        last_some=said(
            SQL(
                "SELECT k FROM {table} WHERE {first}k >= %b AND k < %b ORDER BY k DESC LIMIT %b"
            )
        ),
        count=said(SQL("SELECT count(*) FROM {table} WHERE {first}true")),
        write=said(write),
        append=said(_APPEND),
        delete=said(SQL("DELETE FROM {table} WHERE k = ANY(%b::bytea[])")),
    )


_WRITE = SQL(
    "INSERT INTO {table} (k, v) SELECT * FROM unnest(%b::bytea[], %b::bytea[])"
    " ON CONFLICT (k) DO UPDATE SET v = excluded.v"
)
_APPEND = SQL("INSERT INTO {table} (k, v) SELECT * FROM unnest(%b::bytea[], %b::bytea[])")
_WRITE_PART = SQL("INSERT INTO {table} (k, n, v) VALUES (%b, %b, %b)")


def definitions(schema: str, tables: Iterable[EngineTable]) -> Iterator[Composed]:
    """Yield what makes the tables. What is sealed cannot be compressed; nobody shall try."""
    for table in tables:
        part = ("n integer NOT NULL, ", ", n") if table.in_parts else ("", "")
        name = Identifier(schema, table.value)
        yield SQL(
            "CREATE TABLE {table} (k bytea NOT NULL, {n}v bytea NOT NULL, PRIMARY KEY (k{key}))"
        ).format(table=name, n=SQL(part[0]), key=SQL(part[1]))
        yield SQL("ALTER TABLE {table} ALTER v SET STORAGE EXTERNAL").format(table=name)
    yield SQL(
        "CREATE TABLE {table} (one boolean PRIMARY KEY CHECK (one), changes bigint NOT NULL)"
        " WITH (fillfactor = 10)"
    ).format(table=Identifier(schema, TURN))
    yield SQL(
        "CREATE TABLE {table} (writer uuid PRIMARY KEY, changes bigint NOT NULL,"
        " at timestamptz NOT NULL DEFAULT now(), whose name NOT NULL DEFAULT current_user)"
        " WITH (fillfactor = 50)"
    ).format(table=Identifier(schema, WRITERS))


@dataclass(frozen=True)
class TurnStatements:
    """What is said to have a turn to write, to mark it, and to ask what became of it."""

    take: Composed
    mark: Composed
    remember: Composed
    remembered: Composed
    changes: Composed
    begin: Composed
    end: Composed


@cache
def turn_statements(schema: str) -> TurnStatements:
    """Return the statements on the engine's own tables."""

    def said(text: SQL) -> Composed:
        return text.format(turn=Identifier(schema, TURN), writers=Identifier(schema, WRITERS))

    return TurnStatements(
        take=said(SQL("SELECT changes FROM {turn} FOR UPDATE")),
        mark=said(SQL("UPDATE {turn} SET changes = changes + 1")),
        remember=said(
            SQL(
                "INSERT INTO {writers} (writer, changes) VALUES (%b, %b) ON CONFLICT (writer)"
                " DO UPDATE SET changes = excluded.changes, at = now()"
            )
        ),
        remembered=said(SQL("SELECT changes FROM {writers} WHERE writer = %b")),
        changes=said(SQL("SELECT changes FROM {turn}")),
        begin=said(SQL("INSERT INTO {turn} VALUES (true, 0) ON CONFLICT DO NOTHING")),
        end=said(SQL("DELETE FROM {turn}")),
    )
