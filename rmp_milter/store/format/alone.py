"""A store that no other process has open, for work on its files as a whole.

LMDB holds a lock (fcntl) on its lock file from opening to closing. So who asks for it
alone hears whether anybody has the store open.

While he holds it, a process that opens the store waits at another lock, of the folder (flock),
that is held only as long as an environment is opened. It must not wait in LMDB: there it would
go on with what the lock file says of the data file that was there before, its last transaction,
and of the two that the new file begins with read the wrong page.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rmp_milter.disk.new_files import write_new
from rmp_milter.engine.lmdb_lock import in_use
from rmp_milter.store.format.failures import InUseError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FILE_MODE = 0o660
"""Of the store's files: milter and courier both write, whatever the umask was."""

LOCK_BYTES = 64 << 10
"""Of the lock file, by the number of readers (``environment.MAX_READERS``)."""

_BLOCK = 512  # stat(2), whatever the file system's blocks are

IN_USE = "a process has the store open: stop milter and courier first"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep all other processes out of the store as long as the block lasts.

    The block must open it without LMDB's lock file: what closes that in this process gives
    our lock up as well. Raises :class:`InUseError`, and :class:`StoreError` for other reasons.
    """
    with _folder_locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB), _lock_file_locked(folder):
        yield


@contextmanager
def entering(folder: Path) -> Iterator[None]:
    """Open an environment within the block: it begins when nobody has the store alone.

    Raises :class:`StoreError` where there is no such folder to be read.
    """
    with _folder_locked(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def _folder_locked(folder: Path, how: int) -> Iterator[None]:
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(f"cannot lock the store in {folder}: {error.strerror}") from error
    try:
        _lock(fcntl.flock, fd, how)
        yield
    finally:
        os.close(fd)


def keep_lock_file_open_to_both(folder: Path) -> None:
    """Make LMDB's lock file where it is missing, and give it the store's mode and group.

    LMDB would make it by the umask of whoever comes first, root's command after a copy was put
    back, and shut the courier out. What cannot be mended by this user is for LMDB to tell.
    """
    lock = folder / "lock.mdb"
    with suppress(OSError):  # full, for instance
        if not lock.exists():
            write_new(lock, bytes(LOCK_BYTES), FILE_MODE)
        elif _has_holes(lock) and not in_use(folder):
            _fill_holes(lock)
        status, group = lock.stat(), (folder / "data.mdb").stat().st_gid
        if status.st_gid != group:
            os.chown(lock, -1, group)
        if stat.S_IMODE(status.st_mode) != FILE_MODE:
            lock.chmod(FILE_MODE)


def _has_holes(lock: Path) -> bool:
    status = lock.stat()
    return max(status.st_size, LOCK_BYTES) > status.st_blocks * _BLOCK


def _fill_holes(lock: Path) -> None:
    """Have all of the file on disk: a new reader's place in a hole of a full one is SIGBUS.

    Only while nobody has the store open: where the system writes into the holes by itself, that
    could be over what a reader has just put there.
    """
    with lock.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, max(lock.stat().st_size, LOCK_BYTES))


@contextmanager
def _lock_file_locked(folder: Path) -> Iterator[None]:
    try:
        with suppress(FileExistsError):
            write_new(folder / "lock.mdb", b"", FILE_MODE)
        fd = os.open(folder / "lock.mdb", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(f"cannot lock the store in {folder}: {error.strerror}") from error
    try:
        _lock(lambda fd, how: fcntl.lockf(fd, how, 1), fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(fd)


def _lock(locked: Callable[[int, int], None], fd: int, how: int) -> None:
    try:
        locked(fd, how)
    except BlockingIOError:
        raise InUseError(IN_USE) from None
