import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.rpps import rpps_valid


@pytest.mark.parametrize("number", ["10003456786", "00000000000"])
def test_eleven_digits_with_their_check_digit_are_valid(number: str) -> None:
    assert rpps_valid(number)


@pytest.mark.parametrize(
    "number",
    ["", "1000345678", "100034567860", "1000345678X", "１０００３４５６７８６", "-0003456786"],
)
def test_anything_else_is_not(number: str) -> None:
    assert not rpps_valid(number)


@given(st.integers(0, 10**10 - 1), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(base: int, place: int, change: int) -> None:
    (number,) = [f"{base:010}{last}" for last in range(10) if rpps_valid(f"{base:010}{last}")]
    digits = [int(digit) for digit in number]
    digits[place] = (digits[place] + change) % 10
    assert not rpps_valid("".join(map(str, digits)))
