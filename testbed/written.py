"""Which files processes write to, wherever these lie: each opening, seen by strace."""

import re
import signal
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from rmp_milter.disk.closing import Closing
from testbed.command import program
from testbed.folders import own_folder
from testbed.processes import threads, tracer, written_files
from testbed.waiting import wait_until

START_SECONDS = 60
_OPENED = re.compile(
    r"^\w*(?:open|creat)\w*\(.*(?:O_WRONLY|O_RDWR|creat\().* = \d+<(/.*)>(?:\(deleted\))?$"
)


class WriteWatch(Closing):
    """Watches processes, and all that they start from now on, until it is stopped.

    ``pids`` are running processes. Returns when no opening can be missed any more.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        self._pids = list(pids)
        self._folder = own_folder("rmp-trace-")
        self._tracing = subprocess.Popen(  # noqa: S603 -- an argument list of ours
            [
                *(program("strace"), "-ff", "-y", "-s", "4096", "-qq"),
                *("-e", "trace=open,openat,openat2,creat", "-e", "signal=none"),
                *("-o", self._folder / "calls"),
                *(word for pid in self._pids for word in ("-p", str(pid))),
            ]
        )
        wait_until(self._attached, START_SECONDS, "strace at all processes")

    def stop(self) -> set[Path]:
        """Let the processes go; return all files that they opened, or held open, to write."""
        held = {file for pid in self._pids for file in written_files(pid)}
        self.close()
        return held | set(self._opened())

    def close(self) -> None:
        """Let the processes go."""
        if self._tracing.poll() is None:
            self._tracing.send_signal(signal.SIGINT)
            self._tracing.wait(START_SECONDS)

    def _attached(self) -> bool:
        everybody = [thread for pid in self._pids for thread in threads(pid)]
        return all(tracer(thread) == self._tracing.pid for thread in everybody)

    def _opened(self) -> Iterator[Path]:
        for calls in self._folder.iterdir():
            for line in calls.read_text(errors="replace").splitlines():
                if found := _OPENED.match(line):
                    yield Path(found[1])
