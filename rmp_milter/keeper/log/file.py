"""The access log's LMDB environment: opened, seen to be all there, and of which format.

LMDB maps its file and trusts its length: a file that was cut ends the process with SIGBUS
at the first page that is gone, which says nothing to anybody. The file may well end before
its last page number, where that page was freed before it was ever written; so a file that
ends early is read whole by a child process, which alone is lost if it was cut.
"""

import os
import signal
from pathlib import Path
from typing import NamedTuple

import lmdb

from rmp_milter.disk.formats import Format
from rmp_milter.keeper.log.tree import LogFault

FORMAT = Format("rmp access log", 3)
"""A changed table, key or leaf is a new number. What is signed stays for ever: a log that is
moved to another format keeps its leaves and nodes, octet by octet."""

FORMAT_KEY = b"format"
MAX_TABLES = 32
"""More than this format has, so that another one's can be looked at."""

MAP_SIZE = 64 << 30  # bytes of address space, not of disk
DATA = "data.mdb"


class OtherFormat(LogFault):
    """The log is of another format than this version's; nothing in it was looked at."""


class LogTables(NamedTuple):
    """The log's tables (docs/formats.md, Access log); the field is the name in the file."""

    meta: lmdb._Database
    leaves: lmdb._Database
    unique: lmdb._Database
    nodes: lmdb._Database
    dossiers: lmdb._Database
    dossiers_salt: lmdb._Database
    reasons: lmdb._Database


def open_environment(folder: Path, *, create: bool = False) -> lmdb.Environment:
    """Open the log's environment; raise :class:`LogFault` where its file was cut."""
    env = _open(folder, create=create)
    if _reaches_its_end(folder, env):
        return env
    env.close()  # it must not be open in both processes
    if not _can_be_read(folder):
        raise LogFault(f"{DATA} was cut: what its pages refer to is not there")
    return _open(folder, create=False)


def check_format(env: lmdb.Environment) -> None:
    """Raise :class:`OtherFormat` unless the log is of this version's format.

    Raises :class:`LogFault` for the environment of another program.
    """
    meta = env.open_db(b"meta", create=False)
    with env.begin(db=meta) as transaction:
        found = FORMAT.number_in(bytes(transaction.get(FORMAT_KEY, b"")))
    if not found:
        raise LogFault("access log of an unknown format")
    if found != FORMAT.number:
        raise OtherFormat(f"the access log {FORMAT.refusal(found)}")


def open_tables(env: lmdb.Environment, *, create: bool = False) -> LogTables:
    """Open all tables."""
    return LogTables(*(env.open_db(name.encode(), create=create) for name in LogTables._fields))


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
    env = _open(folder, create=False)
    with env.begin() as transaction:
        names = [bytes(name) for name, _ in transaction.cursor()]
    tables = [env.open_db(name, create=False) for name in names]
    with env.begin() as transaction:
        for table in tables:
            for key, value in transaction.cursor(table):
                bytes(key), bytes(value)
