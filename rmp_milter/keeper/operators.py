"""The operators' worker: serves root's commands, and nothing but these.

It is a process beside those that serve the milter's mails: whatever a command has done, and for
however long, takes no worker from an emergency. A command's connection carries any number of
requests. Several commands are heard in turn, a request each.
"""

import logging
import select
import socket
import time
from contextlib import suppress

from rmp_milter.calls.listening import caller_may
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.worker import bounded, converse

log = logging.getLogger("rmp.keeper")

MOST = 16
"""Commands that are heard at once; the next ones wait until one has hung up."""
IDLE = 600.0
"""Seconds that a command may say nothing."""


def attend(
    listener: socket.socket, allowed_uids: frozenset[int], desk: Desk, idle: float = IDLE
) -> None:
    """Answer operators for ever; SIGTERM ends the process between two requests.

    Returns only when the access log cannot be written, as :func:`~.worker.work` does.
    """
    listener.settimeout(0)  # whom select promised may have gone
    waiting_room = _Operators(listener, allowed_uids, desk, idle)
    while waiting_room.serve_who_speaks():
        pass


class _Operators:
    """The connections that are open, and until when each may say nothing."""

    def __init__(
        self, listener: socket.socket, allowed_uids: frozenset[int], desk: Desk, idle: float
    ) -> None:
        self._listener = listener
        self._allowed_uids = allowed_uids
        self._desk = desk
        self._idle = idle
        self._open: dict[socket.socket, float] = {}

    def serve_who_speaks(self) -> bool:
        """Wait for words, answer each who has some once; return whether to go on."""
        speaking = self._who_speaks()
        self._dismiss_the_silent()
        for connection in speaking:
            with bounded(self._desk.limits.work):
                if connection is self._listener:
                    self._let_in()
                elif connection in self._open and not self._answer(connection):
                    return False
        return True

    def _who_speaks(self) -> list[socket.socket]:
        heard = [*self._open, *([self._listener] if len(self._open) < MOST else [])]
        first = min(self._open.values(), default=None)
        patience = None if first is None else max(0.0, first - time.monotonic())
        return select.select(heard, [], [], patience)[0]

    def _let_in(self) -> None:
        with suppress(BlockingIOError):
            connection, _ = self._listener.accept()
            if caller_may(connection, self._allowed_uids):
                connection.settimeout(self._desk.limits.timeout)
                self._open[connection] = time.monotonic() + self._idle
            else:
                connection.close()

    def _answer(self, connection: socket.socket) -> bool:
        """Answer one request, or see that the connection is over."""
        if _has_hung_up(connection):
            self._dismiss(connection)
            return True
        answered, going_on = converse(connection, self._desk, Door.OPERATOR)
        if answered:
            self._open[connection] = time.monotonic() + self._idle
        else:
            self._dismiss(connection)
        return going_on

    def _dismiss_the_silent(self) -> None:
        now = time.monotonic()
        for connection in [each for each, until in self._open.items() if until <= now]:
            log.warning("an operator's connection was closed: nothing came over it")
            self._dismiss(connection)

    def _dismiss(self, connection: socket.socket) -> None:
        del self._open[connection]
        connection.close()


def _has_hung_up(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return True
