"""When the host last did what keeps a service alive: a small file for each kind of work.

They lie in ``diary`` inside the store's folder, which milter and courier can write: what
they say is for ``rmp status`` and ``rmp check``, and decides nothing.
"""

import errno
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

    To be called as the user who owns the store (:func:`~rmp_milter.host.owners.as_owner`): he
    may put a link wherever root would write there, and root would follow it. Raises
    ``OSError`` where it cannot be written, and where root writes into another's folder.
    """
    if os.geteuid() == 0 and store.stat().st_uid != 0:
        raise PermissionError(errno.EPERM, "root writes nothing there", str(store))
    folder = diary_folder(store)
    short = msgspec.structs.replace(done, said=done.said[:_MOST_SAID])
    file = folder / f"{work.value}.json"
    replace_whole(file, msgspec.json.encode(short) + b"\n", _MODE)


def diary_folder(store: Path) -> Path:
    """Return the diary's folder, made where there is none. Raises ``OSError``."""
    folder = store / FOLDER
    if not folder.is_dir():
        with suppress(FileExistsError):  # of another process, just now
            folder.mkdir()
            folder.chmod(_FOLDER_MODE)  # whatever the umask took away
    return folder


def last(store: Path, work: HostWork) -> WorkDone | None:
    """Return what was noted last; None where nothing was, or it cannot be read."""
    try:
        with (store / FOLDER / f"{work.value}.json").open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=WorkDone)
    except (OSError, msgspec.MsgspecError):
        return None
