"""One writer at a time on an LMDB environment, over threads and processes.

LMDB has a mutex of its own for this, and it stays the last word. But a process that is
killed while it waits for that mutex can take the wake-up of another waiter with it (robust
mutexes, set_robust_list(2)); the other then sleeps until somebody else happens to contend.
A file lock is given back by the kernel whatever happens, so writers queue here first.
"""

import fcntl
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class WriteTurn:
    """The turn to write in ``folder``; a context manager. Make it after a fork."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, which is what is locked: no further file is needed."""
        self._fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._threads = threading.Lock()

    def close(self) -> None:
        """Give up the descriptor; a turn that is held ends."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        self._threads.acquire()
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except BaseException:
            self._threads.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._fd >= 0:
                fcntl.flock(self._fd, fcntl.LOCK_UN)
        finally:
            self._threads.release()
