"""The simulated year: the same from one seed, and thieves in it who are found."""

from itertools import islice

import pytest
from honest_year import DAYS, Town
from thieves import HABITS, THRESHOLDS, thieves


def test_one_seed_is_one_year() -> None:
    first, again = (list(islice(Town(7).events(), 500)) for _ in range(2))
    assert [event.at for event in first] == [event.at for event in again]


def test_there_are_a_thousand_doctors_who_do_not_work_alike() -> None:
    doctors = Town(7).doctors
    assert len(doctors) == 1000
    assert any(each.first for each in doctors)
    assert any(each.last < DAYS for each in doctors)
    assert any(each.careful < 0.9 for each in doctors)


@pytest.mark.soak
def test_a_year_says_who_is_found_at_each_threshold() -> None:
    head, *lines = thieves(range(7, 8))
    assert head.startswith("thieves among 1000 doctors")
    assert len(lines) == len(THRESHOLDS)
    assert all(f"of {len(HABITS)} found" in line for line in lines)
    assert "in bulk 1 of 1" in lines[0]
