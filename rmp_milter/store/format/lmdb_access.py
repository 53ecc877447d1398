"""An open environment's transactions, as all engines' are spoken to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from rmp_milter.engine.lmdb_transaction import LmdbReads, LmdbWrites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from rmp_milter.engine.transaction import Expected
    from rmp_milter.store.format.environment import Environment

T = TypeVar("T")


class LmdbAccess:
    """The transactions of an open environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @contextmanager
    def reading(self, *, late: bool = False) -> Iterator[LmdbReads[memoryview]]:
        """Give one moment of the store, in place, without copies."""
        del late
        with self._environment.reading() as txn:
            yield LmdbReads(txn, self._environment.tables)

    def looking(self) -> AbstractContextManager[LmdbReads[memoryview]]:
        """Give one moment: here a look costs nothing more in one."""
        return self.reading()

    def write(self, work: Callable[[LmdbWrites], T], expected: Expected | None = None) -> T:
        """Do ``work`` in the write transaction; whatever it asks for is at hand."""
        del expected
        with self._environment.writing() as txn:
            return work(LmdbWrites(txn, self._environment.tables))

    def last_change(self) -> int:
        """Return the number of the last transaction that readers see."""
        return self._environment.last_change()
