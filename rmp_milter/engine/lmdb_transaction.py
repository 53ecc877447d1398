"""LMDB's transactions, as all engines' are spoken to."""

from __future__ import annotations

from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

from rmp_milter.engine.failures import StoreFailed
from rmp_milter.engine.transaction import beyond

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import lmdb
    from lmdb import _Database as Handle

    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.engine.transaction import Value

ValueT = TypeVar("ValueT", bound=bytes | memoryview)


class LmdbReads(Generic[ValueT]):
    """One moment of LMDB's tables: a view of the file, or a copy where others may write."""

    ahead = 1

    def __init__(self, txn: lmdb.Transaction[ValueT], handles: Mapping[str, Handle]) -> None:
        self._txn = txn
        self._handles = handles

    def get(self, table: EngineTable, key: bytes) -> ValueT | None:
        """Return one record; None where there is none."""
        return self._txn.get(key, db=self._handles[table])

    def get_many(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[ValueT | None]:
        """Return the records of several keys."""
        handle = self._handles[table]
        return [self._txn.get(key, db=handle) for key in keys]

    def foresee(self, table: EngineTable, keys: Sequence[bytes]) -> None:
        """Do nothing: all is at hand."""

    def has(self, table: EngineTable, key: bytes) -> bool:
        """Whether there is a record of this key."""
        return self._txn.cursor(self._handles[table]).set_key(key)

    def held(self, table: EngineTable, keys: Iterable[bytes]) -> set[bytes]:
        """Return those of the keys that have a record."""
        cursor = self._txn.cursor(self._handles[table])
        return {key for key in sorted(keys) if cursor.set_key(key)}  # no page comes twice

    def keys(self, table: EngineTable, prefix: bytes = b"") -> Iterator[bytes]:
        """Yield the keys that begin with ``prefix``, in order."""
        cursor = self._txn.cursor(self._handles[table])
        if prefix and not cursor.set_range(prefix):
            return
        for each in cursor.iternext(keys=True, values=False):
            key = bytes(each)
            if not key.startswith(prefix):
                return
            yield key

    def records(self, table: EngineTable, start: bytes = b"") -> Iterator[tuple[bytes, ValueT]]:
        """Yield the records from the key ``start`` on, in order."""
        cursor = self._txn.cursor(self._handles[table])
        if start and not cursor.set_range(start):
            return
        for key, value in cursor:
            yield bytes(key), value

    def first_key(self, table: EngineTable, start: bytes) -> bytes | None:
        """Return the first key that is ``start`` or behind it."""
        cursor = self._txn.cursor(self._handles[table])
        return bytes(cursor.key()) if cursor.set_range(start) else None

    def last_key(self, table: EngineTable, prefix: bytes) -> bytes | None:
        """Return the last key that begins with ``prefix``."""
        cursor = self._txn.cursor(self._handles[table])
        end = beyond(prefix)
        found = cursor.prev() if end and cursor.set_range(end) else cursor.last()
        key = bytes(cursor.key()) if found else b""
        return key if found and key.startswith(prefix) else None

    def last_keys(self, table: EngineTable, prefix: bytes, most: int) -> list[bytes]:
        """Return the last keys that begin with ``prefix``."""
        cursor, found = self._txn.cursor(self._handles[table]), list[bytes]()
        end = beyond(prefix)
        at = cursor.prev() if end and cursor.set_range(end) else cursor.last()
        while at and len(found) < most and (key := bytes(cursor.key())).startswith(prefix):
            found.append(key)
            at = cursor.prev()
        return found[::-1]

    def first_keys(
        self, table: EngineTable, prefixes: Sequence[bytes], most: int
    ) -> dict[bytes, list[bytes]]:
        """Return by each prefix the first keys that begin so."""
        return {prefix: [*islice(self.keys(table, prefix), most)] for prefix in prefixes}

    def led_to(
        self, index: EngineTable, prefixes: Sequence[bytes], table: EngineTable
    ) -> Sequence[bytes]:
        """Return what stands behind the prefixes in the keys of ``index``."""
        del table
        return [
            key[len(each) :]
            for each in dict.fromkeys(prefixes)
            for key in self.keys(index, each)
        ]

    def sizes(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[int | None]:
        """Return how many octets the records have."""
        found = self.get_many(table, keys)
        return [None if value is None else len(value) for value in found]

    def digests(self, table: EngineTable, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """Return the SHA-256 of records."""
        found = self.get_many(table, keys)
        return [None if value is None else sha256(value).digest() for value in found]

    def count(self, table: EngineTable) -> int:
        """Return how many records a table has."""
        return int(self._txn.stat(self._handles[table])["entries"])

    def tables(self) -> Iterator[str]:
        """Yield the names of all tables that are there."""
        for key in self._txn.cursor().iternext(keys=True, values=False):
            yield bytes(key).decode("ascii", "backslashreplace")


class LmdbWrites(LmdbReads[bytes]):
    """The one write transaction."""

    def put(self, table: EngineTable, key: bytes, value: Value) -> None:
        """Write a record."""
        self._txn.put(key, value, db=self._handles[table])

    def add(self, table: EngineTable, key: bytes, value: Value) -> bool:
        """Write a record unless there is one of this key."""
        return self._txn.put(key, value, overwrite=False, db=self._handles[table])

    def append(self, table: EngineTable, key: bytes, value: Value) -> None:
        """Write a record behind all others."""
        if not self._txn.put(key, value, append=True, db=self._handles[table]):
            raise StoreFailed("failed", f"a record of table {table} would lie over another")

    def delete(self, table: EngineTable, key: bytes) -> bool:
        """Remove a record."""
        return self._txn.delete(key, db=self._handles[table])

    def remove(self, table: EngineTable, key: bytes) -> None:
        """Remove a record if there is one."""
        self.delete(table, key)
