"""Records read over a connection, within a transaction that somebody else has begun."""

from __future__ import annotations

from hashlib import sha256
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, cast

import psycopg
from psycopg.sql import SQL

from rmp_milter.engine.failures import LostMomentError
from rmp_milter.engine.postgresql.exchange import ask
from rmp_milter.engine.postgresql.failures import failure, is_passing, one_line
from rmp_milter.engine.postgresql.packing import NUMBER_BYTES, keys_in, records_in
from rmp_milter.engine.postgresql.statements import (
    OWN_TABLES,
    led_statement,
    statements,
    turn_statements,
)
from rmp_milter.engine.transaction import beyond

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.exchange import Row, Said
    from rmp_milter.engine.postgresql.statements import Statements
    from rmp_milter.engine.tables import EngineTable

FIRST, MOST = 16, 4096
"""Keys asked for at first, most look-ups having few, and keys or records at most in one go."""

RECORDS_AT_ONCE = 64
PAGE_BYTES = 4 << 20
"""A page of records ends with the one that passes it: large ones come a few at a time."""

MOST_FORESEEN = 1024
"""Records that are at hand at most."""

BEYOND_ALL = b"\xff" * 512
"""Longer than a key may be, so behind every one."""

LOOKED_UP_AT_ONCE = 10_000
MOST_COUNTED = 20_000
"""Larger tables are not counted one by one where about right is enough."""

_SIZE = SQL("""
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %b AND c.relkind = 'r' AND c.relname LIKE %b
""")
_ABOUT = SQL("""
SELECT c.reltuples FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %b AND c.relkind = 'r' AND c.relname = %b
""")


class PostgresqlReads:
    """What the transaction of a connection shows, read as it is asked for."""

    ahead = RECORDS_AT_ONCE

    def __init__(self, connection: Connection, schema: str) -> None:
        self._of_schema(schema)
        self._connection = connection

    def _of_schema(self, schema: str) -> None:
        self._schema = schema
        self._foreseen: dict[tuple[EngineTable, bytes], bytes | None] = {}

    def get(self, table: EngineTable, key: bytes) -> bytes | None:
        """Return one record; None where there is none."""
        if self._foreseen and (table, key) in self._foreseen:
            return self._foreseen[table, key]
        found = self._ask(self._said(table).get, key)
        if not found:
            return None
        return cast("bytes", found[0][0]) if len(found) == 1 else _joined(found)

    def get_many(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """Return the records of several keys; not of bodies, of which one is enough."""
        found = dict[bytes, bytes]()
        for begin in range(0, len(keys), RECORDS_AT_ONCE):
            some = list(keys[begin : begin + RECORDS_AT_ONCE])
            found.update(records_in(self._page(self._said(table).page_of, some)))
        return [found.get(key) for key in keys]

    def foresee(self, table: EngineTable, keys: Sequence[bytes]) -> None:
        """Have these at hand, beside those that were foreseen before unless that is too many."""
        known = self._foreseen
        asked = [key for key in dict.fromkeys(keys) if (table, key) not in known]
        if asked and len(known) + len(asked) > MOST_FORESEEN:
            known, asked = {}, [*dict.fromkeys(keys)]
        found = self.get_many(table, asked)
        self._foreseen = known
        known.update(((table, key), value) for key, value in zip(asked, found, strict=True))

    def has(self, table: EngineTable, key: bytes) -> bool:
        """Whether there is a record of this key."""
        if (table, key) in self._foreseen:
            return self._foreseen[table, key] is not None
        return bool(self._ask(self._said(table).has, key))

    def held(self, table: EngineTable, keys: Iterable[bytes]) -> set[bytes]:
        """Return those of the keys that have a record."""
        wanted, found = list(keys), set[bytes]()  # nothing is asked where nothing is
        for begin in range(0, len(wanted), LOOKED_UP_AT_ONCE):
            some = wanted[begin : begin + LOOKED_UP_AT_ONCE]
            found.update(_keys(self._ask(self._said(table).held, some)))
        return found

    def keys(self, table: EngineTable, prefix: bytes = b"") -> Iterator[bytes]:
        """Yield the keys that begin with ``prefix``, in order."""
        return self._keys_between(table, prefix, beyond(prefix) or BEYOND_ALL)

    def keys_from(self, table: EngineTable, start: bytes) -> Iterator[bytes]:
        """Yield the keys from one on, in order."""
        return self._keys_between(table, start, BEYOND_ALL)

    def records(self, table: EngineTable, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the records from the key ``start`` on, in order."""
        if not table.in_parts:
            yield from self._paged(table, start)
            return
        for key, parts in groupby(self._parts(table, start), itemgetter(0)):
            yield key, b"".join(part for _, part in parts)

    def first_keys(
        self, table: EngineTable, prefixes: Sequence[bytes], most: int
    ) -> dict[bytes, list[bytes]]:
        """Return by each prefix, all of one length, the first keys that begin so."""
        each = [*dict.fromkeys(prefixes)]
        ends = [beyond(prefix) or BEYOND_ALL for prefix in each]
        found: dict[bytes, list[bytes]] = {prefix: [] for prefix in each}
        for key in keys_in(self._page(self._said(table).first_keys, each, ends, most)):
            found[key[: len(each[0])]].append(key)
        return found

    def led_to(
        self, index: EngineTable, prefixes: Sequence[bytes], table: EngineTable
    ) -> list[bytes]:
        """Return what stands behind the prefixes in the keys of ``index``."""
        led: dict[bytes, list[bytes]] = {prefix: [] for prefix in prefixes}
        ends = [beyond(prefix) or BEYOND_ALL for prefix in led]
        length = len(prefixes[0]) if prefixes else 0
        said = led_statement(self._schema, index, table)
        rows = self._ask(said, length + 1, [*led], ends, FIRST) if led else []
        for key, value in cast("list[tuple[bytes, bytes | None]]", rows):
            led[key[:length]].append(key[length:])
            self._keep(table, key[length:], value)
        for (prefix, behind), end in zip(led.items(), ends, strict=True):
            if len(behind) == FIRST:  # seldom: one name leads to so many
                more = self._keys_between(index, prefix + behind[-1] + b"\0", end)
                behind += [key[length:] for key in more]
        return [key for behind in led.values() for key in behind]

    def sizes(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[int | None]:
        """Return how many octets the records have."""
        found = {row[0]: row[1] for row in self._ask(self._said(table).sizes, list(keys))}
        return [cast("int | None", found.get(key)) for key in keys]

    def digests(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """Return the SHA-256 of records in parts, of which no more is held than a page."""
        sizes = zip(keys, self.sizes(table, keys), strict=True)
        size_of = {key: size for key, size in sizes if size is not None}
        found, some, held = dict[bytes, bytes](), list[bytes](), 0
        for key, size in size_of.items():
            if size > PAGE_BYTES:
                found[key] = self._digest_of_large(table, key)
                continue
            if held + size > PAGE_BYTES:
                found |= self._digests_of(table, some)
                some, held = [], 0
            some.append(key)
            held += size
        found |= self._digests_of(table, some)
        return [found.get(key) for key in keys]

    def rows(self, table: EngineTable) -> Iterator[tuple[bytes, bytes]]:
        """Yield by what two moments are told apart, in order: records, of bodies the size."""
        if not table.in_parts:
            yield from self.records(table)
            return
        keys = self.keys(table)
        while some := [*islice(keys, LOOKED_UP_AT_ONCE)]:
            for key, size in zip(some, self.sizes(table, some), strict=True):
                yield key, (size or 0).to_bytes(8)

    def first_key(self, table: EngineTable, start: bytes) -> bytes | None:
        """Return the first key that is ``start`` or behind it."""
        found = self._some_keys(table, start, BEYOND_ALL, 1)
        return found[0] if found else None

    def last_key(self, table: EngineTable, prefix: bytes) -> bytes | None:
        """Return the last key that begins with ``prefix``."""
        found = _keys(self._ask(self._said(table).last, prefix, beyond(prefix) or BEYOND_ALL))
        return found[0] if found else None

    def last_keys(self, table: EngineTable, prefix: bytes, most: int) -> list[bytes]:
        """Return the last keys that begin with ``prefix``."""
        end = beyond(prefix) or BEYOND_ALL
        return _keys(self._ask(self._said(table).last_some, prefix, end, most))[::-1]

    def count(self, table: EngineTable) -> int:
        """Return how many records a table has."""
        return cast("int", self._ask(self._said(table).count)[0][0])

    def about(self, table: EngineTable) -> int:
        """Return about how many records a table has: what the server has found last, if many."""
        found = cast("float", self._ask(_ABOUT, self._schema, table.value)[0][0])
        return int(found) if found >= MOST_COUNTED else self.count(table)

    def tables(self) -> Iterator[str]:
        """Yield the names of all tables that are there but the engine's own."""
        there = SQL("SELECT tablename::text FROM pg_tables WHERE schemaname = %b")
        for (name,) in self._ask(there, self._schema):
            if name not in OWN_TABLES:
                yield cast("str", name)

    def last_turn(self) -> int:
        """Return the number of the last turn to write that is seen here."""
        return cast("int", self._ask(turn_statements(self._schema).changes)[0][0])

    def identity(self) -> int:
        """Return by which number the tables are known again, whatever they are called."""
        return cast("int", self._ask(turn_statements(self._schema).identity)[0][0])

    def settings_off(self, *names: str) -> list[str]:
        """Return those of the server's settings that are off."""
        asked = SQL("SELECT name FROM pg_settings WHERE name = %b AND setting = 'off'")
        return sorted(name for name in names if self._ask(asked, name))

    def size(self, table: EngineTable | None = None) -> int:
        """Return how many bytes a table takes, or all of them, with their indexes."""
        asked = self._schema, table.value if table else "%"
        return cast("int", self._ask(_SIZE, *asked)[0][0])

    def _keep(self, table: EngineTable, key: bytes, value: bytes | None) -> None:
        """Have a record at hand from now on, as long as these are few."""
        if len(self._foreseen) < MOST_FORESEEN:
            self._foreseen[table, key] = value

    def _keys_between(self, table: EngineTable, start: bytes, end: bytes) -> Iterator[bytes]:
        many = FIRST
        while True:
            found = self._some_keys(table, start, end, many)
            yield from found
            if len(found) < many:
                return
            start, many = found[-1] + b"\0", min(4 * many, MOST)

    def _some_keys(
        self, table: EngineTable, start: bytes, end: bytes, many: int
    ) -> list[bytes]:
        return keys_in(self._page(self._said(table).key_page, start, end, many))

    def _paged(self, table: EngineTable, *start: bytes | int) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows from a place on: records, of a body its parts."""
        many, said = RECORDS_AT_ONCE, self._said(table).page
        while True:
            found = records_in(self._page(said, *start, many, PAGE_BYTES))
            yield from found
            read = sum(len(value) for _, value in found)
            if len(found) < many and read < PAGE_BYTES:
                return
            start, many = _behind(table, found[-1][0]), min(4 * many, MOST)

    def _parts(self, table: EngineTable, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the parts of bodies, each with the body's key, in order."""
        for place, part in self._paged(table, start, 0):
            yield place[:-NUMBER_BYTES], part

    def _digests_of(self, table: EngineTable, keys: list[bytes]) -> dict[bytes, bytes]:
        parts = records_in(self._page(self._said(table).page_of, keys)) if keys else []
        digests = {key: sha256() for key in keys}
        for place, part in parts:
            digests[place[:-NUMBER_BYTES]].update(part)
        return {key: digest.digest() for key, digest in digests.items()}

    def _digest_of_large(self, table: EngineTable, key: bytes) -> bytes:
        digest = sha256()
        for other, part in self._parts(table, key):
            if other != key:
                break
            digest.update(part)
        return digest.digest()

    def _said(self, table: EngineTable) -> Statements:
        return statements(self._schema, table)

    def _page(self, statement: bytes, *values: Said) -> bytes | None:
        """Return the one value that the statement makes of all rows; None where it finds none."""
        return cast("bytes | None", self._ask(statement, *values)[0][0])

    def _ask(self, statement: bytes | SQL, *values: Said) -> list[Row]:
        return rows_of(self._connection, statement, values)


class PostgresqlMomentReads(PostgresqlReads):
    """The same for who knows the store's errors alone; who lost it may begin anew with another."""

    def _ask(self, statement: bytes | SQL, *values: Said) -> list[Row]:
        try:
            return super()._ask(statement, *values)
        except psycopg.Error as error:
            if self._connection.broken or is_passing(error):
                raise LostMomentError(one_line(error)) from error
            raise failure(error) from error


def rows_of(
    connection: Connection, statement: bytes | SQL, values: Sequence[Said]
) -> list[Row]:
    """Say a statement over a connection, and return its rows; raises psycopg's errors."""
    if isinstance(statement, bytes):
        return ask(connection, statement, values).rows
    return connection.execute(statement, values, binary=True).fetchall()


def _behind(table: EngineTable, place: bytes) -> tuple[bytes | int, ...]:
    """Return the first place behind that of a row."""
    if not table.in_parts:
        return (place + b"\0",)
    return place[:-NUMBER_BYTES], int.from_bytes(place[-NUMBER_BYTES:]) + 1


def _keys(rows: list[Row]) -> list[bytes]:
    return [cast("bytes", row[0]) for row in rows]


def _joined(parts: list[Row]) -> bytes:
    return b"".join(cast("bytes", part[0]) for part in parts)
