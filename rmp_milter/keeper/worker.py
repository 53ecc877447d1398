"""One worker: takes a connection, checks who calls, answers one request of the milter's.

What it does a request with, and under which bounds, the operators' worker shares
(:mod:`~rmp_milter.keeper.operators`).
"""

import logging
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import NamedTuple

import msgspec

from rmp_milter.calls import wire
from rmp_milter.calls.listening import caller_may
from rmp_milter.calls.memory import Memory, keep_still
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.keeper.desk.answer import answer
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.log.journal import JournalError, LogTakenOver

log = logging.getLogger("rmp.keeper")

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_STOP = frozenset({signal.SIGTERM, signal.SIGINT})


class Conversed(NamedTuple):
    """Whether a request was answered, and whether this process may take another."""

    answered: bool
    going_on: bool


def work(listener: socket.socket, allowed_uids: frozenset[int], desk: Desk) -> None:
    """Answer connections for ever; SIGTERM ends the process between two of them.

    Returns only when the access log cannot be written: the process must then be replaced
    by one that opens it anew. Raises :class:`.LogTakenOver`, the call being left unanswered.
    """
    while True:
        connection, _ = listener.accept()
        with bounded(desk.limits.work), connection:
            if not _answer_one(connection, allowed_uids, desk):
                return


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Do the block whole, or end: no stop interrupts it, no input holds the process for ever.

    SIGALRM's default is to end the process.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)


def _answer_one(connection: socket.socket, allowed_uids: frozenset[int], desk: Desk) -> bool:
    """Answer one connection; return whether this process may take another."""
    connection.settimeout(desk.limits.timeout)
    if not caller_may(connection, allowed_uids):
        return True
    return converse(connection, desk, Door.MILTER).going_on


def converse(connection: socket.socket, desk: Desk, door: Door) -> Conversed:
    """Take one request and send its reply; the connection's timeout bounds each wait."""
    going_on = True
    try:
        message, fd = wire.receive(connection, desk.limits.request)
        reply, memory, going_on = _safely(desk, message, fd, door)
        with memory or nullcontext() as shared:
            wire.send(connection, _encoder.encode(reply), shared.fd if shared else None)
    except OSError as error:
        log.warning("call broken off: %s", type(error).__name__)
        return Conversed(answered=False, going_on=going_on)
    return Conversed(answered=True, going_on=going_on)


def _safely(
    desk: Desk, message: bytes, fd: int | None, door: Door
) -> tuple[Reply, Memory | None, bool]:
    """Do the call; whatever is raised becomes ``UNAVAILABLE`` and one line in the log.

    Only the exception's type is logged: its text may hold what was decrypted.
    """
    try:
        request = _decoder.decode(message)
        _check_memory(fd)
        reply, memory = answer(desk, request, fd, int(time.time()), door)
    except LogTakenOver:
        raise  # no answer: the mail begins anew with the keeper that has the log now
    except JournalError as error:
        log.critical("no call without its leaf: %s", error)
        return Failed(Why.UNAVAILABLE, "access log"), None, False
    except Exception as error:  # noqa: BLE001 -- the keeper's one boundary: nothing may pass it
        log.error("call failed: %s", type(error).__name__)  # noqa: TRY400 -- a traceback may show content
        return Failed(Why.UNAVAILABLE, type(error).__name__), None, True
    finally:
        wire.close_all([] if fd is None else [fd])
    if isinstance(reply, Failed) and reply.why is Why.NOT_HERE:
        log.warning("call refused: %s", reply.detail)
    return reply, memory, True


def _check_memory(fd: int | None) -> None:
    """Take a call's memory: from now on nobody writes to it, whoever sits in the milter.

    Else what is verified could be another thing a moment later, when its digest is taken.
    """
    if fd is None:
        return
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise ValueError("shared memory of a wrong kind")
    keep_still(fd)
