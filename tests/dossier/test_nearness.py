"""Slips of the hand between two words."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmp_milter.dossier.nearness import is_near, one_slip_away

WORDS = st.text("ABC", max_size=6)


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("DUPONT", "DUPONT", 0),
        ("DUPONT", "DUPOND", 1),
        ("DUPONT", "DUPON", 1),
        ("DUPONT", "DUPPONT", 1),
        ("DUPONT", "DUPNOT", 1),
        ("DUPONT", "DPUNOT", 2),
        ("DUPONT", "PONT", 2),
        ("", "AB", 2),
    ],
)
def test_as_many_slips_as_it_takes_and_no_fewer(one: str, other: str, slips: int) -> None:
    for first, second in ((one, other), (other, one)):
        assert is_near(first, second, slips)
        assert not (slips and is_near(first, second, slips - 1))


@given(one=WORDS, other=WORDS)
@settings(derandomize=True, deadline=None)
def test_as_the_plain_definition_has_it(one: str, other: str) -> None:
    for slips in range(3):
        assert is_near(one, other, slips) == (distance(one, other) <= slips)


@given(one=st.text("ABC", max_size=4))
@settings(derandomize=True, deadline=None)
def test_all_that_are_one_slip_away_and_no_others(one: str) -> None:
    lengths = range(max(0, len(one) - 1), len(one) + 2)
    words = {"".join(signs) for size in lengths for signs in product("ABC", repeat=size)}
    near = {each for each in words if each != one and is_near(one, each, 1)}
    assert one_slip_away(one, "ABC") == near


def distance(one: str, other: str) -> int:
    """Return the distance of optimal string alignment, as it is defined."""
    if not (one and other):
        return len(one) + len(other)
    steps = [
        distance(one[:-1], other) + 1,
        distance(one, other[:-1]) + 1,
        distance(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if one[-2:] == other[-2:][::-1] and len(one) > 1 < len(other):
        steps.append(distance(one[:-2], other[:-2]) + 1)
    return min(steps)
