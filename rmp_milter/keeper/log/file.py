"""The access log's LMDB environment: opened, and seen to be all there.

LMDB maps its file and trusts its length: a file that was cut ends the process with SIGBUS
at the first page that is gone, which says nothing to anybody. The file may well end before
its last page number, where that page was freed before it was ever written; so a file that
ends early is read whole by a child process, which alone is lost if it was cut.
"""

import os
import signal
from pathlib import Path

import lmdb

from rmp_milter.keeper.log.tree import LogFault

MAX_TABLES = 32
"""More than this format has, so that another one's can be looked at."""

MAP_SIZE = 64 << 30  # bytes of address space, not of disk
DATA = "data.mdb"


def open_environment(folder: Path, *, create: bool = False) -> lmdb.Environment:
    """Open the log's environment; raise :class:`LogFault` where its file was cut."""
    env = _open(folder, create=create)
    if _reaches_its_end(folder, env):
        return env
    env.close()  # it must not be open in both processes
    if not _can_be_read(folder):
        raise LogFault(f"{DATA} was cut: what its pages refer to is not there")
    return _open(folder, create=False)


def _open(folder: Path, *, create: bool) -> lmdb.Environment:
    return lmdb.open(
        str(folder), map_size=MAP_SIZE, max_dbs=MAX_TABLES, create=create, mode=0o600
    )


def _reaches_its_end(folder: Path, env: lmdb.Environment) -> bool:
    pages = int(env.info()["last_pgno"]) + 1
    return (folder / DATA).stat().st_size >= pages * int(env.stat()["psize"])


def _can_be_read(folder: Path) -> bool:
    """Whether a child process can read every table to its end."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGBUS, signal.SIG_DFL)
        try:
            _read_all(folder)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _read_all(folder: Path) -> None:
    read_all(_open(folder, create=False))


def read_all(env: lmdb.Environment) -> None:
    """Read every table to its end, whatever it is."""
    with env.begin() as transaction:
        names = [bytes(name) for name, _ in transaction.cursor()]
    tables = [env.open_db(name, create=False) for name in names]
    with env.begin() as transaction:
        for table in tables:
            for key, value in transaction.cursor(table):
                bytes(key), bytes(value)


def untouched(folder: Path) -> lmdb.Environment:
    """Open a copy that no process has open, to be read; nothing is written beside it."""
    if not (folder / DATA).is_file():
        raise LogFault("no access log there")
    return lmdb.open(
        str(folder),
        map_size=MAP_SIZE,
        max_dbs=MAX_TABLES,
        create=False,
        readonly=True,
        lock=False,
    )
