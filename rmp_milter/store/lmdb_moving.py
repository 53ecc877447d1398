"""A store in LMDB left to another engine, or taken over from one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import lmdb

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.engine.lmdb_file import FileFilled
from rmp_milter.engine.lmdb_transaction import LmdbReads
from rmp_milter.store.beside import DATA, clear, opened
from rmp_milter.store.format import version
from rmp_milter.store.format.alone import FILE_MODE, alone
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import FORMAT_KEY, table_names
from rmp_milter.store.moving import MOVED, fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.engine.transaction import WholeMoment
    from rmp_milter.store.engines import Leaving, Tell
    from rmp_milter.store.format.keys import StoreKeys

PLACE = "move"
LEFT = DATA + ".moved"
"""What the file is called when another engine has all of it."""


class LmdbLeaving:
    """All of a store that nobody has open."""

    def __init__(self, folder: Path, moment: WholeMoment, size: int) -> None:
        self._folder = folder
        self.moment = moment
        self.size = size

    def settle(self) -> None:
        """Give the file another name, by which no process opens it; durable on return."""
        (self._folder / DATA).replace(self._folder / LEFT)
        sync_folder(self._folder)


@contextmanager
def leaving(folder: Path) -> Iterator[LmdbLeaving]:
    """Give the store in ``folder``; raises :class:`StoreError` where somebody has it open."""
    if not (folder / DATA).exists():
        raise StoreError(f"there is no store in {folder}")
    with alone(folder), opened(folder, read_only=True, lock=False) as handle:
        version.check_format(handle, folder)
        tables = {name: version.open_table(handle, name) for name in table_names()}
        size = (handle.info()["last_pgno"] + 1) * handle.stat()["psize"]
        with handle.begin(buffers=True) as txn:
            yield LmdbLeaving(folder, LmdbReads(txn, tables), size)


def take_over(folder: Path, keys: StoreKeys, left: Leaving, tell: Tell) -> None:
    """Make a store in ``folder`` of what another engine leaves; durable on return."""
    data, place = folder / DATA, folder / PLACE
    if data.exists():
        raise StoreError(f"{data} is there: no store is made over it")
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        with FileFilled(place, left.size, MOVED) as file:
            fill(left.moment, file, keys, tell)
            file.mark(FORMAT_KEY, version.FORMAT.mark)
        (place / DATA).chmod(FILE_MODE)
        (place / DATA).replace(data)
        sync_folder(folder)
    except (lmdb.Error, OSError) as error:
        raise StoreError(f"no store was made in {folder}: {error}") from error
    clear(folder, PLACE)
