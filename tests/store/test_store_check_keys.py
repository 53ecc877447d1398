"""Keys asked for and keys found: equal or not is told by sums, and which is not, by name."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.store.check import keys as check_keys
from rmp_milter.store.check.keys import PARTS, Hasher, Remembered, Sums

HASHER = Hasher(b"r" * 32)
some_keys = st.lists(st.binary(min_size=1, max_size=4), max_size=30)


def sums_of(asked: list[bytes], found: list[bytes]) -> Sums:
    sums = Sums(HASHER)
    for key in asked:
        sums.ask(key)
    for key in found:
        sums.find(key)
    return sums


@given(some_keys, st.randoms())
def test_the_same_keys_in_any_order_leave_nothing_over(
    keys: list[bytes], chance: object
) -> None:
    shuffled = list(keys)
    chance.shuffle(shuffled)
    assert sums_of(keys, shuffled).unequal() == []


@given(some_keys, some_keys)
def test_other_keys_or_another_number_of_them_leave_something_over(
    asked: list[bytes], found: list[bytes]
) -> None:
    equal = Counter(asked) == Counter(found)
    assert (sums_of(asked, found).unequal() == []) is equal


@given(some_keys, some_keys)
def test_each_key_that_differs_is_in_a_part_that_does(
    asked: list[bytes], found: list[bytes]
) -> None:
    parts = sums_of(asked, found).unequal()
    remembered = Remembered(HASHER, parts, whole=True)
    for key in asked:
        remembered.ask(key, b"by")
    for key in found:
        remembered.find(key)
    assert set(asked) ^ set(found) == remembered.asked.keys() ^ remembered.found


@given(some_keys)
def test_a_key_that_two_ask_for_is_remembered_with_both(keys: list[bytes]) -> None:
    parts = sums_of([*keys, *keys], keys).unequal()
    remembered = Remembered(HASHER, parts, whole=True)
    for by in (b"one", b"two"):
        for key in set(keys):
            remembered.ask(key, by)
    assert remembered.asked == {key: [b"one", b"two"] for key in keys}


def test_a_key_that_comes_as_often_as_the_sum_has_room_for_is_still_too_many() -> None:
    """Adding one number again and again comes back to nothing only after 2^256 / 2^k times."""
    assert sums_of([b"k"] * 4096, []).unequal()


def test_another_run_has_other_numbers() -> None:
    assert Hasher(b"s" * 32).number(b"key") != HASHER.number(b"key")


def test_no_more_is_remembered_than_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [number.to_bytes(4, "big") for number in range(20 * PARTS)]
    sums = sums_of(keys, [])
    parts = sums.unequal()
    assert len(parts) == PARTS
    monkeypatch.setattr(check_keys, "MOST_REMEMBERED", 1000)
    few = sums.few(parts)
    assert 0 < sum(HASHER.number(key) % PARTS in few for key in keys) <= 1000
    monkeypatch.setattr(check_keys, "MOST_REMEMBERED", 1)
    assert len(sums.few(parts)) == 1
    assert sums.few([]) == frozenset()
