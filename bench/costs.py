"""What a piece of work costs: processor time, time, how many of the store's records it opens."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple
from unittest.mock import patch

from rmp_milter.store.format.codecs import Codec

TICKS = os.sysconf("SC_CLK_TCK")
MOST_SECONDS = 20
"""A figure is not measured for longer than this: fewer tries are made, one at least."""


class Figure(NamedTuple):
    """Medians of some tries: milliseconds of processor and of time, records opened and the most."""

    name: str
    processor: float
    time: float
    opened: float
    most: int
    tries: int

    def __str__(self) -> str:
        """Return the line that is printed."""
        return (
            f"{self.name}: {self.processor:.2f} ms of processor, {self.time:.2f} ms,"
            f" {self.opened:.0f} records opened (at most {self.most}; {self.tries} tries)"
        )


class _Try(NamedTuple):
    processor: float
    time: float
    opened: int


def figure(name: str, works: Iterable[Callable[[], object]]) -> Figure:
    """Do one work after the other, each once, and return what the middle one costs."""
    tries, began = list[_Try](), time.perf_counter()
    with _opened() as opened:
        for work in works:
            tries.append(_cost_of(work, opened))
            if time.perf_counter() - began > MOST_SECONDS:
                break
    return Figure(
        name,
        processor=1000 * median(each.processor for each in tries),
        time=1000 * median(each.time for each in tries),
        opened=median(each.opened for each in tries),
        most=max(each.opened for each in tries),
        tries=len(tries),
    )


def _cost_of(work: Callable[[], object], opened: Callable[[], int]) -> _Try:
    before, began, worked = opened(), time.perf_counter(), time.process_time()
    work()
    return _Try(time.process_time() - worked, time.perf_counter() - began, opened() - before)


@contextmanager
def _opened() -> Iterator[Callable[[], int]]:
    """Count the records that this process opens; give what says how many so far."""
    opens, count = Codec.open, 0

    def counting(codec: Codec[object], record: bytes, sealed: bytes | memoryview) -> object:
        nonlocal count
        count += 1
        return opens(codec, record, sealed)

    with patch.object(Codec, "open", counting):
        yield lambda: count


def spent(pids: Iterable[int]) -> float:
    """Return the seconds of processor, user's and system's, that processes have used so far."""
    found = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        found += int(fields[11]) + int(fields[12])
    return found / TICKS
