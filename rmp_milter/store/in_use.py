"""A store that others may have open, as a rotation is prepared of it; and the one in a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.store.beside import DATA
from rmp_milter.store.copying import moment_of
from rmp_milter.store.format.environment import lease, release
from rmp_milter.store.format.own_keys import check_keys
from rmp_milter.store.format.tables import StoreTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rmp_milter.store.engines import Tell
    from rmp_milter.store.format.keys import StoreKeys

    SeeRoom = Callable[[int], None]
    """Is told beforehand how many bytes are about to be copied; raises where that is too much."""


class StoreInUse(Protocol):
    """The store. All raise :class:`StoreError`."""

    @property
    def folder(self) -> Path:
        """Where what is prepared of it lies."""

    @property
    def named(self) -> str:
        """How messages call it."""

    def check_own(self, keys: StoreKeys) -> None:
        """Raise unless the keys are the store's."""

    def check_beside(self, which: str) -> None:
        """Raise unless there is a place for what follows, under this one of the keys."""

    def copy(self, place: Path, see: SeeRoom) -> None:
        """Write one moment of it into the empty folder ``place``, as a file; durable on return."""

    def has_beside(self, keys: StoreKeys) -> bool:
        """Whether what :meth:`lay_beside` does under these keys is done."""

    def lay_beside(self, written: Path, tell: Tell) -> None:
        """Bring the store in ``written`` to where it can take the place of this one at once."""

    def clear_beside(self) -> None:
        """Remove what was brought there."""


class FileInUse:
    """A store in a file: the one that follows takes its place by a rename."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.named = f"the store in {folder}"

    def check_own(self, keys: StoreKeys) -> None:
        """Try the keys."""
        environment = lease(self.folder, 0, read_only=True)
        try:
            with environment.reading() as txn:
                check_keys(txn, environment.tables[StoreTable.META], keys, self.folder)
        finally:
            release(environment)

    def check_beside(self, which: str) -> None:
        """Do nothing: it is made in the folder."""

    def copy(self, place: Path, see: SeeRoom) -> None:
        """Have LMDB write it."""
        with moment_of(self.folder) as moment:
            moment.release()
            see(moment.size)
            (place / DATA).touch(mode=0o600)
            with (place / DATA).open("r+b") as file:
                moment.write(file.fileno())
                os.fsync(file.fileno())
        sync_folder(place)

    def has_beside(self, keys: StoreKeys) -> bool:
        """Say yes: it lies where it is to lie."""
        del keys
        return True

    def lay_beside(self, written: Path, tell: Tell) -> None:
        """Do nothing: it lies there."""

    def clear_beside(self) -> None:
        """Do nothing: who removes the files has removed all."""
