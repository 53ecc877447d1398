"""The statistic by which mails in pairs are compared: it must see what is there, and no more."""

import random

import pytest
from alike import distance


def times(mean: float, seed: int, count: int = 60) -> list[float]:
    """Return times as a busy machine has them: around the mean, and now and then far above."""
    drawn = random.Random(seed)  # noqa: S311 -- a sample
    return [mean + drawn.gauss(0, 3) + (drawn.random() < 0.1) * 80 for _ in range(count)]


def test_samples_of_one_kind_are_seldom_far_apart() -> None:
    found = [distance(times(50, seed), times(50, seed + 1000)) for seed in range(400)]
    assert sum(abs(each) >= 3 for each in found) <= 4  # of 400, some by chance
    assert abs(sum(found) / len(found)) < 0.3


@pytest.mark.parametrize("more", [4, -4])
def test_some_milliseconds_more_are_seen(more: int) -> None:
    found = [distance(times(50 + more, seed), times(50, seed + 1000)) for seed in range(50)]
    assert all(each * more > 0 for each in found)
    assert sum(abs(each) >= 3 for each in found) >= 48


def test_what_never_changes_is_no_distance() -> None:
    assert distance([1816] * 6, [1816] * 6) == 0
