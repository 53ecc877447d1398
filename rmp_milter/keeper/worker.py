"""One worker: takes a connection, checks who calls, answers one request."""

import logging
import os
import signal
import socket
import stat
import struct
import time
from contextlib import nullcontext

import msgspec

from rmp_milter.calls import wire
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol import Failed, Reply, Request, Why
from rmp_milter.keeper.desk.answer import answer
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.log.journal import JournalError

log = logging.getLogger("rmp.keeper")

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: struct ucred


def work(listener: socket.socket, allowed_uids: frozenset[int], desk: Desk) -> None:
    """Answer connections for ever; SIGTERM ends the process between two of them.

    Returns only when the access log cannot be written: the process must then be replaced
    by one that opens it anew.
    """
    stop = {signal.SIGTERM, signal.SIGINT}
    while True:
        connection, _ = listener.accept()
        signal.pthread_sigmask(signal.SIG_BLOCK, stop)
        # SIGALRM's default is to end the process: no input may hold a worker for ever.
        signal.setitimer(signal.ITIMER_REAL, desk.limits.work)
        with connection:
            going_on = _converse(connection, allowed_uids, desk)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, stop)
        if not going_on:
            return


def _converse(connection: socket.socket, allowed_uids: frozenset[int], desk: Desk) -> bool:
    """Answer one connection; return whether this process may take another."""
    going_on = True
    try:
        connection.settimeout(desk.limits.timeout)
        uid = caller(connection)
        if uid not in allowed_uids:
            log.warning("call refused: user id %d may not call", uid)
            return True
        message, fd = wire.receive(connection, desk.limits.request)
        reply, memory, going_on = _safely(desk, message, fd)
        with memory or nullcontext() as shared:
            wire.send(connection, _encoder.encode(reply), shared.fd if shared else None)
    except OSError as error:
        log.warning("call broken off: %s", type(error).__name__)
    return going_on


def caller(connection: socket.socket) -> int:
    """Return the user id of the process at the other end (SO_PEERCRED)."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(raw)[1])


def _safely(desk: Desk, message: bytes, fd: int | None) -> tuple[Reply, Memory | None, bool]:
    """Do the call; whatever is raised becomes ``UNAVAILABLE`` and one line in the log.

    Only the exception's type is logged: its text may hold what was decrypted.
    """
    try:
        request = _decoder.decode(message)
        _check_memory(fd)
        reply, memory = answer(desk, request, fd, int(time.time()))
    except JournalError as error:
        log.critical("no call without its leaf: %s", error)
        return Failed(Why.UNAVAILABLE, "access log"), None, False
    except Exception as error:  # noqa: BLE001 -- the keeper's one boundary: nothing may pass it
        log.error("call failed: %s", type(error).__name__)  # noqa: TRY400 -- a traceback may show content
        return Failed(Why.UNAVAILABLE, type(error).__name__), None, True
    finally:
        wire.close_all([] if fd is None else [fd])
    return reply, memory, True


def _check_memory(fd: int | None) -> None:
    if fd is not None and not stat.S_ISREG(os.fstat(fd).st_mode):
        raise ValueError("shared memory of a wrong kind")
