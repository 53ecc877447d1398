"""Counts what of a store's tables is touched: a whole table read on a mail's way shows."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.store.format.environment import Environment
    from rmp_milter.store.store import LmdbStore

_STEPS = frozenset({"first", "last", "next", "prev", "set_range", "set_key"})


class Touches:
    """How many records of each table were looked at, by name."""

    def __init__(self, environment: Environment) -> None:
        self.counts: Counter[str] = Counter()
        self._names = {id(table): name for name, table in environment.tables.items()}

    def note(self, table: object) -> None:
        """Count a record of a table."""
        self.counts[self._names[id(table)]] += 1


class _Cursor:
    """A cursor whose every step is counted."""

    def __init__(self, cursor: Any, table: object, touches: Touches) -> None:  # noqa: ANN401 -- LMDB's, of either kind
        self._cursor, self._table, self._touches = cursor, table, touches

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever LMDB's cursor has
        if name in _STEPS:
            self._touches.note(self._table)
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return self._counted(iter(self._cursor))

    def iternext(self, **named: bool) -> Iterator[Any]:
        return self._counted(self._cursor.iternext(**named))

    def _counted(self, records: Iterator[Any]) -> Iterator[Any]:
        for each in records:
            self._touches.note(self._table)
            yield each


class _Transaction:
    """A transaction whose reads are counted, and its writes not."""

    def __init__(self, txn: Any, touches: Touches) -> None:  # noqa: ANN401 -- LMDB's, of either kind
        self._txn, self._touches = txn, touches

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever LMDB's transaction has
        return getattr(self._txn, name)

    def get(self, key: bytes, default: Any = None, *, db: object) -> Any:  # noqa: ANN401 -- bytes or a view
        self._touches.note(db)
        return self._txn.get(key, default, db=db)

    def cursor(self, table: object) -> _Cursor:
        return _Cursor(self._txn.cursor(table), table, self._touches)


@contextmanager
def watched(store: LmdbStore) -> Iterator[Counter[str]]:
    """Count, as long as the block lasts, how many records of each table are looked at."""
    environment: Any = store._environment  # noqa: SLF001 -- where every transaction begins
    touches = Touches(environment)
    plain = {"reading": environment.reading, "writing": environment.writing}
    for name, begin in plain.items():
        setattr(environment, name, _counting(begin, touches))
    try:
        yield touches.counts
    finally:
        for name in plain:
            delattr(environment, name)


def _counting(begin: Any, touches: Touches) -> Any:  # noqa: ANN401 -- a bound method, wrapped
    @contextmanager
    def counting() -> Iterator[_Transaction]:
        with begin() as txn:
            yield _Transaction(txn, touches)

    return counting
