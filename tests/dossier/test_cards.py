"""Cards as octets: what an earlier version wrote is read, and nothing that is not understood."""

import msgspec
import pytest

from rmp_milter.dossier.cards import (
    LAYOUT,
    NO_ACT,
    TAG_SIZE,
    CardError,
    OtherCredential,
    PersonCard,
    packed,
    person_card,
)

CARD = PersonCard(
    person=b"P" * 16,
    revision=7,
    act=NO_ACT,
    certificate=b"c" * 32,
    fingerprint="ab" * 20,
    signed_at=5,
    rpps="10101010104",
    name="Dr X",
    mail="x@x.fr",
    is_doctor=True,
    credentials=(OtherCredential(b"d" * 32, "cd" * 32, 9),),
)
TAG = bytes(TAG_SIZE)


def of_fields(count: int, *more: object) -> bytes:
    """Return the card as it is with so many fields, and with ``more`` behind them."""
    fields = msgspec.to_builtins(CARD, builtin_types=(bytes,))
    return LAYOUT + b"P" + msgspec.msgpack.encode([*fields[:count], *more]) + TAG


def test_a_card_is_read_as_it_was_written() -> None:
    assert person_card(packed(CARD) + TAG) == CARD
    assert of_fields(14) == packed(CARD) + TAG


def test_a_card_of_before_there_were_several_certificates_is_read() -> None:
    read = person_card(of_fields(13))
    assert read == msgspec.structs.replace(CARD, credentials=())


@pytest.mark.parametrize(
    "sealed",
    [
        of_fields(14, b"unknown"),
        of_fields(13, [[b"d" * 32, "cd" * 32]]),
        of_fields(13, [[b"d" * 32, "cd" * 32, 9, b"unknown"]]),
        of_fields(13, "none"),
    ],
)
def test_a_card_that_says_more_or_less_is_none(sealed: bytes) -> None:
    with pytest.raises(CardError):
        person_card(sealed)
