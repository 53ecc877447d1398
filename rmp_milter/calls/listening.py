"""Sockets at which a keeper is called: where, by whom, and never in another keeper's place."""

import logging
import os
import socket
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger("rmp.keeper")

BACKLOG = 128
DYING_SECONDS = 2.0
"""How long a new keeper waits for the workers of one that was killed."""


_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: struct ucred


class ServerError(Exception):
    """Nobody can listen there; ``str`` is one line for the host."""


@dataclass(frozen=True)
class Listening:
    """Where a keeper is called, and who may: user ids, root only if listed."""

    socket: Path
    allowed_uids: frozenset[int]
    mode: int = 0o660


@contextmanager
def listening(place: Listening) -> Iterator[socket.socket]:
    """Give the listening socket; at the end its file is gone.

    Raises :class:`ServerError`.
    """
    with listen(place) as listener:
        try:
            yield listener
        finally:
            place.socket.unlink(missing_ok=True)


def listen(place: Listening) -> socket.socket:
    """Return the listening socket, its file's mode set; a stale file is replaced."""
    remove_stale(place.socket)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Bound without rights for anybody, so that nobody connects before the mode is set.
    before = os.umask(0o777)
    try:
        listener.bind(str(place.socket))
    except OSError as error:
        listener.close()
        raise ServerError(f"{place.socket}: {error.strerror or error}") from None
    finally:
        os.umask(before)
    place.socket.chmod(place.mode)
    listener.listen(BACKLOG)
    return listener


def caller_may(connection: socket.socket, allowed_uids: frozenset[int]) -> bool:
    """Return whether who connected is one of those users; whoever is not stands in the log."""
    try:
        uid = caller(connection)
    except OSError as error:
        log.warning("call broken off: %s", type(error).__name__)
        return False
    if uid not in allowed_uids:
        log.warning("call refused: user id %d may not call", uid)
    return uid in allowed_uids


def caller(connection: socket.socket) -> int:
    """Return the user id of the process at the other end (SO_PEERCRED)."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(raw)[1])


def remove_stale(path: Path) -> None:
    """Remove what a keeper that was killed left; its workers end a moment after it.

    Raises :class:`ServerError` where one listens there still: it is not removed, nor begun beside.
    """
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ServerError(f"{path}: in the way, and no socket")
    except FileNotFoundError:
        return
    deadline = time.monotonic() + DYING_SECONDS
    while _somebody_listens(path):
        if time.monotonic() > deadline:
            raise ServerError(f"{path}: another keeper listens there")
        time.sleep(0.1)
    path.unlink(missing_ok=True)


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError as error:
            raise ServerError(f"{path}: {error.strerror}") from None
    return True
