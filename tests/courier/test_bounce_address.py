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
    assert address.startswith("rmp+bounce-42-")
    assert address.endswith("@rmp.example")


def test_case_that_changed_on_the_way_does_not_matter() -> None:
    assert row_of(bounce_address(SERVICE, 7, KEY).upper(), SERVICE, KEY) == 7


def test_a_row_exchanged_in_the_address_is_refused() -> None:
    forged = bounce_address(SERVICE, 7, KEY).replace("-7-", "-8-")
    assert row_of(forged, SERVICE, KEY) is None
    assert is_bounce_address(forged, SERVICE)


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
