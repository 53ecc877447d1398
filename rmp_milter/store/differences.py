"""What two states of one store differ in: the keys at which they hold other octets.

Both are walked in the order of their keys, many records at a time, and nothing is opened: what
was written anew has another nonce. Not walked are the tables whose differences those of others
tell: entries (a head changes with its chain), search terms and family words (which are made of
dossiers). Of a body, which is never changed, key and size are compared.
"""

from __future__ import annotations

from bisect import bisect_right
from contextlib import contextmanager
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

from rmp_milter.engine.lmdb_transaction import LmdbReads
from rmp_milter.engine.transaction import WholeMoment
from rmp_milter.store.beside import opened
from rmp_milter.store.format import version
from rmp_milter.store.format.codecs import u64
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import StoreTable, table_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import lmdb
    from lmdb import _Database as Handle

    from rmp_milter.engine.filling import Record
    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.store.engines import Progress

    Changed = Mapping[str, Sequence[bytes]]
    """The keys, in order, at which each table differs that is walked."""

STEP = 1000
"""Records that are compared at once."""

MOST_CHANGED = 2_000_000
"""Keys that differ, about 200 bytes of memory each; who has more of them prepares anew."""

TOLD_BY_OTHERS = frozenset({StoreTable.ENTRIES, StoreTable.TERMS, StoreTable.WORDS})


class Side(WholeMoment, Protocol):
    """A store that nobody writes to while it is looked at."""

    def get(self, table: EngineTable, key: bytes) -> bytes | None:
        """Return one record; None where there is none."""

    def rows(self, table: StoreTable) -> Iterator[Record]:
        """Return what is compared of a table, in order: its records, of bodies the size."""


class StoreRead(LmdbReads[bytes]):
    """A file as it lies there: nobody writes to it."""

    def __init__(
        self,
        handle: lmdb.Environment,
        tables: Mapping[str, Handle],
        txn: lmdb.Transaction[bytes],
    ) -> None:
        super().__init__(txn, tables)
        self._handle = handle
        self._bodies = tables[StoreTable.BODIES]

    def rows(self, table: StoreTable) -> Iterator[Record]:
        """Return what is compared of a table."""
        if table is StoreTable.BODIES:
            return self._sizes()
        return iter(self._txn.cursor(self._handles[table]))  # as they come: there are millions

    def _sizes(self) -> Iterator[Record]:
        with self._handle.begin(buffers=True, db=self._bodies) as txn:
            for key, body in txn.cursor():
                yield bytes(key), u64(len(body))


@contextmanager
def store_read(place: Path) -> Iterator[StoreRead]:
    """Read the store in ``place``, which nobody has open."""
    with opened(place, read_only=True, lock=False) as handle:
        tables = {name: version.open_table(handle, name) for name in table_names()}
        with handle.begin() as txn:
            yield StoreRead(handle, tables, txn)


def changed_keys(was: Iterable[Record], now: Iterable[Record]) -> Iterator[bytes]:
    """Yield the keys at which two tables, in the order of their keys, differ."""
    sides = iter(was), iter(now)
    left: list[Record] = []
    right: list[Record] = []
    while True:
        left += islice(sides[0], STEP - len(left))
        right += islice(sides[1], STEP - len(right))
        if left == right:
            if not left:
                return
            left, right = [], []
            continue
        ends = [part[-1][0] for part in (left, right) if len(part) == STEP]
        cuts = [_behind(part, min(ends)) if ends else len(part) for part in (left, right)]
        differing = set(left[: cuts[0]]) ^ set(right[: cuts[1]])
        yield from sorted({key for key, _ in differing})
        left, right = left[cuts[0] :], right[cuts[1] :]


def _behind(part: Sequence[Record], end: bytes) -> int:
    """Return how many records lie at ``end`` or before."""
    return bisect_right(part, end, key=itemgetter(0))


def differences(was: Side, now: Side, progress: Progress) -> Changed:
    """Return where the two differ; raises :class:`StoreError` where that is too much."""
    walked = [table for table in StoreTable if table not in TOLD_BY_OTHERS]
    total, done, room = sum(map(now.count, walked)), 0, MOST_CHANGED
    found: dict[str, list[bytes]] = {}
    for table in walked:
        changed = changed_keys(was.rows(table), now.rows(table))
        found[table] = list(islice(changed, room + 1))
        room -= len(found[table])
        if room < 0:
            raise StoreError(f"more than {MOST_CHANGED} records were changed since")
        done += now.count(table)
        progress(done, total)
    return found
