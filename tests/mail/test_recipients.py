"""Which recipients are the service, with and without what Postfix made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.bounce_address import bounce_address
from rmp_milter.mail.recipients import NotOurs, recipient

SERVICE = "rmp@rmp.test"
OTHER = "urgences@chu.test"
BOUNCE = bounce_address(SERVICE, 7, bytes(32))


def judged(given: str, resolved: str = "") -> str | NotOurs:
    return recipient(given, resolved, (SERVICE, OTHER))


@pytest.mark.parametrize(
    "written",
    [
        "<rmp@rmp.test>",
        "rmp@rmp.test",
        "<RMP@RMP.Test>",
        "<rmp@rmp.test.>",
        '<"rmp"@rmp.test>',
        '<"r\\mp"@rmp.test>',
        "<rmp @rmp.test>",
        "< rmp@rmp.test >",
        "<(c)rmp@rmp.test>",
        "<rmp@rmp.test(c)>",
        "<@relay.test,@b.test:rmp@rmp.test>",
        "<rmp+x@rmp.test>",
        "<rmp+@rmp.test>",
        '<"rmp+x y"@rmp.test>',
        "<rmp\\@rmp.test>",
        '<"rmp@rmp.test">',
    ],
)
def test_every_spelling_of_the_address_is_the_service(written: str) -> None:
    assert judged(written) == SERVICE
    assert judged(written, SERVICE) == SERVICE


@pytest.mark.parametrize("written", ["<rmp%rmp.test>", "<rmp>", "<rmp.test!rmp>", "<x>"])
def test_what_postfix_makes_of_a_recipient_decides(written: str) -> None:
    assert judged(written, SERVICE) == SERVICE
    assert judged(written, "rmp+x@rmp.test") == SERVICE
    assert judged(written, OTHER) == OTHER


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("<rmp%rmp.test>", ""),
        ("<rmp.test!rmp>", ""),
        ("<rmp%rmp.test@mail.test>", "rmp%rmp.test@mail.test"),
        ("<rmp+x%rmp.test@mail.test>", ""),
        ("<rmp@rmp.test@rmp.test>", '"rmp@rmp.test"@rmp.test'),
        ('<"rmp@rmp.test"@rmp.test>', '"rmp@rmp.test"@rmp.test'),
        ("<a!rmp.test!rmp@b.test>", ""),
    ],
)
def test_an_address_that_hides_the_services_is_refused(written: str, resolved: str) -> None:
    assert judged(written, resolved) is NotOurs.DISGUISED


@pytest.mark.parametrize(
    "written",
    [
        "<reader@elsewhere.test>",
        "<xrmp@rmp.test>",
        "<x.rmp@rmp.test>",
        "<rmpx@rmp.test>",
        "<rmp@rmp.test.fr>",
        "<rmp@xrmp.test>",
        "<rmp@sub.rmp.test>",
        "<x+rmp=rmp.test@list.test>",
        "<SRS0=ab=cd=rmp.test=rmp@forward.test>",
        "<>",
        "<@>",
    ],
)
def test_other_peoples_addresses_are_theirs(written: str) -> None:
    assert judged(written) is NotOurs.OTHERS
    assert judged(written, written.strip("<>")) is NotOurs.OTHERS


def test_a_bounce_address_keeps_its_row_however_it_is_written() -> None:
    local, _, domain = BOUNCE.partition("@")
    for written in (f"<{BOUNCE}>", f"<{BOUNCE.upper()}>", f'<"{local}"@{domain}.>'):
        assert judged(written) == BOUNCE


@given(st.text(max_size=60), st.text(max_size=60))
def test_anything_is_judged(written: str, resolved: str) -> None:
    assert (
        judged(written, resolved) in {SERVICE, OTHER, *NotOurs}
        or "+bounce-" in written + resolved
    )
