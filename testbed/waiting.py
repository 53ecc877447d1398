"""Wait for something to become true, without guessing how long it takes."""

import time
from collections.abc import Callable

PAUSE_SECONDS = 0.02
PATIENCE_SECONDS = 90
"""For what a machine with nothing else to do has done in a second: others may use it too."""


def wait_until(reached: Callable[[], bool], timeout: float, what: str) -> None:
    """Return as soon as ``reached`` says so; raise :class:`TimeoutError` naming ``what``."""
    deadline = time.monotonic() + timeout
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(PAUSE_SECONDS)
