"""New tables of keys, made in a step of what the records of others say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from rmp_milter.store.format.codecs import Codec
from rmp_milter.store.format.words import count_of, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import lmdb
    from lmdb import _Database as Table

    from rmp_milter.store.format.course import Course, Record

T = TypeVar("T")


def put_keys(txn: lmdb.Transaction[bytes], table: Table, keys: Sequence[bytes]) -> None:
    """Put keys into a table of keys alone."""
    for key in keys:
        txn.put(key, b"", db=table)


def count_keys(txn: lmdb.Transaction[bytes], table: Table, keys: Sequence[bytes]) -> None:
    """Count keys, as often as they come, in a table of counts."""
    for key, times in Counter(keys).items():
        txn.put(key, counted(count_of(txn.get(key, db=table)) + times), db=table)


class Target(NamedTuple, Generic[T]):
    """A table that is made, and of what: a record's key and what is read of it."""

    table: str
    keys_of: Callable[[bytes, T], Collection[bytes]]
    write: Callable[[lmdb.Transaction[bytes], Table, Sequence[bytes]], None] = put_keys


class Deriving:
    """Puts into tables, new ones or not, the keys that are made of the records of others.

    Who waits hears how many of all records of the ``sources`` were looked at.
    """

    def __init__(self, course: Course, *sources: str) -> None:
        self._course = course
        course.expect(*sources)

    def put(self, source: str, kind: type[T], *targets: Target[T]) -> None:
        """Put what is made of each record of ``source`` into the ``targets``.

        ``kind`` is what of the record is read, in the format that the step begins at. Memory
        is that of some records, and of the pages that their keys come to lie on.
        """
        codec = Codec(source, self._course.keys.metadata, kind)
        tables = [self._course.table(target.table, create=True) for target in targets]

        def change(txn: lmdb.Transaction[bytes], batch: list[Record]) -> None:
            records = [(key, codec.open(key, sealed)) for key, sealed in batch]
            for target, table in zip(targets, tables, strict=True):
                made = (new for key, of in records for new in target.keys_of(key, of))
                target.write(txn, table, sorted(made))

        self._course.each_batch("+".join(target.table for target in targets), source, change)
