import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.bounce_address import bounce_address, is_bounce_address, row_of

KEY = bytes(range(32))
SERVICE = "rmp@rmp.example"


@given(st.integers(0, 2**64 - 1))
def test_each_row_is_found_again_from_its_address(row: int) -> None:
    assert row_of(bounce_address(SERVICE, row, KEY), SERVICE, KEY) == row


def test_the_address_is_lower_case_and_an_extension_of_the_service_address() -> None:
    address = bounce_address("RMP@Rmp.Example", 42, KEY)
    assert address == address.lower()
    assert re.fullmatch(r"rmp\+bounce-[a-z2-7]{26}@rmp\.example", address)


@given(st.integers(0, 2**64 - 2), st.integers(1, 1000))
def test_an_address_tells_no_number_and_no_order(row: int, further: int) -> None:
    """Rows that follow each other have addresses of one length with nothing in common."""
    one, other = (
        bounce_address(SERVICE, each, KEY) for each in (row, min(row + further, 2**64 - 1))
    )
    assert len(one) == len(other)
    signs = [each.removeprefix("rmp+bounce-")[:26] for each in (one, other)]
    alike = sum(mine == his for mine, his in zip(*signs, strict=True))
    assert alike < 13  # half of 26: by chance once in 10^11


def test_addresses_sort_in_no_order_of_rows() -> None:
    addresses = [bounce_address(SERVICE, row, KEY) for row in range(200)]
    grows = sum(one < next_ for one, next_ in pairwise(addresses))
    assert len(set(addresses)) == 200
    assert 60 < grows < 140


def test_case_that_changed_on_the_way_does_not_matter() -> None:
    assert row_of(bounce_address(SERVICE, 7, KEY).upper(), SERVICE, KEY) == 7


@given(st.integers(11, 36), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_an_address_with_another_sign_is_refused(place: int, sign: str) -> None:
    address = bounce_address(SERVICE, 7, KEY)
    forged = address[:place] + sign + address[place + 1 :]
    assert row_of(forged, SERVICE, KEY) == (7 if forged == address else None)
    assert is_bounce_address(forged, SERVICE)


class TestOfTheReleaseBefore:
    """Made by the first release: answers that left with them may still come back."""

    SEVEN = "rmp+bounce-7-tbyg5qhnmvts76ln@rmp.example"

    def test_its_row_is_found(self) -> None:
        assert row_of(self.SEVEN, SERVICE, KEY) == 7
        assert row_of(self.SEVEN.upper(), SERVICE, KEY) == 7

    def test_a_row_exchanged_in_it_is_refused(self) -> None:
        forged = self.SEVEN.replace("-7-", "-8-")
        assert row_of(forged, SERVICE, KEY) is None
        assert is_bounce_address(forged, SERVICE)

    def test_another_key_or_service_does_not_accept_it(self) -> None:
        assert row_of(self.SEVEN, SERVICE, bytes(32)) is None
        moved = self.SEVEN.replace("@rmp.", "@rmp2.")
        assert row_of(moved, "rmp@rmp2.example", KEY) is None


def test_another_key_makes_and_accepts_other_addresses() -> None:
    assert row_of(bounce_address(SERVICE, 7, bytes(32)), SERVICE, KEY) is None


def test_the_address_of_another_service_with_the_same_key_is_refused() -> None:
    other = bounce_address("rmp@rmp2.example", 7, KEY)
    assert row_of(other.replace("rmp2", "rmp"), SERVICE, KEY) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "rmp",
        SERVICE,
        "rmp+bounce-@rmp.example",
        "rmp+bounce-aaaaaaaaaaaaaaaaaaaaaaaaaa@rmp.example",
        "rmp+bounce-aaaaaaaaaaaaaaaaaaaaaaaaa@rmp.example",
        "rmp+bounce-aaaaaaaaaaaaaaaaaaaaaaaaaaa@rmp.example",
        "rmp+bounce-7@rmp.example",
        "rmp+bounce-07-aaaaaaaaaaaaaaaa@rmp.example",
        "rmp+bounce-7-aaaaaaaaaaaaaaaa@rmp.example",
        "rmp+bounce-99999999999999999999-aaaaaaaaaaaaaaaa@rmp.example",
        "rmp+bounce-\u0667-aaaaaaaaaaaaaaaa@rmp.example",
        "other+bounce-7-aaaaaaaaaaaaaaaa@rmp.example",
    ],
)
def test_anything_else_is_no_row(address: str) -> None:
    assert row_of(address, SERVICE, KEY) is None


@given(st.text())
def test_no_address_from_outside_makes_it_fail(address: str) -> None:
    assert row_of(address, SERVICE, KEY) is None
    assert row_of(f"rmp+bounce-{address}@rmp.example", SERVICE, KEY) is None


@pytest.mark.parametrize(("service", "row"), [("rmp", 1), (SERVICE, -1), (SERVICE, 2**64)])
def test_an_impossible_address_is_not_made(service: str, row: int) -> None:
    with pytest.raises(ValueError, match="no bounce address"):
        bounce_address(service, row, KEY)


def test_a_plain_address_is_no_bounce_address() -> None:
    assert not is_bounce_address(SERVICE, SERVICE)
    assert not is_bounce_address("rmp+bounce-1-x@elsewhere.example", SERVICE)
