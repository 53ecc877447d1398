"""What a turn to write has changed so far, over what is stored: sent in one go at its end."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from heapq import merge
from itertools import takewhile
from typing import TYPE_CHECKING

from rmp_milter.engine.postgresql.reading import FIRST, RECORDS_AT_ONCE
from rmp_milter.engine.postgresql.statements import PART_BYTES, statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from rmp_milter.engine.postgresql.exchange import Statement
    from rmp_milter.engine.postgresql.expecting import Fetched
    from rmp_milter.engine.postgresql.reading import PostgresqlReads
    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.engine.transaction import Value


class Changed:
    """The changes of one table: what is under a key now, None where it was removed."""

    def __init__(self) -> None:
        self.values: dict[bytes, Value | None] = {}
        self.appended: set[bytes] = set()
        self._written: list[bytes] = []

    def set(self, key: bytes, value: Value | None) -> None:
        """Note what is under ``key`` from now on."""
        was, self.values[key] = self.values.get(key), value
        if value is not None and was is None:
            insort(self._written, key)
        if value is None and was is not None:
            del self._written[bisect_left(self._written, key)]

    def keys_from(self, start: bytes) -> Iterator[bytes]:
        """Yield the keys written, in order, from ``start`` on."""
        return iter(self._written[bisect_left(self._written, start) :])

    @property
    def removed(self) -> list[bytes]:
        """The keys that are there no more, if they ever were."""
        return [key for key, value in self.values.items() if value is None]

    @property
    def written(self) -> list[tuple[bytes, Value]]:
        """The records written, in the order of their keys: everybody locks them in that order."""
        return self._sorted(self.values.keys() - self.appended)

    @property
    def behind(self) -> list[tuple[bytes, Value]]:
        """The records that may lie over no other one."""
        return self._sorted(self.values.keys() & self.appended)

    def _sorted(self, keys: AbstractSet[bytes]) -> list[tuple[bytes, Value]]:
        some = ((key, self.values[key]) for key in sorted(keys))
        return [(key, value) for key, value in some if value is not None]


class PostgresqlWrites:
    """Reads through to what is stored, and remembers it: nobody else writes meanwhile."""

    ahead = RECORDS_AT_ONCE

    def __init__(self, stored: PostgresqlReads, fetched: Fetched) -> None:
        self._stored = stored
        self._changes: defaultdict[EngineTable, Changed] = defaultdict(Changed)
        self._known = fetched.records
        self._bodies = fetched.bodies
        self._lasts = fetched.lasts
        self._beginnings = fetched.beginnings

    def get(self, table: EngineTable, key: bytes) -> Value | None:
        """Return one record; None where there is none."""
        changed = self._changes[table].values
        return changed[key] if key in changed else self._get_stored(table, key)

    def has(self, table: EngineTable, key: bytes) -> bool:
        """Whether there is a record of this key."""
        changed = self._changes[table].values
        if key in changed:
            return changed[key] is not None
        if table.in_parts:  # of which nothing is held without need
            if key not in self._bodies:
                self._bodies[key] = self._stored.has(table, key)
            return self._bodies[key]
        return self._get_stored(table, key) is not None

    def held(self, table: EngineTable, keys: Iterable[bytes]) -> set[bytes]:
        """Return those of the keys that have a record."""
        return {key for key in keys if self.has(table, key)}

    def keys(self, table: EngineTable, prefix: bytes = b"") -> Iterator[bytes]:
        """Yield the keys that begin with ``prefix``, in order."""
        changed = self._changes[table]
        stored = (key for key in self._stored_keys(table, prefix) if key not in changed.values)
        begins = takewhile(lambda key: key.startswith(prefix), changed.keys_from(prefix))
        return merge(stored, begins)

    def records(self, table: EngineTable, start: bytes = b"") -> Iterator[tuple[bytes, Value]]:
        """Yield the records from the key ``start`` on, in order."""
        changed = self._changes[table]
        stored = (
            (key, value)
            for key, value in self._stored.records(table, start)
            if key not in changed.values
        )
        written = (
            (key, value)
            for key in changed.keys_from(start)
            if (value := changed.values[key]) is not None
        )
        return merge(stored, written, key=lambda record: record[0])

    def first_key(self, table: EngineTable, start: bytes) -> bytes | None:
        """Return the first key that is ``start`` or behind it."""
        return next((key for key, _ in self.records(table, start)), None)

    def last_key(self, table: EngineTable, prefix: bytes) -> bytes | None:
        """Return the last key that begins with ``prefix``."""
        changed = self._changes[table]
        place = table, prefix
        if place not in self._lasts:
            self._lasts[place] = self._stored.last_key(table, prefix)
        stored = self._lasts[place]
        if stored in changed.values:  # seldom: a line that was removed, or written again
            return max(self.keys(table, prefix), default=None)
        begins = takewhile(lambda key: key.startswith(prefix), changed.keys_from(prefix))
        return max((*begins, *([] if stored is None else [stored])), default=None)

    def last_keys(self, table: EngineTable, prefix: bytes, most: int) -> list[bytes]:
        """Return the last keys that begin with ``prefix``."""
        return [*self.keys(table, prefix)][-most:] if most else []

    def count(self, table: EngineTable) -> int:
        """Return how many records a table has."""
        stored = self._stored.count(table)
        changed = self._changes[table].values
        there = self._stored.held(table, changed)
        return stored + sum(
            (value is not None) - (key in there) for key, value in changed.items()
        )

    def tables(self) -> Iterator[str]:
        """Yield the names of all tables that are there."""
        return self._stored.tables()

    def put(self, table: EngineTable, key: bytes, value: Value) -> None:
        """Write a record."""
        self._changes[table].set(key, value)

    def add(self, table: EngineTable, key: bytes, value: Value) -> bool:
        """Write a record unless there is one of this key."""
        if self.has(table, key):
            return False
        self._changes[table].set(key, value)
        return True

    def append(self, table: EngineTable, key: bytes, value: Value) -> None:
        """Write a record behind all others: the server refuses one of a key that is there."""
        self._changes[table].set(key, value)
        self._changes[table].appended.add(key)

    def delete(self, table: EngineTable, key: bytes) -> bool:
        """Remove a record."""
        there = self.has(table, key)
        if there:
            self._changes[table].set(key, None)
        return there

    def remove(self, table: EngineTable, key: bytes) -> None:
        """Remove a record if there is one; nothing is asked."""
        self._changes[table].set(key, None)

    def bodies(self, schema: str) -> Iterator[Statement]:
        """Yield what changes bodies, to be said in this order: of an old one nothing is left."""
        for table, changed in self._changes.items():
            if not table.in_parts:
                continue
            written = changed.written
            over = [key for key, _ in written if self._bodies.get(key, True)]
            if gone := changed.removed + over:
                yield statements(schema, table).delete, (gone,)
            yield from writing(schema, table, written)

    def rows(self, schema: str) -> Iterator[Statement]:
        """Yield what changes all else, no record twice."""
        for table, changed in self._changes.items():
            if table.in_parts:
                continue
            if gone := changed.removed:
                yield statements(schema, table).delete, (gone,)
            yield from writing(schema, table, changed.written)
            if behind := changed.behind:
                yield appending(schema, table, behind)

    def _stored_keys(self, table: EngineTable, prefix: bytes) -> Iterator[bytes]:
        """Yield the keys as they are stored; the first ones may be at hand."""
        first = [] if prefix else self._beginnings.get(table, [])
        yield from first
        if not first:
            if prefix or table not in self._beginnings:
                yield from self._stored.keys(table, prefix)
        elif len(first) == FIRST:
            yield from self._stored.keys_from(table, first[-1] + b"\0")

    def foresee(self, table: EngineTable, keys: Sequence[bytes]) -> None:
        """Have these at hand from now on."""
        changed = self._changes[table].values
        asked = [
            key
            for key in dict.fromkeys(keys)
            if key not in changed and (table, key) not in self._known
        ]
        found = self._stored.get_many(table, asked)
        self._known.update(
            ((table, key), value) for key, value in zip(asked, found, strict=True)
        )

    def get_many(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[Value | None]:
        """Return the records of several keys."""
        if not table.in_parts:
            self.foresee(table, keys)
        return [self.get(table, key) for key in keys]

    def _get_stored(self, table: EngineTable, key: bytes) -> bytes | None:
        place = table, key
        if place not in self._known:
            found = self._stored.get(table, key)
            if table.in_parts:
                return found
            self._known[place] = found
        return self._known[place]


def writing(
    schema: str, table: EngineTable, records: Sequence[tuple[bytes, Value]]
) -> Iterator[Statement]:
    """Yield what writes records; of a body that is there already, nothing may be left."""
    write = statements(schema, table).write
    if table.in_parts:
        for key, value in records:
            for number, part in enumerate(parts(value)):
                yield write, (key, number, part)
    elif records:
        keys, values = zip(*records, strict=True)
        yield write, (list(keys), [*map(bytes, values)])


def appending(
    schema: str, table: EngineTable, records: Sequence[tuple[bytes, Value]]
) -> Statement:
    """Return what writes records, some at least, of keys that nothing may be under."""
    keys, values = zip(*records, strict=True)
    return statements(schema, table).append, (list(keys), [*map(bytes, values)])


def parts(body: Value) -> Iterator[memoryview]:
    """Yield a body in the parts in which it is stored; an empty one is one part."""
    view = memoryview(body).cast("B")
    for begin in range(0, max(1, len(view)), PART_BYTES):
        yield view[begin : begin + PART_BYTES]
