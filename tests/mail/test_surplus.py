"""What may not be encrypted beside a mail's body, in every order, and what may."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_builders import (
    CERTIFICATE,
    CONTROL,
    MESSAGE,
    OTHER_MESSAGE,
    SIGNATURE,
    armored,
    file_part,
    mail,
    multipart,
    part,
    pgp_mime,
    text_part,
)

from rmp_milter.mail.incoming.shapes import recognise
from rmp_milter.mail.incoming.surplus import Surplus

WHOLE = pgp_mime(armored(MESSAGE))
OTHER_WHOLE = multipart("encrypted", CONTROL, part("Content-Type: x/y", armored(OTHER_MESSAGE)))
TEXT, OTHER_TEXT = text_part(armored(MESSAGE)), text_part(armored(OTHER_MESSAGE))
PAGE = part("Content-Type: text/html", b"<pre>" + armored(MESSAGE) + b"</pre>")
OTHER_PAGE = part("Content-Type: text/html", b"<pre>" + armored(OTHER_MESSAGE) + b"</pre>")
FILE = file_part("a.pdf.pgp", OTHER_MESSAGE)
ARMORED_FILE = file_part("a.asc", armored(OTHER_MESSAGE))
FOOTER = text_part(b"Sent from my phone")
TWIN = file_part("PGPexch.htm.pgp", OTHER_MESSAGE)


def attached(content: bytes) -> bytes:
    return part("Content-Type: message/rfc822", mail(content))


TAKEN = {
    "a whole": [WHOLE, FOOTER],
    "a text": [TEXT],
    "a text and files": [TEXT, FILE, ARMORED_FILE, FOOTER],
    "a page and files": [PAGE, FILE],
    "files alone": [FILE, ARMORED_FILE],
    "a text and the page that repeats it": [TEXT, PAGE],
    "a text twice": [TEXT, TEXT],
    "a text and its twin": [TEXT, TWIN, FILE],
    "a whole and a twin": [WHOLE, TWIN],
    "a key and a signature": [
        WHOLE,
        file_part("k.asc", armored(CERTIFICATE, "PUBLIC KEY BLOCK")),
        file_part("s.sig", SIGNATURE),
    ],
    "a mail attached": [attached(WHOLE)],
    "a text attached with its files": [attached(multipart("mixed", TEXT, FILE))],
}
SECOND = {
    "two wholes": [WHOLE, OTHER_WHOLE],
    "the same whole twice": [WHOLE, WHOLE],
    "a text beside a whole": [WHOLE, OTHER_TEXT],
    "a page beside a whole": [WHOLE, OTHER_PAGE],
    "two texts": [TEXT, OTHER_TEXT],
    "two pages": [PAGE, OTHER_PAGE],
    "a text and another page": [TEXT, OTHER_PAGE],
    "two blocks in a text": [text_part(armored(MESSAGE) + b"x\n" + armored(OTHER_MESSAGE))],
    "two blocks in a whole": [pgp_mime(armored(MESSAGE) + armored(OTHER_MESSAGE))],
    "two blocks in a file": [TEXT, file_part("a.asc", armored(MESSAGE) + armored(MESSAGE))],
    "a mail attached to a whole": [WHOLE, attached(OTHER_WHOLE)],
    "a text attached to a text": [TEXT, attached(OTHER_TEXT)],
    "another's file attached": [TEXT, attached(multipart("mixed", FOOTER, FILE))],
}
BESIDE = {
    "a file": [WHOLE, FILE],
    "an armored file": [WHOLE, ARMORED_FILE, FOOTER],
    "a file in the same multipart": [
        multipart("encrypted", CONTROL, part("Content-Type: x/y", armored(MESSAGE)), FILE)
    ],
    "a file beside a mixed up one": [CONTROL, file_part("encrypted.asc", MESSAGE), FILE],
}


def surplus_of(parts: tuple[bytes, ...]) -> Surplus | None:
    return recognise(mail(multipart("mixed", *parts, boundary="outer"))).surplus


@pytest.mark.parametrize("kind", TAKEN)
def test_what_clients_and_servers_make_is_taken_in_any_order(kind: str) -> None:
    assert {surplus_of(order) for order in permutations(TAKEN[kind])} == {None}


@pytest.mark.parametrize("kind", SECOND)
def test_a_second_body_is_noticed_in_any_order(kind: str) -> None:
    assert {surplus_of(order) for order in permutations(SECOND[kind])} == {Surplus.BODY}


@pytest.mark.parametrize("kind", BESIDE)
def test_a_file_beside_a_whole_is_noticed(kind: str) -> None:
    assert surplus_of(tuple(BESIDE[kind])) is Surplus.FILE


def test_a_second_block_far_behind_the_first_is_noticed() -> None:
    between = b"A" * 76 + b"\n"
    raw = mail(pgp_mime(armored(MESSAGE) + between * 40_000 + armored(OTHER_MESSAGE)))
    assert recognise(raw).surplus is Surplus.BODY


@given(st.lists(st.sampled_from([WHOLE, TEXT, OTHER_TEXT, FILE, FOOTER]), max_size=5))
def test_nothing_is_opened_but_one_body_and_the_files_of_a_text(parts: list[bytes]) -> None:
    shape = recognise(mail(multipart("mixed", *parts, boundary="outer")))
    opened = shape.wanted
    assert opened == shape.pieces[: len(opened)]
    assert [piece.main for piece in opened] == [True, *[False] * (len(opened) - 1)][
        : len(opened)
    ]
    if WHOLE in parts or {TEXT, OTHER_TEXT} <= set(parts):
        assert len(opened) == 1
