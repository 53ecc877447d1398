"""Cells reckoned and drawn by lot: they agree, one cell more moves what it must, and no more."""

from datetime import date, timedelta
from random import Random

import pytest
from cell_arithmetic import YEAR, Cells, Faults, Need
from cell_choice import cell_of
from cell_simulation import (
    Placed,
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
from celling import arithmetic
from hypothesis import given
from hypothesis import strategies as st

KEY = b"of a test's own".ljust(32)
FEW = Cells(7)


def chance(seed: int = 1) -> Random:
    return Random(seed)  # noqa: S311 -- a simulation


@pytest.fixture(scope="module")
def born() -> dict[date, int]:
    return days(chance(), FEW.need.dossiers)


@pytest.fixture(scope="module")
def placed(born: dict[date, int]) -> Placed:
    return place(KEY, born, FEW.number)


@given(
    born=st.dates(date(1900, 1, 1), date(2030, 12, 31)),
    cells=st.sets(st.integers(0, 500), min_size=1, max_size=12),
    more=st.integers(501, 600),
)
def test_one_more_takes_a_day_to_itself_or_leaves_it_where_it_was(
    born: date, cells: set[int], more: int
) -> None:
    before = cell_of(KEY, born, sorted(cells))
    assert before in cells
    assert cell_of(KEY, born, [more, *cells]) in {before, more}
    assert cell_of(KEY, born, [*cells, *cells]) == before


def test_who_lacks_the_key_knows_no_days_cell() -> None:
    dates = [date(1950, 1, 1) + timedelta(each) for each in range(400)]
    alike = sum(
        cell_of(KEY, day, range(8)) == cell_of(b"another".ljust(32), day, range(8))
        for day in dates
    )
    assert alike < 100


def test_all_of_sixty_million_are_placed(born: dict[date, int], placed: Placed) -> None:
    assert sum(placed.sizes) == sum(born.values())
    assert sum(born.values()) == pytest.approx(60_000_000, rel=0.001)


def test_sizes_and_moves_are_as_reckoned(born: dict[date, int], placed: Placed) -> None:
    squares = concentration(born)
    assert largest(chance(), FEW, placed).fits(FEW.largest(squares))
    assert spread(placed).fits(FEW.spread_of_sizes(squares))
    assert moved(placed, squares).fits(FEW.moved_by_one_more)
    assert all(
        0 < some < size / 3 for some, size in zip(placed.taken, placed.sizes, strict=True)
    )


def test_a_wrong_reckoning_does_not_fit(born: dict[date, int], placed: Placed) -> None:
    squares = concentration(born)
    assert not moved(placed, squares).fits(1.5 * FEW.moved_by_one_more)
    assert not outages(chance(), FEW, years=100).fits(2 * FEW.incomplete)


def test_times_and_faults_are_as_reckoned() -> None:
    hour, fullest = busiest_hour(chance(), 2.0, cells=3)
    assert hour.fits(2.0)
    assert abs(fullest - fullest_second(2.0, 3 * 3600)) <= 3
    assert outages(chance(), FEW, years=100).fits(FEW.incomplete)
    waits = sorted(slowest(chance(), FEW, searches=1001))
    assert waits[500] == pytest.approx(FEW.slowest, rel=0.1)


def test_together_cells_bear_what_one_would() -> None:
    one = Cells(1)
    assert FEW.number * FEW.deposits_a_day == pytest.approx(one.deposits_a_day)
    assert FEW.number * FEW.octets == pytest.approx(one.octets)
    assert FEW.searches_a_second == one.searches_a_second  # each is asked all of them


def test_a_cell_that_never_fails_lacks_in_no_search() -> None:
    sure = Cells(60, faults=Faults(failovers=0, losses=0))
    assert sure.incomplete == 0
    assert Cells(60, faults=Faults(0, 0, losses=1, loss_seconds=YEAR)).incomplete == 1


def test_the_table_has_a_column_for_each_number(born: dict[date, int]) -> None:
    rows = list(arithmetic(concentration(born), (1, 60)))
    assert len(rows[0].split()) == len(("cells", "1", "60"))
    assert f"{Need().dossiers:,}" in rows[1]
