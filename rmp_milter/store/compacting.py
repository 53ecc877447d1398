"""A store copied without its freed pages, so that what was erased is in it no more.

LMDB keeps a freed page as it was until it writes something else there. For a whole store
that nobody has open: what is committed meanwhile would be missing in the copy.
"""

import os
from pathlib import Path

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.engine.lmdb_lock import in_use
from rmp_milter.store.format.alone import FILE_MODE, IN_USE
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import StoreKeys
from rmp_milter.store.store import LmdbStore


def compact(folder: Path, keys: StoreKeys, target: Path) -> None:
    """Write the store in ``folder`` into ``target`` (absent or empty), durable on return.

    Mode and group are those of the old folder. Raises :class:`StoreError`, also where a
    process has the store open.
    """
    if in_use(folder):
        raise StoreError(IN_USE)
    with LmdbStore.open(folder, keys, map_bytes=0) as store:
        _make_folder(folder, target)
        try:
            store.copy(target)
            (target / "data.mdb").chmod(FILE_MODE)
            sync_folder(target)
            sync_folder(target.parent)
        except OSError as error:
            raise StoreError(f"cannot write {target}: {error.strerror}") from error


def _make_folder(folder: Path, target: Path) -> None:
    try:
        target.mkdir(exist_ok=True)
        if any(target.iterdir()):
            raise StoreError(f"folder {target} is not empty")
        status, made = folder.stat(), target.stat()
        if made.st_gid != status.st_gid:
            os.chown(target, -1, status.st_gid)
        if made.st_mode != status.st_mode:
            target.chmod(status.st_mode & 0o7777)
    except OSError as error:
        raise StoreError(f"cannot make {target}: {error.strerror}") from error
