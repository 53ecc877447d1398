"""Cells in lines: what they have to bear, and whether what was drawn by lot agrees."""

from collections.abc import Iterator, Sequence
from random import Random
from statistics import median

from cell_arithmetic import TB, Cells
from cell_simulation import (
    Sampled,
    busiest_hour,
    concentration,
    days,
    fullest_second,
    largest,
    moved,
    outages,
    place,
    slowest,
    spread,
)

NUMBERS = (1, 15, 30, 60, 120)
DRAWN = 60
"""The number that is simulated."""
KEY = bytes(range(32))


def arithmetic(squares: float, numbers: Sequence[int] = NUMBERS) -> Iterator[str]:
    """Yield the table: a row for each figure, a column for each number of cells."""
    several = [Cells(number) for number in numbers]
    rows = {
        "cells": [f"{each.number}" for each in several],
        "dossiers, the mean": [f"{each.dossiers:,.0f}" for each in several],
        "dossiers, the largest": [f"{_largest(each, squares):,.0f}" for each in several],
        "deposits, the busiest day": [f"{each.deposits_a_day:,.0f}" for each in several],
        "deposits/s, the busiest hour": [f"{each.deposits_a_second:.1f}" for each in several],
        "searches without a day/s": [f"{each.searches_a_second:.2f}" for each in several],
        "turns to write/s": [f"{each.turns_a_second:.0f}" for each in several],
        "of what a server did": [_share(each) for each in several],
        "processors busy": [f"{each.processors:.2f}" for each in several],
        "TB after ten years": [f"{each.octets / TB:.1f}" for each in several],
        "base backup, hours": [f"{each.hours_of_a_base_backup:.1f}" for each in several],
        "dossiers a search opens": [f"{each.looked_at:,.0f}" for each in several],
        "seconds to the last answer": [f"{each.slowest:.3f}" for each in several],
        "searches that lack a cell": [f"{each.incomplete:.3%}" for each in several],
        "people, one cell away": [f"{1 / each.number:.1%}" for each in several],
        "moved by one more": [f"{each.moved_by_one_more:.2%}" for each in several],
    }
    for name, values in rows.items():
        yield f"  {name:<30}" + "".join(f"{value:>13}" for value in values)


def _largest(cells: Cells, squares: float) -> float:
    return cells.dossiers if cells.number == 1 else cells.largest(squares)


def _share(cells: Cells) -> str:
    return f"{cells.turns_a_second / cells.measured.turns:.0%}"


def cells(seed: int = 2026, number: int = DRAWN) -> Iterator[str]:
    """Yield the arithmetic, then the same drawn by lot, with its error."""
    random, plan = Random(seed), Cells(number)  # noqa: S311 -- a simulation
    born = days(random, plan.need.dossiers)
    squares = concentration(born)
    yield f"{plan.need.dossiers:,} dossiers in cells, each (assumptions: bench/cell_arithmetic.py):"
    yield from arithmetic(squares)
    yield f"drawn by lot, {number} cells, seed {seed}:"
    placed = place(KEY, born, number)
    for name, reckoned, found in (
        ("dossiers of the largest cell", plan.largest(squares), largest(random, plan, placed)),
        ("spread of sizes", plan.spread_of_sizes(squares), spread(placed)),
        ("moved by one more", plan.moved_by_one_more, moved(placed, squares)),
    ):
        yield _sampled(name, reckoned, found)
    hour, fullest = busiest_hour(random, plan.deposits_a_second, number)
    yield _sampled("deposits/s, a cell, the busiest hour", plan.deposits_a_second, hour)
    expected = fullest_second(plan.deposits_a_second, 3600 * number)
    yield _line("deposits in the fullest second of any cell", expected, fullest)
    away = outages(random, plan, years=300)
    yield _sampled("searches that lack a cell (300 years)", plan.incomplete, away)
    waits = slowest(random, plan, searches=4000)
    yield _line("seconds to the last answer, median", plan.slowest, median(waits))
    late = sum(each > plan.faults.deadline for each in waits)
    yield f"  searches past the deadline: reckoned {plan.late:.1g}, drawn {late} of {len(waits):,}"


def _line(name: str, reckoned: float, found: float) -> str:
    return (
        f"  {name}: reckoned {reckoned:,.3g}, drawn {found:,.3g} ({found / reckoned - 1:+.1%})"
    )


def _sampled(name: str, reckoned: float, found: Sampled) -> str:
    fits = "fits" if found.fits(reckoned) else "DOES NOT FIT"
    drawn = f"drawn {found.mean:,.5g} ± {found.error:,.2g}"
    return f"  {name}: reckoned {reckoned:,.5g}, {drawn}: {fits}"
