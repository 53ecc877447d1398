"""All records of a store taken over by another, as they are sealed: whatever the engines are.

The store that is left has them until the other is whole, compared record by record and verified;
the other is no store before that. A call that was cut off is gone on with: each table is filled in
the order of its keys. Where the store that is left has changed since, the comparison says so, and
all begins anew.

A file of LMDB's is also how a store of another engine is copied and kept: it needs nothing to be
opened, verified, and taken back.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol

import lmdb

from rmp_milter.store.check.whole import check_moment
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.failures import StoreError, StoreFailed
from rmp_milter.store.format.tables import FORMAT_KEY, StoreTable
from rmp_milter.store.moving_file import FileFilled
from rmp_milter.store.rewriting import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.format.transaction import ReadTransaction
    from rmp_milter.store.rewriting import Record
    from rmp_milter.store.surface import Tell


class Filled(Protocol):
    """What is being filled, and is no store yet for whoever would open one."""

    def moment(self) -> AbstractContextManager[ReadTransaction]:
        """Give what it holds."""

    def put(self, table: StoreTable, records: list[Record]) -> None:
        """Write records, whose keys lie behind all that the table has."""

    def clear(self) -> None:
        """Remove everything."""


def fill(source: ReadTransaction, target: Filled, keys: StoreKeys, tell: Tell) -> None:
    """Have in ``target`` what ``source`` shows, but for the format's mark.

    Raises :class:`StoreError` where the two differ in the end, or it is not sound.
    """
    _copy(source, target, tell)
    if _differ(source, target, tell):  # what an earlier call has left is of another moment
        target.clear()
        _copy(source, target, tell)
        if table := _differ(source, target, tell):
            raise StoreError(f"table {table} is not what was copied: nothing was moved")
    with target.moment() as moment:
        report = check_moment(
            moment, Codecs(keys), lambda done, total: tell("verifying", done, total)
        )
    if report.findings:
        count, first = len(report.findings), report.findings[0]
        raise StoreError(f"the store is not sound, {count} findings: {first}")


def _copy(source: ReadTransaction, target: Filled, tell: Tell) -> None:
    total = sum(map(source.count, StoreTable))
    with target.moment() as there:
        done = sum(map(there.count, StoreTable))
        last = {table: there.last_key(table, b"") for table in StoreTable}
    for table in StoreTable:
        behind = last[table]
        start = b"" if behind is None else behind + b"\0"
        for batch in bounded(_moved(source, table, start)):
            target.put(table, batch)
            done += len(batch)
            tell("copying", min(done, total), total)


def _differ(source: ReadTransaction, target: Filled, tell: Tell) -> StoreTable | None:
    """Return the first table in which they differ, none where they are the same."""
    total, done = sum(map(source.count, StoreTable)), 0
    with target.moment() as there:
        for table in StoreTable:
            both = zip_longest(_moved(source, table), _moved(there, table))
            for done, (one, other) in enumerate(both, done + 1):  # noqa: B020 -- goes on over all tables
                if one != other:
                    return table
                if done % 1000 == 0:
                    tell("comparing", min(done, total), total)
    return None


def _moved(moment: ReadTransaction, table: StoreTable, start: bytes = b"") -> Iterator[Record]:
    return (
        (key, bytes(value))
        for key, value in moment.records(table, start)
        if (table, key) != (StoreTable.META, FORMAT_KEY)
    )


def write_file(moment: ReadTransaction, folder: Path, size: int) -> None:
    """Write all that ``moment`` shows into the empty ``folder``; ``size`` is about how much.

    Durable on return; raises :class:`StoreFailed`.
    """
    try:
        with FileFilled(folder, size) as file:
            for table in StoreTable:
                for batch in bounded(_moved(moment, table)):
                    file.put(table, batch)
            file.mark(bytes(moment.get(StoreTable.META, FORMAT_KEY) or b""))
    except lmdb.Error as error:
        full = isinstance(error, (lmdb.MapFullError, lmdb.DiskError))
        raise StoreFailed("full" if full else "failed", str(error)) from error
