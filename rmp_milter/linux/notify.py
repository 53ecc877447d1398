"""What a service manager is told: that a process is ready, alive, about to end (sd_notify(3)).

Outside of systemd nothing is told. The protocol is one datagram of ``KEY=value`` lines; the
address is taken out of the environment, so that no child speaks for this process.
"""

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress

_MICROSECONDS = 1_000_000


class Notifier:
    """Tells the service manager, if there is one that wants to hear; one object a process."""

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        """Take what concerns this process out of ``environment``."""
        self._address = environment.pop("NOTIFY_SOCKET", "")
        self._pause = _pause(
            environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        )
        self._told = float("-inf")

    @property
    def pause(self) -> float:
        """Seconds between two signs of life; 0 where nobody waits for one."""
        return self._pause

    def takes_long(self, seconds: int) -> None:
        """Say that the start may take so long from now on, and is no fault."""
        self._tell(f"EXTEND_TIMEOUT_USEC={seconds * _MICROSECONDS}")

    def ready(self) -> None:
        """Say that the process does its work from now on."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """Say that the process was told to end and brings to its end what it has in hand."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """Give a sign of life, if one is due: it may be called as often as one likes."""
        now = time.monotonic()
        if self._pause and now - self._told >= self._pause:
            self._told = now
            self._tell("WATCHDOG=1")

    def _tell(self, line: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with (
            suppress(OSError),  # nobody listens any more: no fault of the work at hand
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaking,
        ):
            speaking.connect(address)
            speaking.send(line.encode())


def _pause(microseconds: str, pid: str) -> float:
    """Return a third of the time in which a sign of life must come; 0 for none."""
    if not microseconds.isdecimal() or (pid and pid != str(os.getpid())):
        return 0.0
    return int(microseconds) / _MICROSECONDS / 3


SILENT = Notifier({})
"""Tells nobody anything."""
