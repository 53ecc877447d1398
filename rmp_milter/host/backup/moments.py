"""Store and access log at one and the same moment, while the services go on.

The keeper writes a leaf before the milter commits, and learns a card when the milter shows it,
after the commit. So while nobody may commit to the store (some milliseconds) a moment of the
store and one of the log are taken. All leaves of what is in that store are in that log, and
every card that the keeper knows is in that store: put back together, neither is older.

Each side is read by its own user, in a child process that can write nothing but its end of a
pipe; what comes out there this process writes and sums.
"""

import hashlib
import io
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn, TypeVar

import msgspec

from rmp_milter.config import Config
from rmp_milter.disk.new_files import write_new
from rmp_milter.host.backup.files import LOG, LOG_STATE, like
from rmp_milter.host.backup.manifest import KEEPER, STORE, BackupError, BackupFile, Told
from rmp_milter.host.log_place import log_of
from rmp_milter.host.owners import become_owner
from rmp_milter.keeper.keys.keys import load_log_key
from rmp_milter.keeper.log.copying import LogMoment, LogSeen
from rmp_milter.store.opening import engine_at

PATIENCE = 30.0
"""Seconds for each step that is taken while others wait."""
_PIECE = 1 << 20
_MOST_SAID = 1 << 20
_GO = b"go"

T = TypeVar("T")


class Begun(msgspec.Struct, frozen=True):
    """A side that holds its moment or is about to: the file's name, about how large it is."""

    file: str
    size: int


class LogTaken(msgspec.Struct, frozen=True):
    """What the log holds at its moment, and the state file of before it."""

    seen: LogSeen
    state: bytes


class _Failed(msgspec.Struct, frozen=True):
    said: str


class Both(msgspec.Struct, frozen=True):
    """Both copies as they were written: what the log holds, and the files."""

    log: LogSeen
    files: tuple[BackupFile, ...]


def copy_both(config: Config, folder: Path, told: Told) -> Both:
    """Write a copy of store and log, of one moment, into the new folder of a backup.

    Raises :class:`BackupError`, and ``OSError`` where it cannot be written.
    """
    with (
        _side(config.paths.keeper, lambda line, fd: _log(config, line, fd)) as log,
        _side(config.paths.store, lambda line, fd: _store(config, line, fd)) as store,
    ):
        begun = log.hear(Begun)
        log_size = begun.size
        store.go()
        held = store.hear(Begun)
        log.go()
        taken = log.hear(LogTaken)
        store.go()
        _check_room(folder, log_size + held.size)
        stored = store.into(folder, (STORE, held.file), "store", held.size, told)
        log.go()
        logged = log.into(folder, (KEEPER, LOG, begun.file), "access log", log_size, told)
        state = _state(config, folder, taken.state)
        return Both(taken.seen, (stored, logged, state))


def _log(config: Config, line: "_Line", fd: int) -> None:
    """Open the log as the keeper's child, and take the moment when told to."""
    key = load_log_key(config.paths.keeper)
    with LogMoment(log_of(config), key) as moment:
        line.say(Begun(moment.file, moment.size))
        line.wait()
        seen = moment.take()
        line.say(LogTaken(seen, moment.state))
        line.wait()
        moment.write(fd)


def _store(config: Config, line: "_Line", fd: int) -> None:
    """Hold the moment as the store's child, from being told until being told."""
    line.wait()
    with engine_at(config.paths.store, config.store).moment() as moment:
        line.say(Begun(moment.file, moment.size))
        line.wait()
        moment.release()
        moment.write(fd)


def _state(config: Config, folder: Path, state: bytes) -> BackupFile:
    name = f"{KEEPER}/{LOG_STATE}"
    write_new(folder / name, state, 0o600)
    digest = hashlib.sha256(state).hexdigest()
    return like(config.paths.keeper / LOG_STATE, name, len(state), digest)


def _check_room(folder: Path, needed: int) -> None:
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    if free < needed:
        line = f"{folder}: needs about {needed} bytes, and {free} are free"
        raise BackupError(line, "keep fewer backups (--keep), or name a larger file system")


class _Line:
    """What parent and child say to each other, a message at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def say(self, what: object) -> None:
        self._end.send(msgspec.msgpack.encode(what))

    def wait(self) -> None:
        """Wait to be told to go on; end where the parent is gone."""
        if self._end.recv(len(_GO)) != _GO:
            os._exit(1)

    def go(self) -> None:
        self._end.send(_GO)

    def hear(self, kind: type[T]) -> T:
        try:
            said = self._end.recv(_MOST_SAID)
        except TimeoutError:
            line = f"a moment of the service was not to be had within {PATIENCE:.0f} s"
            raise BackupError(line, "give the command again") from None
        with suppress(msgspec.MsgspecError):
            return msgspec.msgpack.decode(said, type=kind)
        try:
            failed = msgspec.msgpack.decode(said, type=_Failed)
        except msgspec.MsgspecError:
            raise BackupError("a part of the backup ended without a word") from None
        raise BackupError(failed.said)


class _Side(_Line):
    """The parent's view of a child."""

    def __init__(self, end: socket.socket, data: int, part: Path) -> None:
        super().__init__(end)
        self._data, self._part = data, part

    def into(
        self, folder: Path, name: tuple[str, ...], what: str, size: int, told: Told
    ) -> BackupFile:
        """Write what the child sends into a new file; return what the manifest says of it."""
        target, digest, done = folder.joinpath(*name), hashlib.sha256(), 0
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(fd, "wb", buffering=0) as file:  # noqa: PTH123 -- it carries the mode
            while piece := os.read(self._data, _PIECE):
                _write_all(file, piece)
                digest.update(piece)
                done += len(piece)
                told(what, min(done, size), max(done, size))
            os.fsync(fd)
        self.hear(int)  # that all of it was written
        told(what, done, done)
        original = self._part.joinpath(*name[1:])
        return like(original, "/".join(name), done, digest.hexdigest())


def _write_all(file: io.FileIO, piece: bytes) -> None:
    """Write all of it: a nearly full disk takes a part, and says so only at the next octet."""
    left = memoryview(piece)
    while left:
        left = left[file.write(left) :]


@contextmanager
def _side(part: Path, work: Callable[[_Line, int], None]) -> Iterator[_Side]:
    """Have ``work`` done in a child, as the owner of ``part``; it is ended with the block."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        ours.close()
        os.close(reading)
        _work_and_exit(part, work, _Line(its), writing)
    its.close()
    os.close(writing)
    ours.settimeout(PATIENCE)
    try:
        yield _Side(ours, reading, part)
    finally:
        ours.close()
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _work_and_exit(
    part: Path, work: Callable[[_Line, int], None], line: _Line, writing: int
) -> NoReturn:
    """Child's part: no exception may leave it, or two processes would go on."""
    try:
        become_owner(part)
        work(line, writing)
        os.close(writing)
        line.say(0)
    except BaseException as error:  # noqa: BLE001 -- it is told
        with suppress(OSError):
            os.close(writing)
        line.say(_Failed(f"{part}: {error}"))
    os._exit(0)
