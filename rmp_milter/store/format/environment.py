"""The LMDB environment: made explicitly, opened once a process, closed when it fails.

LMDB is used as it comes: durable commits, default readahead (cold reads of large bodies
need it), one writer at a time over all processes. After any failed write nothing is
tried again on it: the pages in memory may differ from the disk.
"""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import lmdb

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.disk.room import is_full, said
from rmp_milter.disk.write_turn import WriteTurn
from rmp_milter.store.format import version
from rmp_milter.store.format.alone import entering, keep_lock_file_open_to_both
from rmp_milter.store.format.failures import OtherFormatError, StoreError, StoreFailed
from rmp_milter.store.format.tables import FORMAT_KEY, StoreTable, table_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lmdb import _Database as Handle

    Tables = Mapping[str, Handle]

MAX_TABLES = 32
MAX_READERS = 1022
"""Reader slots of all processes together: every mail under way holds one."""

MIN_MAP_BYTES = 1 << 20


class Environment:
    """One open environment, shared by all that use its folder in this process.

    It stays mapped until the last transaction has ended, even when it failed meanwhile,
    so that no reader is left with a view of memory that is gone.
    """

    def __init__(
        self, handle: lmdb.Environment, turn: WriteTurn, tables: Tables, *, read_only: bool
    ) -> None:
        self.tables = tables
        self._turn = turn
        self.read_only = read_only
        self.leases = 1
        self._handle = handle
        self._lock = threading.Lock()
        self._users = 0
        self._ended: StoreFailed | None = None

    @property
    def ended(self) -> bool:
        """Whether it failed or was closed: every use raises :class:`StoreFailed`."""
        return self._ended is not None

    @contextmanager
    def reading(self) -> Iterator[lmdb.Transaction[memoryview]]:
        """Give a read transaction: one moment of the store, in place, without copies.

        Raises :class:`StoreFailed`.
        """
        handle = self._enter()
        try:
            with handle.begin(buffers=True) as txn:
                yield txn
        except lmdb.Error as error:
            raise self._failed(error) from error
        finally:
            self._leave()

    @contextmanager
    def writing(self) -> Iterator[lmdb.Transaction[bytes]]:
        """Give the write transaction; durable when the block was left without exception.

        An exception leaves everything as it was. A fault of LMDB ends the environment
        and is raised as :class:`StoreFailed`.
        """
        with (
            self._use() as handle,
            self._turn,
            self._faults(),
            handle.begin(write=True) as txn,
        ):
            yield txn

    def last_change(self) -> int:
        """Return the number of the last transaction, of any process, that readers see (cheap).

        Not ``info()``'s: that counts one whose commit is not durable yet, which nobody sees.
        """
        with self._use() as handle, self._faults(), handle.begin() as txn:
            return txn.id()

    def sizes(self) -> dict[str, int]:
        """Return the map's size and how much of it is in use, in bytes."""
        with self._use() as handle, self._faults():
            info, page = handle.info(), handle.stat()["psize"]
        return {"map_bytes": info["map_size"], "used_bytes": (info["last_pgno"] + 1) * page}

    @contextmanager
    def moment(self) -> Iterator[EnvironmentMoment]:
        """Give one moment in which nobody writes, until :meth:`EnvironmentMoment.release`.

        Raises :class:`StoreFailed`.
        """
        with (
            self._use() as handle,
            self._faults(),
            ExitStack() as turn,
        ):
            turn.enter_context(self._turn)  # all that were told of a commit are in the moment
            with handle.begin() as txn:
                yield EnvironmentMoment(handle, txn, turn.close)

    def copy(self, folder: Path) -> None:
        """Write what is in use, and no freed page, into the empty ``folder``."""
        with self._use() as handle, self._faults():
            handle.copy(str(folder), compact=True)

    def end(self, failure: StoreFailed) -> None:
        """Refuse every further use; unmap as soon as nobody is inside."""
        with self._lock:
            first, self._ended = self._ended is None, self._ended or failure
            idle = self._users == 0
        if first and idle:
            self._close()

    @contextmanager
    def _use(self) -> Iterator[lmdb.Environment]:
        handle = self._enter()
        try:
            yield handle
        finally:
            self._leave()

    def _enter(self) -> lmdb.Environment:
        with self._lock:
            if self._ended:
                raise StoreFailed(self._ended.reason, self._ended.detail or "it is closed")
            self._users += 1
        return self._handle

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            last = self._users == 0 and self._ended is not None
        if last:
            self._close()

    def _close(self) -> None:
        self._handle.close()
        self._turn.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except lmdb.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: lmdb.Error) -> StoreFailed:
        if isinstance(error, lmdb.ReadersFullError):  # nothing was begun; others go on
            return StoreFailed("failed", str(error))
        failure = _failure(error, Path(self._handle.path()))
        self.end(failure)
        return failure


class EnvironmentMoment(NamedTuple):
    """A read transaction, and the turn to write, which is held until it is released."""

    handle: lmdb.Environment
    txn: lmdb.Transaction[bytes]
    release: Callable[[], None]

    def write(self, fd: int) -> None:
        """Write what is in use, and no freed page, to ``fd``, which may be a pipe."""
        self.handle.copyfd(fd, compact=True, txn=self.txn)


def _failure(error: lmdb.Error, folder: Path) -> StoreFailed:
    if isinstance(error, lmdb.MapFullError):
        return StoreFailed("full", f"it holds as much as store.map_bytes lets it ({error})")
    return StoreFailed("full" if is_full(error, folder) else "failed", said(error, folder))


_open: dict[tuple[int, int, int], Environment] = {}
_open_lock = threading.Lock()


def lease(folder: Path, map_bytes: int, *, read_only: bool = False) -> Environment:
    """Open the environment in ``folder``, or share the one this process has open.

    LMDB must not be opened twice in a process (its file locks would be lost), hence one
    for all users; each gives it back with :func:`release`. ``map_bytes`` 0 takes the
    size that the file was made with. Raises :class:`StoreError`.
    """
    with _open_lock:
        _identity(folder)  # where there is no store, there is nothing to wait for
        with entering(folder):
            identity = _identity(folder)
            shared = _open.get(identity)
            if shared and not shared.ended:
                return _share(shared, folder, read_only=read_only)
            environment = _open_files(folder, map_bytes, read_only=read_only)
            _open[identity] = environment
            return environment


@contextmanager
def untouched(folder: Path) -> Iterator[Environment]:
    """Open a copy that no process has open, to be read; nothing is written beside it.

    Raises :class:`StoreError`.
    """
    _identity(folder)
    environment = _open_files(folder, 0, read_only=True, lock=False)
    try:
        yield environment
    finally:
        environment.end(StoreFailed("closed"))


def release(environment: Environment) -> None:
    """Give back what :func:`lease` gave; the last one closes it."""
    with _open_lock:
        environment.leases -= 1
        if environment.leases > 0:
            return
        for identity in [key for key, value in _open.items() if value is environment]:
            del _open[identity]
    environment.end(StoreFailed("closed"))


def create_files(folder: Path, map_bytes: int, meta: dict[bytes, bytes]) -> None:
    """Make a new environment with all tables in ``folder``, which is absent or empty.

    ``meta`` is written beside the format's mark. Durable when this returns; raises
    :class:`StoreError`, and never touches a store that is there.
    """
    if map_bytes < MIN_MAP_BYTES:
        raise StoreError(f"the map's size must be at least {MIN_MAP_BYTES} bytes")
    try:
        folder.mkdir(mode=0o770, exist_ok=True)
        if any(folder.iterdir()):
            raise StoreError(f"folder {folder} is not empty: no store is made over it")
        _write_new(folder, map_bytes, {FORMAT_KEY: version.FORMAT.mark, **meta})
        sync_folder(folder)
        sync_folder(folder.parent)
    except (OSError, lmdb.Error) as error:
        raise StoreError(f"cannot make a store in {folder}: {error}") from error


def _write_new(folder: Path, map_bytes: int, meta: dict[bytes, bytes]) -> None:
    with (
        _open_lmdb(folder, map_bytes, create=True) as handle,
        handle.begin(write=True) as txn,
    ):
        tables = {name: handle.open_db(name.encode(), txn=txn) for name in table_names()}
        for key, value in meta.items():
            txn.put(key, value, db=tables[StoreTable.META])


def _identity(folder: Path) -> tuple[int, int, int]:
    try:
        status = (folder / "data.mdb").stat()
    except FileNotFoundError as error:
        raise StoreError(f"there is no store in {folder}") from error
    except OSError as error:
        raise StoreError(f"cannot open the store in {folder}: {error.strerror}") from error
    return os.getpid(), status.st_dev, status.st_ino


def _share(shared: Environment, folder: Path, *, read_only: bool) -> Environment:
    if shared.read_only and not read_only:
        raise StoreError(f"the store in {folder} is open read-only in this process")
    shared.leases += 1
    return shared


def _open_files(
    folder: Path, map_bytes: int, *, read_only: bool, lock: bool = True
) -> Environment:
    with ExitStack() as on_failure:
        if lock:
            keep_lock_file_open_to_both(folder)
        try:
            handle = _open_lmdb(folder, map_bytes, read_only=read_only, lock=lock)
            on_failure.callback(handle.close)
            turn = WriteTurn(folder)
            on_failure.callback(turn.close)
        except (lmdb.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"cannot open the store in {folder}: {reason}") from error
        try:
            tables = _open_tables(handle, folder)
        except OtherFormatError:
            raise
        except (StoreError, lmdb.Error) as error:
            line = f"{folder} holds no store of this version: {error}"
            raise StoreError(line) from error
        on_failure.pop_all()
    return Environment(handle, turn, tables, read_only=read_only)


def _open_lmdb(
    folder: Path,
    map_bytes: int,
    *,
    read_only: bool = False,
    create: bool = False,
    lock: bool = True,
) -> lmdb.Environment:
    return lmdb.Environment(
        str(folder),
        map_size=map_bytes,
        readonly=read_only,
        create=create,
        lock=lock,
        mode=0o660,
        max_dbs=MAX_TABLES,
        max_readers=MAX_READERS,
    )


def _open_tables(handle: lmdb.Environment, folder: Path) -> Tables:
    handle.reader_check()  # slots of killed processes would keep old pages from reuse
    version.check_format(handle, folder)  # first: another format may have other tables
    return {name: version.open_table(handle, name) for name in table_names()}
