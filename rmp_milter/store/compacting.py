"""A store copied without its freed pages, so that what was erased is in it no more.

LMDB keeps a freed page as it was until it writes something else there. For a whole store
that nobody has open: what is committed meanwhile would be missing in the copy.
"""

import fcntl
import os
from pathlib import Path

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import StoreKeys
from rmp_milter.store.store import Store

_FILE_MODE = 0o660


def compact(folder: Path, keys: StoreKeys, target: Path) -> None:
    """Write the store in ``folder`` into ``target`` (absent or empty), durable on return.

    Mode and group are those of the old folder. Raises :class:`StoreError`, also where a
    process has the store open.
    """
    if _in_use(folder):
        raise StoreError("a process has the store open: stop milter and courier first")
    with Store.open(folder, keys, map_bytes=0) as store:
        _make_folder(folder, target)
        try:
            store.copy(target)
            (target / "data.mdb").chmod(_FILE_MODE)
            sync_folder(target)
            sync_folder(target.parent)
        except OSError as error:
            raise StoreError(f"cannot write {target}: {error.strerror}") from error


def _in_use(folder: Path) -> bool:
    """Whether another process has the environment open: each holds a lock on its lock file."""
    try:
        with (folder / "lock.mdb").open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _make_folder(folder: Path, target: Path) -> None:
    try:
        target.mkdir(exist_ok=True)
        if any(target.iterdir()):
            raise StoreError(f"folder {target} is not empty")
        status = folder.stat()
        if target.stat().st_gid != status.st_gid:
            os.chown(target, -1, status.st_gid)
        target.chmod(status.st_mode & 0o7777)
    except OSError as error:
        raise StoreError(f"cannot make {target}: {error.strerror}") from error
