"""What an engine's transaction can do: records by table and key, and nothing of what they hold.

All that reads, judges, writes and verifies a store speaks to this, so that it is the same for
every engine. A key is 1 to 511 bytes; they sort octet by octet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from rmp_milter.engine.failures import StoreFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from rmp_milter.engine.tables import EngineTable

    Value = bytes | memoryview


T = TypeVar("T")


class Expected:
    """What a turn to write will most often ask for: an engine may get it all at once.

    ``beginnings`` are tables whose first keys are looked at.
    """

    def __init__(self, beginnings: Sequence[EngineTable] = ()) -> None:
        self.beginnings = beginnings
        self.records: dict[EngineTable, set[bytes]] = {}
        self.lasts: dict[EngineTable, set[bytes]] = {}

    def record(self, table: EngineTable, key: bytes) -> None:
        """Say that a record is asked for; of a body only whether it is there."""
        self.records.setdefault(table, set()).add(key)

    def last(self, table: EngineTable, prefix: bytes) -> None:
        """Say that the last key that begins so is asked for."""
        self.lasts.setdefault(table, set()).add(prefix)


class Access(Protocol):
    """An open store's transactions; any number of threads may ask for one at once."""

    def reading(self, *, late: bool = False) -> AbstractContextManager[WholeMoment]:
        """Give one moment of the store; raises :class:`StoreFailed`.

        ``late``: it may be as late as the first look, which an engine far away has for less.
        """

    def looking(self) -> AbstractContextManager[WholeMoment]:
        """Give the store as it is at each look, whatever is committed between two.

        For who has one question, or is judged by again in a turn to write: an engine far away
        need not begin and end anything for it. Raises :class:`StoreFailed`, then at each look.
        """

    def write(
        self, work: Callable[[WriteTransaction], T], expected: Expected | None = None
    ) -> T:
        """Do ``work`` when it has its turn and return what it does; durable on return.

        An exception leaves everything as it was. A fault of the engine is raised as
        :class:`StoreFailed`. Work that was lost before anything of it was written may be done
        again from the beginning. ``expected`` is what it will most often ask for.
        """

    def last_change(self) -> int:
        """Return a number that grows with every commit of any process that readers see."""


class ReadTransaction(Protocol):
    """One moment of a store. What yields an iterator reads as it goes."""

    def get(self, table: EngineTable, key: bytes) -> Value | None:
        """Return one record, good until the transaction ends; None where there is none."""

    def get_many(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[Value | None]:
        """Return the records of several keys, in that order; None where there is none."""

    @property
    def ahead(self) -> int:
        """How many records it pays to foresee at once: one where each is at hand anyway."""

    def foresee(self, table: EngineTable, keys: Sequence[bytes]) -> None:
        """Be told what will be asked for next: an engine far away gets it in one go, no bodies."""

    def has(self, table: EngineTable, key: bytes) -> bool:
        """Whether there is a record of this key; its value is not touched."""

    def held(self, table: EngineTable, keys: Iterable[bytes]) -> set[bytes]:
        """Return those of the keys that have a record: many looked up at once."""

    def keys(self, table: EngineTable, prefix: bytes = b"") -> Iterator[bytes]:
        """Yield the keys that begin with ``prefix``, in order; values are not touched."""

    def records(self, table: EngineTable, start: bytes = b"") -> Iterator[tuple[bytes, Value]]:
        """Yield the records from the key ``start`` on, in order."""

    def first_key(self, table: EngineTable, start: bytes) -> bytes | None:
        """Return the first key that is ``start`` or behind it; None where there is none."""

    def last_key(self, table: EngineTable, prefix: bytes) -> bytes | None:
        """Return the last key that begins with ``prefix``; None where there is none."""

    def last_keys(self, table: EngineTable, prefix: bytes, most: int) -> list[bytes]:
        """Return the last keys that begin with ``prefix``, ``most`` of them, in order."""

    def count(self, table: EngineTable) -> int:
        """Return how many records a table has."""

    def tables(self) -> Iterator[str]:
        """Yield the names of all tables that are there, whether a store has them or not."""


class WholeMoment(ReadTransaction, Protocol):
    """A moment for who verifies or copies all of it: of much at once, in bounded memory."""

    def first_keys(
        self, table: EngineTable, prefixes: Sequence[bytes], most: int
    ) -> Mapping[bytes, Sequence[bytes]]:
        """Return by each prefix the first keys that begin so, ``most`` of them, in order.

        The prefixes are of one length; those that no key begins with may be left out.
        """

    def led_to(
        self, index: EngineTable, prefixes: Sequence[bytes], table: EngineTable
    ) -> Sequence[bytes]:
        """Return what stands behind the prefixes in the keys of ``index``, in their order.

        The prefixes are of one length. These are keys of ``table``, not one of bodies: an engine
        far away has the records of the first ones at hand from then on.
        """

    def sizes(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[int | None]:
        """Return how many octets the records have; their values are not touched."""

    def digests(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """Return the SHA-256 of records of a table in parts, made here and not by a server."""


class WriteTransaction(ReadTransaction, Protocol):
    """The same with what is written in it; nobody else writes meanwhile.

    While an iterator of a table is used, nothing may be written to that table.
    """

    def put(self, table: EngineTable, key: bytes, value: Value) -> None:
        """Write a record, new or in the place of the old one."""

    def add(self, table: EngineTable, key: bytes, value: Value) -> bool:
        """Write a record unless there is one of this key; return whether there was none."""

    def append(self, table: EngineTable, key: bytes, value: Value) -> None:
        """Write a record whose key lies behind all that the table has, and never over another.

        Raises :class:`StoreFailed`, here or at the end of the turn, where there is one of this key.
        """

    def delete(self, table: EngineTable, key: bytes) -> bool:
        """Remove a record; return whether there was one."""

    def remove(self, table: EngineTable, key: bytes) -> None:
        """Remove a record if there is one: who need not know makes no engine look for it."""


class ReadOnly:
    """A moment for who may write elsewhere: here writing is refused."""

    def __init__(self, txn: ReadTransaction) -> None:
        self.get, self.get_many = txn.get, txn.get_many
        self.ahead, self.foresee = txn.ahead, txn.foresee
        self.has, self.held = txn.has, txn.held
        self.keys, self.records, self.count = txn.keys, txn.records, txn.count
        self.first_key, self.last_key, self.last_keys = (
            txn.first_key,
            txn.last_key,
            txn.last_keys,
        )
        self.tables = txn.tables

    def put(self, table: EngineTable, key: bytes, value: Value) -> None:
        """Refuse."""
        raise _read_only(table, key, value)

    def add(self, table: EngineTable, key: bytes, value: Value) -> bool:
        """Refuse."""
        raise _read_only(table, key, value)

    def append(self, table: EngineTable, key: bytes, value: Value) -> None:
        """Refuse."""
        raise _read_only(table, key, value)

    def delete(self, table: EngineTable, key: bytes) -> bool:
        """Refuse."""
        raise _read_only(table, key)

    def remove(self, table: EngineTable, key: bytes) -> None:
        """Refuse."""
        raise _read_only(table, key)


def _read_only(table: EngineTable, *_said: Value) -> StoreFailed:
    return StoreFailed("failed", f"Readonly: nothing is written to {table} in a moment")


def beyond(prefix: bytes) -> bytes | None:
    """Return the first key behind all that begin with ``prefix``; None where there is none."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None
