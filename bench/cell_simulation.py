"""The arithmetic of cells drawn by lot: sixty million people, an hour's mails, years of faults.

The same by one seed. Days of birth are drawn whole, all sixty million of them; times are sampled,
and each figure that is has its standard error beside it.
"""

import math
from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from statistics import fmean, stdev

from cell_arithmetic import HOUR, YEAR, Cells
from cell_choice import drawn

THIS_YEAR = 2026
UNKNOWN = 0.005
"""The share of people whose day is not known, and was made the first of January."""
OLDEST = 102


@dataclass(frozen=True)
class Sampled:
    """A mean, with its standard error."""

    mean: float
    error: float

    def fits(self, expected: float, errors: float = 4) -> bool:
        """Whether what was expected is as near as chance allows."""
        return abs(self.mean - expected) <= errors * self.error

    @classmethod
    def of(cls, found: Sequence[float]) -> "Sampled":
        """Return the mean of values that were drawn one by one."""
        return cls(fmean(found), stdev(found) / math.sqrt(len(found)))


def days(random: Random, people: int) -> dict[date, int]:
    """Return how many people were born on each day: as many of each age up to 74, then fewer."""
    found = dict[date, int]()
    ages = [1.0 if age < 75 else ((OLDEST - age) / 28) for age in range(OLDEST)]
    for age, weight in enumerate(ages):
        first = date(THIS_YEAR - age, 1, 1)
        length = (date(THIS_YEAR - age + 1, 1, 1) - first).days
        here = people * weight / sum(ages)
        for day in range(length):
            mean = here * (1 - UNKNOWN) / length + (0 if day else here * UNKNOWN)
            found[first + timedelta(day)] = max(0, round(random.gauss(mean, math.sqrt(mean))))
    return found


def concentration(born: dict[date, int]) -> float:
    """Return the sum of the squares of the days' shares."""
    people = sum(born.values())
    return sum((count / people) ** 2 for count in born.values())


@dataclass(frozen=True)
class Placed:
    """How many dossiers each cell has, and how many of them one cell more takes."""

    sizes: tuple[int, ...]
    taken: tuple[int, ...]
    """From each of the cells before."""


def place(key: bytes, born: dict[date, int], number: int) -> Placed:
    """Give each day to one of ``number`` cells, and then to one more than that."""
    sizes, taken = [0] * number, [0] * number
    for day, count in born.items():
        won, winner = max((drawn(key, cell, day), cell) for cell in range(number))
        sizes[winner] += count
        if drawn(key, number, day) > won:
            taken[winner] += count
    return Placed(tuple(sizes), tuple(taken))


def largest(random: Random, cells: Cells, placed: Placed) -> Sampled:
    """Return the dossiers of the largest cell; the error is that of a normal's maximum."""
    maxima = [max(random.gauss() for _ in range(cells.number)) for _ in range(500)]
    error = stdev(maxima) * stdev(placed.sizes)
    return Sampled(float(max(placed.sizes)), error)


def spread(placed: Placed) -> Sampled:
    """Return the standard deviation of the sizes, 1 being the mean."""
    found = stdev(placed.sizes) / fmean(placed.sizes)
    return Sampled(found, found / math.sqrt(2 * (len(placed.sizes) - 1)))


def moved(placed: Placed, squares: float) -> Sampled:
    """Return the share of all that the new cell takes; ``squares`` as in ``concentration``."""
    found = sum(placed.taken) / sum(placed.sizes)
    return Sampled(found, math.sqrt(found * (1 - found) * squares))


def busiest_hour(random: Random, mean: float, cells: int) -> tuple[Sampled, int]:
    """Return the mails a second in an hour, and the most that one cell had in one second."""
    seconds = [_poisson(random, mean) for _ in range(HOUR * cells)]
    return Sampled.of([float(each) for each in seconds]), max(seconds)


def fullest_second(mean: float, seconds: int) -> int:
    """Return what the fullest of many seconds has, by Poisson's law: its median."""
    below, term, most = math.exp(-mean), math.exp(-mean), 0
    while below**seconds < 0.5:
        most += 1
        term *= mean / most
        below += term
    return most


def outages(random: Random, cells: Cells, years: int) -> Sampled:
    """Return for which share of the time some cell is away: one value a year, their mean."""
    return Sampled.of([_away(random, cells) / YEAR for _ in range(years)])


def _away(random: Random, cells: Cells) -> float:
    """Return the seconds of a year in which at least one cell is away."""
    faults, spans = cells.faults, list[tuple[float, float]]()
    kinds = (
        (faults.failovers, faults.failover_seconds),
        (faults.losses, faults.loss_seconds),
    )
    for often, seconds in kinds:
        for _ in range(_poisson(random, often * cells.number)):
            begin = random.uniform(0, YEAR)
            insort(spans, (begin, begin + random.expovariate(1 / seconds)))
    return sum(end - begin for begin, end in _together(spans))


def _together(spans: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield spans, in order, without what two of them share."""
    until = 0.0
    for begin, end in spans:
        if end > until:
            yield max(begin, until), end
            until = end


def slowest(random: Random, cells: Cells, searches: int) -> list[float]:
    """Return the seconds until the last cell has answered, of each search."""
    faults = cells.faults
    middle = math.log(faults.median)
    return [
        max(random.lognormvariate(middle, faults.spread) for _ in range(cells.number))
        for _ in range(searches)
    ]


def _poisson(random: Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    found, passed = 0, random.expovariate(1)
    while passed < mean:
        found, passed = found + 1, passed + random.expovariate(1)
    return found
