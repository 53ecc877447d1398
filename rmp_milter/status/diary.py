"""When the host last did what keeps a service alive: a small file for each kind of work.

They lie in ``diary`` inside the store's folder, which milter, courier and root can write: what
they say is for ``rmp status`` and ``rmp check``, and decides nothing.
"""

import os
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import msgspec

from rmp_milter.disk.new_files import replace_whole

FOLDER = "diary"
_MODE = 0o640
_FOLDER_MODE = 0o2770
_MOST_BYTES = 4096
_MOST_SAID = 200


class HostWork(StrEnum):
    """What is noted; the value is the file's name."""

    STORE_CHECK = "store-check"
    BACKUP = "backup"
    BACKUP_VERIFY = "backup-verify"
    LIVE_CHECK = "live-check"


class WorkDone(msgspec.Struct, frozen=True):
    """When a work ended (Unix time), whether all was well, and one line on it, without names."""

    at: int
    fine: bool
    said: str = ""


def note(store: Path, work: HostWork, done: WorkDone) -> None:
    """Note that a work was done, in the place of what was noted before.

    Owner and group are the store folder's. Raises ``OSError`` where it cannot be written.
    """
    folder, owner = diary_folder(store), store.stat()
    short = msgspec.structs.replace(done, said=done.said[:_MOST_SAID])
    file = folder / f"{work.value}.json"
    replace_whole(file, msgspec.json.encode(short) + b"\n", _MODE)
    _give(file, owner, _MODE)


def diary_folder(store: Path) -> Path:
    """Return the diary's folder, made where there is none. Raises ``OSError``."""
    folder = store / FOLDER
    if not folder.is_dir():
        with suppress(FileExistsError):  # of another process, just now
            folder.mkdir()
            _give(folder, store.stat(), _FOLDER_MODE)
    return folder


def last(store: Path, work: HostWork) -> WorkDone | None:
    """Return what was noted last; None where nothing was, or it cannot be read."""
    try:
        with (store / FOLDER / f"{work.value}.json").open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=WorkDone)
    except (OSError, msgspec.MsgspecError):
        return None


def _give(path: Path, owner: os.stat_result, mode: int) -> None:
    """Give the store's owner what root has made; chown clears the setgid bit."""
    with suppress(PermissionError):  # who is not root makes it as himself
        os.chown(path, owner.st_uid, owner.st_gid)
    path.chmod(mode)
