"""The store in LMDB: made, opened, measured and copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rmp_milter.disk.closing import Closing
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.environment import Environment, create_files, lease, release
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import StoreKeys
from rmp_milter.store.format.lmdb_access import LmdbAccess
from rmp_milter.store.format.own_keys import check_keys, first_records
from rmp_milter.store.format.tables import (
    StoreTable,
)
from rmp_milter.store.open_store import OpenStore
from rmp_milter.store.stats import stats_of
from rmp_milter.store.surface import DUPLICATE_DAYS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LmdbStore", "StoreKeys", "create"]


def create(folder: Path, keys: StoreKeys, *, map_bytes: int) -> None:
    """Make a new, empty store in ``folder`` (absent or empty), durable on return.

    ``map_bytes`` is the largest that it can grow, in bytes; disk is used as it fills.
    Raises :class:`StoreError`; a store that is there is never touched.
    """
    create_files(folder, map_bytes, first_records(keys))


class LmdbStore(Closing, OpenStore):
    """An open store. Its methods may be called from many threads at once."""

    def __init__(
        self, environment: Environment, codecs: Codecs, *, duplicate_days: int
    ) -> None:
        super().__init__(LmdbAccess(environment), codecs, duplicate_days=duplicate_days)
        self._environment = environment
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: Path,
        keys: StoreKeys,
        *,
        map_bytes: int,
        read_only: bool = False,
        duplicate_days: int = DUPLICATE_DAYS,
    ) -> Self:
        """Open the store in ``folder``; other processes may have it open as well.

        ``duplicate_days`` is how long a mail's digest is remembered. Raises
        :class:`StoreError` where there is none, where it is of another version and
        where the keys are not its own.
        """
        codecs = Codecs(keys)
        environment = lease(folder, map_bytes, read_only=read_only)
        try:
            _check_keys(environment, keys, folder)
        except StoreError:
            release(environment)
            raise
        return cls(environment, codecs, duplicate_days=duplicate_days)

    def leads(self) -> bool:
        """Say yes: a file is of one machine, and of one service on it."""
        return True

    @property
    def estimated(self) -> frozenset[str]:
        """Say nothing: LMDB knows how many records each table has."""
        return frozenset()

    def stats(self) -> dict[str, int]:
        """Return how many records of each kind there are and what room they take."""
        return stats_of(self._environment)

    def room(self) -> tuple[int, int]:
        """Return how many octets of the map are taken, and how many it has."""
        sizes = self._environment.sizes()
        return sizes["used_bytes"], sizes["map_bytes"]

    def doubts(self) -> tuple[str, ...]:
        """Say nothing: every commit is flushed."""
        return ()

    def copy(self, folder: Path) -> None:
        """Write a copy without freed pages into the empty ``folder``, as of this moment.

        Raises :class:`StoreFailed`.
        """
        self._environment.copy(folder)

    def close(self) -> None:
        """Give the environment back; closing twice does nothing."""
        if not self._closed:
            self._closed = True
            release(self._environment)


def _check_keys(environment: Environment, keys: StoreKeys, folder: Path) -> None:
    """Try all three keys: with another key nothing must be read or written."""
    with environment.reading() as txn:
        check_keys(txn, environment.tables[StoreTable.META], keys, folder)
