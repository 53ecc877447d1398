"""The engines that the contract is tried on, each with what only it can do to itself.

A new engine is a class in a file of its own, and its place in ``TRIED``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tried_lmdb import Lmdb
from tried_postgresql import Postgresql

from rmp_milter.store.format import version

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rmp_milter.engine.transaction import Access
    from rmp_milter.store.engines import Engine
    from rmp_milter.store.surface import Store


class Tried(Protocol):
    """An engine, a place for its store, and its own way to what no surface offers."""

    name: str
    place: Path
    engine: Engine

    def at(self, place: Path) -> Tried:
        """Return what opens the copies that the engine writes into a folder."""

    def access(self, store: Store) -> Access:
        """Return the open store's transactions."""

    def free(self) -> None:
        """Give back what it has; called at the end, its store closed."""

    def held(self, store: Store) -> AbstractContextManager[None]:
        """Have every commit wait as long as the block lasts."""

    def has_turn(self, store: Store) -> bool:
        """Whether one commit has its turn, with no other beside it, and none waits."""

    def waiting(self, store: Store) -> int:
        """Return how many commits wait behind the one whose turn it is."""

    def transactions(self, store: Store) -> int:
        """Return how many transactions there were that wrote."""

    def tables(self) -> tuple[str, ...]:
        """Return the names of what holds records."""

    def records(self, table: str) -> list[tuple[bytes, bytes]]:
        """Return what is stored, as it is stored."""

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Store a record as somebody does who has the disk and no key."""

    def delete(self, table: str, key: bytes) -> None:
        """Remove a record likewise."""

    def mark(self, format_number: int) -> None:
        """Have the store say that it is of this format."""


TRIED: dict[str, Callable[[Path], Tried]] = {
    Lmdb.name: Lmdb,
    Postgresql.name: Postgresql,
}
FORMAT_NUMBER = version.FORMAT.number
