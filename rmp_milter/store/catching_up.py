"""A store that was written anew of a moment, brought to where the store is by now.

What was added, changed and removed since that moment (:mod:`.differences`) is done to the new
file as well, sealed anew or found anew as the whole was (:mod:`.resealing`,
:mod:`.redigesting`): in one transaction, and verified before and behind. Before, because a chain
that was tampered with would be made whole.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

import lmdb

from rmp_milter.engine.lmdb_transaction import LmdbWrites
from rmp_milter.store.beside import MAX_TABLES, opened
from rmp_milter.store.carrying import Carrying, Sides
from rmp_milter.store.check.changed import check_changed
from rmp_milter.store.check.naming import WORDS
from rmp_milter.store.differences import differences, store_read
from rmp_milter.store.format import version
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import StoreTable, table_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lmdb import _Database

    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.engine.transaction import ReadTransaction, Value, WholeMoment
    from rmp_milter.store.check.changed import Touched
    from rmp_milter.store.differences import Changed
    from rmp_milter.store.engines import KeySuccession, Progress
    from rmp_milter.store.format.keys import StoreKeys

_OF_A_DOSSIER = (StoreTable.DOSSIERS, StoreTable.HEADS)
_OF_A_ROW = (StoreTable.OUTBOX, StoreTable.OUTBOX_STATE, StoreTable.SENT)


class StorePlaces(NamedTuple):
    """Where the store lies: as it was, as it is, and as it was under the next key."""

    base: Path
    store: Path
    target: Path


class NotedWrites(LmdbWrites):
    """A transaction that knows which records it has written or removed."""

    def __init__(self, txn: lmdb.Transaction[bytes], handles: Mapping[str, _Database]) -> None:
        super().__init__(txn, handles)
        self.touched: dict[StoreTable, set[bytes]] = {table: set() for table in StoreTable}

    def put(self, table: EngineTable, key: bytes, value: Value) -> None:
        """Write a record."""
        self.touched[StoreTable(table)].add(key)
        super().put(table, key, value)

    def add(self, table: EngineTable, key: bytes, value: Value) -> bool:
        """Write a record unless there is one of this key."""
        self.touched[StoreTable(table)].add(key)
        return super().add(table, key, value)

    def delete(self, table: EngineTable, key: bytes) -> bool:
        """Remove a record."""
        self.touched[StoreTable(table)].add(key)
        return super().delete(table, key)


def catch_up(places: StorePlaces, old: StoreKeys, new: StoreKeys, progress: Progress) -> None:
    """Bring the target, which is the base under the ``new`` keys, to what the store holds.

    Nobody may have any of them open. Durable on return. Raises :class:`StoreError`, also where
    what was changed is not sound, and ``lmdb.Error``; then the target is as it was.
    """
    room = _room(places.store)
    with (
        store_read(places.base) as was,
        store_read(places.store) as now,
        _written(places.target, room) as becomes,
    ):
        carry(Sides(was, now), becomes, old, new, progress)


@contextmanager
def carried(
    sides: Sides, target: Path, succession: KeySuccession, room: int, progress: Progress
) -> Iterator[NotedWrites]:
    """Give what the target comes to be, for who brings that elsewhere: it stays as it was."""
    keys = succession.present(), succession.following()
    with suppress(_NotKeptError), _written(target, room) as becomes:
        carry(sides, becomes, *keys, progress)
        yield becomes
        raise _NotKeptError


class _NotKeptError(Exception):
    """What was written is not to stay."""


def carry(
    sides: Sides, becomes: NotedWrites, old: StoreKeys, new: StoreKeys, progress: Progress
) -> None:
    """Do to ``becomes``, which is ``sides.was`` under the ``new`` keys, what was done since."""
    changed = differences(*sides, progress)
    touched = _touched(changed, sides)
    _see_sound("what was changed in the store", sides.now, old, touched, sides)
    carrying = Carrying(sides, becomes, old, new)
    carrying.run(changed)
    see_counts(sides.now, becomes)
    placed = carrying.placed(touched)
    _see_sound("what was sealed anew", becomes, new, placed, sides)


def _touched(changed: Changed, sides: Sides) -> Touched:
    """Return which records are to be verified: with each that was changed, what belongs to it."""
    found = {table: keys for table, keys in changed.items() if table not in WORDS}
    for together in (_OF_A_DOSSIER, _OF_A_ROW):
        keys = sorted({key for table in together for key in changed[table]})
        found |= dict.fromkeys(together, keys)
    chains = changed[StoreTable.HEADS]
    found[StoreTable.ENTRIES] = [
        key for dossier in chains for key in sides.now.keys(StoreTable.ENTRIES, dossier)
    ]
    return found


def _see_sound(
    named: str, txn: WholeMoment, keys: StoreKeys, touched: Touched, sides: Sides
) -> None:
    findings = check_changed(txn, Codecs(keys), touched, sides.is_new)
    if findings:
        raise StoreError(f"{named} is not sound, {len(findings)} findings: {findings[0]}")


def see_counts(now: ReadTransaction, becomes: ReadTransaction) -> None:
    """See that no table has a record more, or one less: nobody's, or one that was passed over."""
    for table in StoreTable:
        found, wanted = becomes.count(table), now.count(table)
        if found != wanted:
            raise StoreError(f"table {table} would have {found} records, and has {wanted}")


@contextmanager
def _written(target: Path, room: int) -> Iterator[NotedWrites]:
    """Write to a file, which may grow as far as ``room`` at least; durable behind the block.

    An exception leaves the file as it was.
    """
    with lmdb.Environment(
        str(target),
        map_size=max(room, _room(target)),
        create=False,
        lock=False,
        max_dbs=MAX_TABLES,
    ) as handle:
        tables = {name: version.open_table(handle, name) for name in table_names()}
        with handle.begin(write=True) as txn:
            yield NotedWrites(txn, tables)


def _room(place: Path) -> int:
    """Return to how much a file may grow, beyond that where it is nearly full."""
    with opened(place, read_only=True, lock=False) as handle:
        info = handle.info()
        used = int(info["last_pgno"] + 1) * int(handle.stat()["psize"])
    return max(int(info["map_size"]), 2 * used)
