"""libmilter's threads: whoever keeps one for long calls for another.

Debian's libmilter gives commands of many connections to a few threads. Where several come in
one moment and fewer threads are free, it counts on these to take the others up soon; one that
waits (for the keeper, for a slow mail) never comes to it, and a connection that has nothing to
do with it hears nothing for as long. A new connection makes libmilter start a thread if none is
free, and that one then takes up what was left.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn


def call_for_another(path: str) -> None:
    """Have libmilter see whether it has a free thread; ``path`` is the milter's own socket.

    Never waits: where the row of new connections is full, these do the same.
    """
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        knock.settimeout(0)
        knock.connect(path)


class InHand:
    """How many mails are at their final dot; one object for all threads of a process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._mails = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a mail for the block."""
        with self._changed:
            self._mails += 1
        try:
            yield
        finally:
            with self._changed:
                self._mails -= 1
                self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Return whether all are done, as soon as they are, or within ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._mails, seconds)


def leave(status: int) -> NoReturn:
    """End the process with an exit ``status``, and all threads where they are.

    The one way out once libmilter has run. Its threads outlive its main function: some have
    mails in hand or read a command that has begun. Where Python is finalised they come back
    to thread states that are freed (SIGSEGV in ``take_gil``), or, on a new connection, to no
    interpreter (SIGSEGV in ``PyThreadState_New``).
    """
    os._exit(status)
