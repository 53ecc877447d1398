"""What milter and courier say of themselves: that they live, and what they have done.

A small file for each in the diary's folder, written every few seconds. It is for ``rmp status``
and for monitoring, it decides nothing, and it is not flushed: a power cut may take the last one.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from rmp_milter.linux.notify import SILENT, Notifier
from rmp_milter.status.diary import FOLDER, diary_folder

BEAT_SECONDS = 10.0
_MODE = 0o640
_MOST_BYTES = 4096


class Beating(StrEnum):
    """The processes that write a pulse."""

    MILTER = "milter"
    COURIER = "courier"


class Tick(StrEnum):
    """What is counted, of both processes; the values are names in what monitoring reads."""

    TAKEN = "taken"  # mails that are done: committed, or nothing had to be done
    REFUSED = "refused"  # mails that were answered by a 5xx
    DEFERRED = "deferred"  # by a 4xx
    SENT = "sent"  # answers that Postfix took
    LATER = "later"  # tries of answers that come again
    PARKED = "parked"  # answers that were refused for good


_MOST_PID = 1 << 22  # Linux's own bound (proc(5), pid_max)
_Count = Annotated[int, Meta(ge=0, le=1 << 53)]


class Pulse(msgspec.Struct, frozen=True):
    """Of a process since its start, times as Unix time; ``last`` is of its last mail, or 0.

    Bounded, since who has the milter writes what he likes: root's commands read it.
    """

    pid: Annotated[int, Meta(ge=2, le=_MOST_PID)]
    started: _Count
    at: _Count
    last: _Count
    counts: dict[Tick, _Count]


class Heart:
    """Counts what a process does, and writes it down; one object for all its threads."""

    def __init__(
        self, store: Path, part: Beating, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._part = part
        self._clock = clock
        self._lock = threading.Lock()
        self._started = int(clock())
        self._last = 0
        self._counts = dict.fromkeys(_COUNTED[part], 0)
        self._written = float("-inf")

    def count(self, tick: Tick) -> None:
        """Note that a mail was dealt with."""
        with self._lock:
            self._counts[tick] += 1
            self._last = int(self._clock())

    def pulse(self) -> Pulse:
        """Return what there is to say at this moment."""
        with self._lock:
            counts = dict(self._counts)
            return Pulse(os.getpid(), self._started, int(self._clock()), self._last, counts)

    def beat(self) -> None:
        """Write it down, if that was not done just now: it may be called as often as one likes.

        What cannot be written is left out: a full disk is told of elsewhere, and mails go on.
        """
        now = time.monotonic()
        if now - self._written < BEAT_SECONDS:
            return
        self._written = now
        with suppress(OSError):
            _write(diary_folder(self._store), self._part, self.pulse())


class Life:
    """What a process tells of itself: in its pulse, and to its service manager."""

    def __init__(self, heart: Heart | None = None, notifier: Notifier = SILENT) -> None:
        self._heart = heart
        self._notifier = notifier

    @property
    def pause(self) -> float:
        """Seconds in which a sign should be given again."""
        return min(filter(None, (BEAT_SECONDS, self._notifier.pause)))

    def ready(self) -> None:
        """Say that the process does its work from now on."""
        self._notifier.ready()

    def stopping(self) -> None:
        """Say that the process was told to end."""
        self._notifier.stopping()

    def sign(self) -> None:
        """Give a sign, where one is due: it may be called as often as one likes."""
        if self._heart:
            self._heart.beat()
        self._notifier.alive()

    def count(self, tick: Tick) -> None:
        """Note that a mail was dealt with."""
        if self._heart:
            self._heart.count(tick)


NO_LIFE = Life()
"""Tells nobody anything."""

_COUNTED = {
    Beating.MILTER: (Tick.TAKEN, Tick.REFUSED, Tick.DEFERRED),
    Beating.COURIER: (Tick.SENT, Tick.LATER, Tick.PARKED),
}


def felt(store: Path, part: Beating) -> Pulse | None:
    """Return the pulse that was written last; None where there is none, or none to be read."""
    try:
        with _file(store / FOLDER, part).open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=Pulse)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(folder: Path, part: Beating, pulse: Pulse) -> None:
    new = folder / f"pulse-{part.value}.new"
    new.write_bytes(msgspec.json.encode(pulse) + b"\n")
    new.chmod(_MODE)
    new.replace(_file(folder, part))


def _file(folder: Path, part: Beating) -> Path:
    return folder / f"pulse-{part.value}.json"
