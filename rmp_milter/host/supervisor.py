"""``rmp serve``: the three processes as children of one in the foreground.

For a trial or a container; on a host of their own the three systemd units do this. A child
that ends is started again, later each time; all end when this process is told to.
"""

import contextlib
import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

log = logging.getLogger("rmp.serve")

FIRST_WAIT = 0.5  # seconds before a child that ended is started again; doubles
LONGEST_WAIT = 30.0
STEADY = 60.0  # a child that ran this long begins again with the first wait
PATIENCE = 30.0  # seconds that children have to end by themselves
_UNIX_SOCKETS = Path("/proc/net/unix")
_FLAGS_COLUMN, _PATH_COLUMN = 3, 7
_ACCEPTS = 0x10000  # __SO_ACCEPTCON

LOOK = 0.1  # seconds between two looks at sockets that do not answer yet


@dataclass(frozen=True)
class Program:
    """A child: its name, its command, the socket that answers when it is ready."""

    name: str
    command: tuple[str, ...]
    socket: Path | None = None

    def ready(self) -> bool:
        """Whether somebody listens on the socket (true where it has none)."""
        return self.socket is None or str(self.socket) in listening_sockets()


def listening_sockets() -> frozenset[str]:
    """Return the paths of unix sockets that somebody listens on (proc(5), net/unix).

    Looked up and not tried: a connection that asks nothing is an error to who listens.
    """
    lines = _UNIX_SOCKETS.read_text(errors="surrogateescape").splitlines()
    rows = (line.split(maxsplit=_PATH_COLUMN) for line in lines[1:])
    return frozenset(
        row[_PATH_COLUMN]
        for row in rows
        if len(row) > _PATH_COLUMN and int(row[_FLAGS_COLUMN], 16) & _ACCEPTS
    )


class Child:
    """A part while it is looked after."""

    def __init__(self, part: Program) -> None:
        self.part = part
        self.start_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait = FIRST_WAIT

    @property
    def running(self) -> bool:
        """Whether the child was started and has not been seen to end."""
        return self._process is not None

    def start(self, now: float) -> None:
        """Start it; a group of its own keeps the terminal's Ctrl-C from it."""
        self._process = subprocess.Popen(  # noqa: S603 -- our own program, no shell
            self.part.command, stdin=subprocess.DEVNULL, process_group=0
        )
        self._started = now

    def look(self, now: float) -> None:
        """Notice the child's end and say when it is to be started again."""
        if self._process is None or self._process.poll() is None:
            return
        if now - self._started >= STEADY:
            self._wait = FIRST_WAIT
        log.error(
            "%s ended with status %d, starts again in %.1f s",
            self.part.name,
            self._process.returncode,
            self._wait,
        )
        self._process = None
        self.start_at = now + self._wait
        self._wait = min(2 * self._wait, LONGEST_WAIT)

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self._process:
            self._process.terminate()

    def end(self, patience: float) -> None:
        """Wait for the end, at most ``patience`` seconds; then kill."""
        if self._process is None:
            return
        try:
            self._process.wait(max(patience, 0))
        except subprocess.TimeoutExpired:
            log.error("%s did not end and was killed", self.part.name)  # noqa: TRY400 -- no trace
            self._process.kill()
            self._process.wait()


def supervise(parts: Sequence[Program], on_ready: Callable[[], None]) -> None:
    """Run ``parts``, in their order, until SIGTERM or SIGINT; then end all of them.

    ``on_ready`` is called once, when every part runs and its socket answers.
    """
    children = [Child(part) for part in parts]
    with _signals() as signals:
        try:
            _look_after(children, signals, on_ready)
        finally:
            _end(children)


def _look_after(
    children: Sequence[Child], signals: "Signals", on_ready: Callable[[], None]
) -> None:
    ready = False
    while not signals.told_to_end:
        now = time.monotonic()
        for child in children:
            child.look(now)
        if not ready and _all_ready(children):
            ready = True
            on_ready()
        signals.wait(None if _start_due(children, now) and ready else LOOK)


def _start_due(children: Sequence[Child], now: float) -> bool:
    """Start whose time has come; return whether all are running."""
    for child in children:
        if not child.running and child.start_at <= now:
            child.start(now)
    return all(child.running for child in children)


def _all_ready(children: Sequence[Child]) -> bool:
    return all(child.running and child.part.ready() for child in children)


def _end(children: Sequence[Child]) -> None:
    """End the last first: nobody is left waiting for one that is gone."""
    for child in reversed(children):
        child.ask_to_end()
    deadline = time.monotonic() + PATIENCE
    for child in reversed(children):
        child.end(deadline - time.monotonic())


class Signals:
    """The signals that matter, waited for through a pipe (signal.set_wakeup_fd)."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self.told_to_end = False

    def wait(self, seconds: float | None) -> None:
        """Wait for a signal, at most ``seconds``."""
        if select.select([self._pipe], [], [], seconds)[0]:
            received = os.read(self._pipe, 512)
            self.told_to_end |= bool({signal.SIGTERM, signal.SIGINT} & set(received))


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Let the signal through to the pipe instead of its default."""


@contextmanager
def _signals() -> Iterator[Signals]:
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    watched = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
    before = [(number, signal.signal(number, _nothing)) for number in watched]
    fd_before = signal.set_wakeup_fd(writing)
    try:
        yield Signals(reading)
    finally:
        signal.set_wakeup_fd(fd_before)
        for number, handler in before:
            signal.signal(number, handler)
        for fd in (reading, writing):
            with contextlib.suppress(OSError):
                os.close(fd)
