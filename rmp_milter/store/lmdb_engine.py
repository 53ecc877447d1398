"""The engine that is LMDB: the store's files in a folder, and what is done with them whole."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rmp_milter.store import compacting, lmdb_moving, lmdb_rotating, migrating, preparing
from rmp_milter.store.beside import DATA
from rmp_milter.store.check.whole import check
from rmp_milter.store.copying import LmdbMoment, moment_of
from rmp_milter.store.engines import Migration, Rotation
from rmp_milter.store.format.alone import FILE_MODE
from rmp_milter.store.in_use import FileInUse
from rmp_milter.store.lmdb_outbox import LmdbOutbox
from rmp_milter.store.steps import STEPS
from rmp_milter.store.store import LmdbStore, create
from rmp_milter.store.surface import DUPLICATE_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rmp_milter.store.engines import (
        KeySuccession,
        Leaving,
        PreparedRotation,
        Progress,
        StoreReport,
        Tell,
    )
    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.lmdb_moving import LmdbLeaving


def _tell_nobody(_done: int, _total: int) -> None:
    """Tell nobody how far the check is."""


class LmdbEngine:
    """The store in ``folder``, whose file grows to ``map_bytes`` at most.

    With 0 it grows to what it was made for.
    """

    def __init__(self, folder: Path, map_bytes: int) -> None:
        self._folder = folder
        self._map_bytes = map_bytes

    def create(self, keys: StoreKeys) -> None:
        """Make a new, empty store in the folder, which is absent or empty."""
        create(self._folder, keys, map_bytes=self._map_bytes)
        for file in self._folder.iterdir():
            file.chmod(FILE_MODE)

    def open(
        self,
        keys: StoreKeys,
        *,
        read_only: bool = False,
        duplicate_days: int = DUPLICATE_DAYS,
    ) -> LmdbStore:
        """Open the store: one environment in this process, however often it is opened."""
        return LmdbStore.open(
            self._folder,
            keys,
            map_bytes=self._map_bytes,
            read_only=read_only,
            duplicate_days=duplicate_days,
        )

    def outbox(self, key: bytes, *, clock: Callable[[], float] = time.time) -> LmdbOutbox:
        """Open the outbox by its key alone."""
        return LmdbOutbox.open(self._folder, key, self._map_bytes, clock=clock)

    def check(
        self, keys: StoreKeys, progress: Progress = _tell_nobody, *, copy: bool = False
    ) -> StoreReport:
        """Verify the store."""
        return check(self._folder, keys, progress, copy=copy)

    def moment(self) -> AbstractContextManager[LmdbMoment]:
        """Give one moment of the store, for a copy."""
        return moment_of(self._folder)

    def planned(self) -> Migration:
        """Return what there is to do."""
        return self._described(migrating.planned(self._folder, STEPS))

    def migrate(self, keys: StoreKeys, tell: Tell) -> Migration:
        """Move the store over a copy beside it."""
        return self._described(migrating.migrate(self._folder, keys, STEPS, tell))

    def prepare_rotation(self, succession: KeySuccession, tell: Tell) -> PreparedRotation:
        """Write a copy of the store anew, under the key that follows."""
        return preparing.prepare(FileInUse(self._folder), succession, tell)

    def abandon_rotation(self, succession: KeySuccession) -> bool:
        """Throw the copy away."""
        return preparing.abandon(FileInUse(self._folder), succession)

    def waiting_rotation(self) -> PreparedRotation | None:
        """Look for a copy."""
        return preparing.waiting_in(self._folder)

    def rotate(
        self, succession: KeySuccession, tell: Tell, *, prepared_only: bool = False
    ) -> Rotation:
        """Write the store anew beside it, under the key that follows."""
        ended = lmdb_rotating.rotate(
            self._folder, succession, tell, prepared_only=prepared_only
        )
        return Rotation(ended, tuple(f"rm {file}" for file in migrating.all_kept(self._folder)))

    def compact(self, keys: StoreKeys, target: Path) -> tuple[str, ...]:
        """Write the store into ``target`` without its freed pages."""
        compacting.compact(self._folder, keys, target)
        old = self._folder
        held = [file.relative_to(old) for file in old.rglob(DATA)]  # a rotation's, prepared
        return (
            f"mv {old} {old}.old",
            f"mv {target} {old}",
            "rmp store check",
            *(
                f"shred -u {old}.old/{each}   (of use only where the disk writes in place)"
                for each in sorted(held)
            ),
        )

    def is_elsewhere(self) -> bool:
        """Whether it is outside of its folder: never."""
        return False

    def groundwork(self, milter: str, courier: str) -> str:
        """Say nothing: the file's group is what both processes need."""
        del milter, courier
        return ""

    def rotation_groundwork(self, milter: str, courier: str) -> str:
        """Say nothing: the place is made in the folder."""
        del milter, courier
        return ""

    def leaving(self) -> AbstractContextManager[LmdbLeaving]:
        """Give the store for another engine to take over."""
        return lmdb_moving.leaving(self._folder)

    def take_over(self, keys: StoreKeys, left: Leaving, tell: Tell) -> None:
        """Make the store's file of what another engine leaves."""
        lmdb_moving.take_over(self._folder, keys, left, tell)

    def _described(self, move: migrating.Move) -> Migration:
        data, old = self._folder / DATA, migrating.kept(self._folder, move.found)
        return Migration(
            found=move.found,
            wanted=move.wanted,
            earlier=move.earlier,
            room=data.stat().st_size,
            clear=f"rm {old}",
            back=f"mv {old} {data}",
            abandon=f"rm -r {self._folder / migrating.COPY}",
        )
