"""Tables filled with the records of others, as they are: whatever the engines are.

What is left has its records until the other is whole, compared record by record; the other does
not count before that: the mark of its format is not copied. A call that was cut off is gone on
with: each table is filled in the order of its keys. Where what is left has changed since, the
comparison says so, and all begins anew.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeVar

from rmp_milter.engine.failures import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.engine.transaction import ReadTransaction, Value, WholeMoment

    Tell: TypeAlias = Callable[[str, int, int], None]
    """Is told what is done, and how much of how much."""

Record: TypeAlias = tuple[bytes, bytes]
ValueT = TypeVar("ValueT", bound="Value")

MOST_RECORDS, MOST_BYTES = 1000, 16 << 20
"""What is written in one go at most, but for one record that is larger."""


class Filled(Protocol):
    """What is being filled, and is nothing yet for whoever would open it."""

    def moment(self) -> AbstractContextManager[WholeMoment]:
        """Give what it holds."""

    def put(self, table: EngineTable, records: list[Record]) -> None:
        """Write records, whose keys lie behind all that the table has."""

    def clear(self) -> None:
        """Remove everything."""


class MovedTables(NamedTuple):
    """Which tables are copied, all but ``left`` (keys of one of them)."""

    tables: tuple[EngineTable, ...]
    meta: EngineTable
    left: frozenset[bytes]

    def records(
        self, moment: ReadTransaction, table: EngineTable, start: bytes = b""
    ) -> Iterator[Record]:
        """Yield a table's records from ``start`` on."""
        return (
            (key, bytes(value))
            for key, value in moment.records(table, start)
            if table is not self.meta or key not in self.left
        )


def fill(source: ReadTransaction, target: Filled, moved: MovedTables, tell: Tell) -> None:
    """Have in ``target`` what ``source`` shows.

    Raises :class:`StoreError` where the two differ in the end.
    """
    _copy(source, target, moved, tell)
    if _differs(source, target, moved, tell):  # what an earlier call left is of another moment
        target.clear()
        _copy(source, target, moved, tell)
        if table := _differs(source, target, moved, tell):
            raise StoreError(f"table {table} is not what was copied: nothing was moved")


def _copy(source: ReadTransaction, target: Filled, moved: MovedTables, tell: Tell) -> None:
    total = sum(map(source.count, moved.tables))
    with target.moment() as there:
        done = sum(map(there.count, moved.tables))
        last = {table: there.last_key(table, b"") for table in moved.tables}
    for table in moved.tables:
        behind = last[table]
        start = b"" if behind is None else behind + b"\0"
        for batch in bounded(moved.records(source, table, start)):
            target.put(table, batch)
            done += len(batch)
            tell("copying", min(done, total), total)


def _differs(
    source: ReadTransaction, target: Filled, moved: MovedTables, tell: Tell
) -> EngineTable | None:
    with target.moment() as there:
        return differ(source, there, moved, tell)


def differ(
    source: ReadTransaction, there: ReadTransaction, moved: MovedTables, tell: Tell
) -> EngineTable | None:
    """Return the first table in which they differ, none where they are the same."""
    total, done = sum(map(source.count, moved.tables)), 0
    for table in moved.tables:
        both = zip_longest(moved.records(source, table), moved.records(there, table))
        for done, (one, other) in enumerate(both, done + 1):  # noqa: B020 -- goes on over all tables
            if one != other:
                return table
            if done % 1000 == 0:
                tell("comparing", min(done, total), total)
    return None


def bounded(
    records: Iterable[tuple[bytes, ValueT]],
) -> Iterator[list[tuple[bytes, ValueT]]]:
    """Yield records some at a time, and no more than fit well into memory."""
    batch, size = list[tuple[bytes, ValueT]](), 0
    for key, value in records:
        batch.append((key, value))
        size += len(value)
        if len(batch) >= MOST_RECORDS or size >= MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
