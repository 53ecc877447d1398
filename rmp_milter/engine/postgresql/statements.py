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
    from collections.abc import Iterable, Iterator, Sequence

    from rmp_milter.engine.tables import EngineTable

PART_BYTES = 1 << 20
TURN, WRITERS, LEASES = OWN_TABLES = ("turn", "writers", "leases")
"""The engine's own: whose turn it is to write, what each writer wrote last, what is whose."""


@dataclass(frozen=True)
class Statements:
    """What is said of one table. ``k`` is a key, ``v`` a value, ``n`` a body's part.

    As octets: the driver would put a statement together anew each time it is said. What is called
    a page is one value (:mod:`.packing`): of ``page`` no record begins behind so many octets. From
    ``among`` on they are parts of one (:func:`in_one`), each of two columns of octets.
    """

    get: bytes
    has: bytes
    held: bytes
    page: bytes
    page_of: bytes
    key_page: bytes
    first_keys: bytes
    sizes: bytes
    last: bytes
    last_some: bytes
    count: bytes
    write: bytes
    append: bytes
    copy: bytes
    delete: bytes
    among: bytes
    lasts: bytes
    begins: bytes


@cache
def statements(schema: str, table: EngineTable) -> Statements:
    """Return the statements on one table."""
    first = SQL("n = 0 AND ") if table.in_parts else SQL("")
    ordered = SQL(" ORDER BY n") if table.in_parts else SQL("")
    write = _WRITE_PART if table.in_parts else _WRITE
    place = SQL("k, n") if table.in_parts else SQL("k")
    packed = _PACKED_PART if table.in_parts else _PACKED

    def said(text: SQL) -> bytes:
        named = text.format(
            table=Identifier(schema, table.value),
            first=first,
            ordered=ordered,
            place=place,
            start=SQL("(%b, %b)") if table.in_parts else SQL("%b"),
            packed=packed,
        )
        return named.as_bytes(None)

    return Statements(
        get=said(SQL("SELECT v FROM {table} WHERE k = %b{ordered}")),
        has=said(SQL("SELECT 1 FROM {table} WHERE {first}k = %b")),
        held=said(SQL("SELECT k FROM {table} WHERE {first}k = ANY(%b::bytea[])")),
        page=said(_PAGE),
        page_of=said(
            SQL(
                "SELECT string_agg({packed}, ''::bytea ORDER BY {place})"
                " FROM {table} WHERE k = ANY(%b::bytea[])"
            )
        ),
        key_page=said(
            SQL(
                "SELECT string_agg(int4send(length(k)) || k, ''::bytea ORDER BY k) FROM"
                " (SELECT k FROM {table} WHERE {first}k >= %b AND k < %b ORDER BY k LIMIT %b)"
                " AS those"
            )
        ),
        first_keys=said(_FIRST_KEYS),
        sizes=said(
            SQL(
                "SELECT k, sum(length(v))::bigint FROM {table}"
                " WHERE k = ANY(%b::bytea[]) GROUP BY k"
            )
        ),
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
        copy=said(SQL("COPY {table} ({place}, v) FROM STDIN (FORMAT binary)")),
        delete=said(SQL("DELETE FROM {table} WHERE k = ANY(%b::bytea[])")),
        among=said(_AMONG_PARTS if table.in_parts else _AMONG),
        lasts=said(_LASTS),
        begins=said(_BEGINS),
    )


_PACKED = SQL("int4send(length(k)) || int4send(length(v)) || k || v")
_PACKED_PART = SQL("int4send(length(k) + 4) || int4send(length(v)) || k || int4send(n) || v")
_PAGE = SQL(
    "SELECT string_agg({packed}, ''::bytea ORDER BY {place}) FROM (SELECT {place}, v,"
    " sum(length(v)) OVER (ORDER BY {place} ROWS UNBOUNDED PRECEDING) - length(v) AS before"
    " FROM (SELECT {place}, v FROM {table} WHERE ({place}) >= {start} ORDER BY {place} LIMIT %b)"
    " AS those) AS page WHERE before < %b"
)
_FIRST_KEYS = SQL(
    "SELECT string_agg(int4send(length(k)) || k, ''::bytea ORDER BY k)"
    " FROM unnest(%b::bytea[], %b::bytea[]) AS w (p, e), LATERAL"
    " (SELECT k FROM {table} WHERE {first}k >= p AND k < e ORDER BY k LIMIT %b) AS those"
)
_AMONG = SQL("k, v FROM {table} WHERE k = ANY(%b::bytea[])")
_AMONG_PARTS = SQL("k, NULL::bytea FROM {table} WHERE n = 0 AND k = ANY(%b::bytea[])")
_LASTS = SQL(
    "p, (SELECT k FROM {table} WHERE {first}k >= p AND k < e ORDER BY k DESC LIMIT 1)"
    " FROM unnest(%b::bytea[], %b::bytea[]) AS w (p, e)"
)
_BEGINS = SQL("k, NULL::bytea FROM {table} WHERE {first}k < %b ORDER BY k LIMIT %b")
_WRITE = SQL(
    "INSERT INTO {table} (k, v) SELECT * FROM unnest(%b::bytea[], %b::bytea[])"
    " ON CONFLICT (k) DO UPDATE SET v = excluded.v"
)
_APPEND = SQL("INSERT INTO {table} (k, v) SELECT * FROM unnest(%b::bytea[], %b::bytea[])")
_WRITE_PART = SQL("INSERT INTO {table} (k, n, v) VALUES (%b, %b, %b)")


_ALL_ANSWERS = (
    b"SELECT string_agg(int4send(number) || int4send(length(k))"
    b" || int4send(coalesce(length(v), -1)) || k || coalesce(v, ''::bytea), ''::bytea)"
    b" FROM (%s) AS asked (number, k, v)"
)


def in_one(asked: Sequence[bytes]) -> bytes:
    """Return one statement that asks all of these, and is answered by one value."""
    parts = (b"(SELECT %d, %s)" % (number, each) for number, each in enumerate(asked))
    return _ALL_ANSWERS % b" UNION ALL ".join(parts)


def done_in_one(changes: Sequence[bytes]) -> bytes:
    """Return one statement that makes all of these changes, of which no two are of one row."""
    *before, last = changes
    named = (b"c%d AS (%s)" % (number, each) for number, each in enumerate(before))
    return b"WITH " + b", ".join(named) + b" " + last if before else last


_LED = SQL(
    "SELECT k, (SELECT v FROM {table} AS led WHERE led.k = substr(those.k, %b))"
    " FROM unnest(%b::bytea[], %b::bytea[]) AS w (p, e), LATERAL"
    " (SELECT k FROM {index} WHERE k >= p AND k < e ORDER BY k LIMIT %b) AS those ORDER BY k"
)


@cache
def led_statement(schema: str, index: EngineTable, table: EngineTable) -> bytes:
    """Return what asks for keys that begin so, with the records under what stands behind that."""
    tables = {
        "index": Identifier(schema, index.value),
        "table": Identifier(schema, table.value),
    }
    return _LED.format(**tables).as_bytes(None)


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
    """What is said to have a turn to write, to mark it, and to ask what became of it.

    The ``identity`` is that of the tables, whatever their schema is called by now.
    """

    take: bytes
    mark: bytes
    remember: bytes
    remembered: bytes
    changes: bytes
    identity: bytes
    begin: bytes
    end: bytes


@cache
def turn_statements(schema: str) -> TurnStatements:
    """Return the statements on the engine's own tables."""

    def said(text: SQL) -> bytes:
        named = text.format(turn=Identifier(schema, TURN), writers=Identifier(schema, WRITERS))
        return named.as_bytes(None)

    return TurnStatements(
        take=said(SQL("SELECT changes, tableoid::bigint FROM {turn} FOR UPDATE")),
        mark=said(SQL("UPDATE {turn} SET changes = changes + 1")),
        remember=said(
            SQL(
                "INSERT INTO {writers} (writer, changes) VALUES (%b, %b) ON CONFLICT (writer)"
                " DO UPDATE SET changes = excluded.changes, at = now()"
            )
        ),
        remembered=said(SQL("SELECT changes FROM {writers} WHERE writer = %b")),
        changes=said(SQL("SELECT changes FROM {turn}")),
        identity=said(SQL("SELECT tableoid::bigint FROM {turn}")),
        begin=said(SQL("INSERT INTO {turn} VALUES (true, 0) ON CONFLICT DO NOTHING")),
        end=said(SQL("DELETE FROM {turn}")),
    )
