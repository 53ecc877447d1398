"""A new store's file filled from an old one, table by table: what is done with all of them.

No page of the old file is in the new one, no freed one either. Where keys stay it is filled in
their order; where they are others, as they come, and as full as years of use make it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import lmdb

from rmp_milter.engine.filling import Record, bounded
from rmp_milter.store.beside import MAX_TABLES, opened
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import table_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.store.engines import Progress
    from rmp_milter.store.format.codecs import Codec
    from rmp_milter.store.format.deriving import Target

Anew: TypeAlias = Callable[[bytes, bytes], bytes]
"""Returns of a record's key and value the new value."""

Moved: TypeAlias = Callable[[bytes, bytes], Record]
"""Returns of a record's key and value both anew."""

T = TypeVar("T")


@contextmanager
def rewriting(source: Path, target: Path, progress: Progress) -> Iterator[Rewriting]:
    """Give the store in ``source``, which nobody has open, and a new file in ``target``.

    What the block has written is on disk behind it.
    """
    with opened(source, read_only=True, lock=False) as was, _new_file(was, target) as becomes:
        yield Rewriting(was, becomes, progress)
        becomes.sync(True)  # noqa: FBT003 -- lmdb's own


def _new_file(was: lmdb.Environment, target: Path) -> lmdb.Environment:
    """Return a new file that may grow as the old one may; one that is nearly full, beyond that."""
    info = was.info()
    used = (info["last_pgno"] + 1) * was.stat()["psize"]
    return lmdb.Environment(
        str(target),
        map_size=max(info["map_size"], 2 * used),
        lock=False,
        sync=False,
        mode=0o600,
        max_dbs=MAX_TABLES,
    )


def as_it_is(_key: bytes, value: bytes) -> bytes:
    """Return the value as it was."""
    return value


def in_place(anew: Anew) -> Moved:
    """Return what leaves a record at its key."""
    return lambda key, value: (key, anew(key, value))


class Rewriting:
    """Reads the tables of one file, some records at a time, and writes those of another."""

    def __init__(
        self, was: lmdb.Environment, becomes: lmdb.Environment, progress: Progress
    ) -> None:
        self._was, self._becomes = was, becomes
        self._progress = progress
        names = table_names()
        self._sources = {name: was.open_db(name.encode(), create=False) for name in names}
        self._targets = {name: becomes.open_db(name.encode()) for name in names}
        with was.begin() as txn:
            self._total = sum(txn.stat(each)["entries"] for each in self._sources.values())
        self._done = 0

    def copy(self, name: str, anew: Anew = as_it_is) -> None:
        """Write a table's records under the keys that they have."""
        for batch in self.batches(name):
            records = [(key, anew(key, value)) for key, value in batch]
            self.write(name, records, in_order=True)
            self.tell(len(batch))

    def move(self, name: str, anew: Moved, *, in_order: bool) -> None:
        """Write a table's records under other keys; ``in_order`` where these are the same.

        Raises :class:`StoreError` where two meet.
        """
        for batch in self.batches(name):
            records = sorted(anew(key, value) for key, value in batch)
            self.write(name, records, in_order=in_order)
            self.tell(len(batch))

    def derive(self, source: str, codec: Codec[T], *targets: Target[T]) -> None:
        """Make tables of what the records of ``source`` say, as they were."""
        share = sum(self.count(target.table) for target in targets)
        done, total = 0, self.count(source)
        for batch in self.batches(source):
            records = [(key, codec.open(key, sealed)) for key, sealed in batch]
            with self._becomes.begin(write=True) as txn:
                for target in targets:
                    made = (new for key, of in records for new in target.keys_of(key, of))
                    target.write(txn, self._targets[target.table], sorted(made))
            done += len(batch)
            self._progress(self._done + share * done // total, self._total)
        self.tell(share)

    def batches(self, name: str) -> Iterator[list[Record]]:
        """Yield the records of a table as they were, in the order of their keys."""
        with self._was.begin(db=self._sources[name]) as txn:
            yield from bounded(iter(txn.cursor()))

    def write(self, name: str, records: list[Record], *, in_order: bool) -> None:
        """Write records; ``in_order`` are those whose keys lie behind all that are there."""
        table = self._targets[name]
        with self._becomes.begin(write=True, db=table) as txn:
            for key, value in records:
                if not txn.put(key, value, overwrite=False, append=in_order):
                    raise StoreError(f"two records of table {name} have one key")

    def had(self, name: str, key: bytes) -> bool:
        """Whether a table had this key."""
        with self._was.begin(db=self._sources[name]) as txn:
            return txn.cursor().set_key(key)

    def written(self, name: str, key: bytes) -> bytes:
        """Return what has been written at a key; nothing where nothing was."""
        with self._becomes.begin(db=self._targets[name]) as txn:
            return bytes(txn.get(key, b""))

    def count(self, name: str) -> int:
        """Return how many records a table had."""
        with self._was.begin() as txn:
            return int(txn.stat(self._sources[name])["entries"])

    def tell(self, more: int) -> None:
        """Say that so many more records are done."""
        self._done += more
        self._progress(self._done, self._total)
