"""A store that no other process has open, for work on its files as a whole.

LMDB holds a lock (fcntl) on its lock file from opening to closing. So who asks for it
alone hears whether anybody has the store open; and while he holds it, a process that opens
the store to write waits.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rmp_milter.disk.new_files import write_new
from rmp_milter.store.format.failures import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_MODE = 0o660
"""Of the store's files: milter and courier both write, whatever the umask was."""

IN_USE = "a process has the store open: stop milter and courier first"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep all other processes out of the store as long as the block lasts.

    The block must open it without LMDB's lock file: what closes that in this process gives
    our lock up as well. Raises :class:`StoreError` where a process has the store open.
    """
    try:
        with suppress(FileExistsError):
            write_new(folder / "lock.mdb", b"", FILE_MODE)
        fd = os.open(folder / "lock.mdb", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(f"cannot lock the store in {folder}: {error.strerror}") from error
    try:
        _lock(fd)
        yield
    finally:
        os.close(fd)


def _lock(fd: int) -> None:
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
    except BlockingIOError:
        raise StoreError(IN_USE) from None


def in_use(folder: Path) -> bool:
    """Whether another process has the environment open."""
    try:
        with (folder / "lock.mdb").open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
