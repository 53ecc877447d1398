"""What a piece of work costs, in a measure that no busy machine changes."""

import sys
import time
from collections.abc import Callable
from functools import cache
from types import FrameType


def calls_of(work: Callable[[], object]) -> int:
    """Return how many calls of functions, Python's and C's, the work takes."""
    count = 0

    def counting(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def turns_of(work: Callable[[], object]) -> float:
    """Return how many million turns of an empty loop take as much processor time in this run.

    For what no count of calls sees: expressions, decompression.
    """
    return _seconds(work) / _a_million()


@cache
def _a_million() -> float:
    def loop() -> None:
        for _ in range(1_000_000):
            pass

    return min(_seconds(loop) for _ in range(5))


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
