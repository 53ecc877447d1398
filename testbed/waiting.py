"""Wait for something to become true, without guessing how long it takes."""

import time
from collections.abc import Callable
from pathlib import Path

PAUSE_SECONDS = 0.02


def wait_until(reached: Callable[[], bool], timeout: float, what: str) -> None:
    """Return as soon as ``reached`` says so; raise :class:`TimeoutError` naming ``what``."""
    deadline = time.monotonic() + timeout
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(PAUSE_SECONDS)


def is_running(pid: int) -> bool:
    """Whether a process is there and at work (not a zombie that nobody has reaped)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
