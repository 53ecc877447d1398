import mmap

from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.incoming.digest import duplicate_digest
from rmp_milter.mail.incoming.mimetree import MAX_HEADER

MAIL = b"From: a@example.test\r\nMessage-ID: <1@a>\r\n\r\nbody\r\n"
TO = ("rmp@example.test",)


def test_a_retry_has_the_same_digest_though_its_trace_differs() -> None:
    first = b"Received: from a by b; Monday\r\n\tfolded\r\nX-Spam-Score: 1\r\n" + MAIL
    again = (
        b"Return-Path: <a>\r\nReceived: from c by b; Tuesday\r\nReceived: from a by c\r\n"
        b"ARC-Seal: i=1\r\nDKIM-Signature: v=1\r\nAuthentication-Results: b\r\n" + MAIL
    )
    assert duplicate_digest("a@example.test", TO, first) == duplicate_digest(
        "a@example.test", TO, again
    )
    assert len(duplicate_digest("a@example.test", TO, first)) == 32


def test_order_case_and_repetition_of_recipients_do_not_matter() -> None:
    one = duplicate_digest("a", ("rmp@example.test", "aide@example.test"), MAIL)
    two = duplicate_digest(
        "a", ("AIDE@example.test", "rmp@EXAMPLE.test", "rmp@example.test"), MAIL
    )
    assert one == two


def test_anything_else_that_differs_gives_another_digest() -> None:
    variants = [
        ("a", TO, MAIL),
        ("b", TO, MAIL),
        ("a", ("other@example.test",), MAIL),
        ("a", (), MAIL),
        ("a", TO, MAIL + b"x"),
        ("a", TO, MAIL.replace(b"<1@a>", b"<2@a>")),
        ("a", TO, MAIL.replace(b"\r\n\r\nbody", b"\r\nX: body\r\n\r\n")),
        ("armp@example.test", (), MAIL),
        ("a", ("b", "c"), MAIL),
        ("a", ("b\0c",), MAIL),
        ("a", ("bc",), MAIL),
    ]
    assert len({duplicate_digest(*variant) for variant in variants}) == len(variants)


def test_every_kind_of_buffer_gives_the_same_digest() -> None:
    with mmap.mmap(-1, len(MAIL)) as mapped:
        mapped[:] = MAIL
        digests = {duplicate_digest("a", TO, each) for each in (MAIL, memoryview(MAIL), mapped)}
    assert len(digests) == 1


def test_a_header_beyond_the_bounds_is_digested_whole() -> None:
    raw = b"X: y\r\n" * MAX_HEADER
    assert duplicate_digest("a", TO, raw) != duplicate_digest("a", TO, raw + b"z")


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_different_bodies_have_different_digests(one: bytes, two: bytes) -> None:
    same = duplicate_digest("a", TO, b"A: b\n\n" + one) == duplicate_digest(
        "a", TO, b"A: b\n\n" + two
    )
    assert same == (one == two)


@given(st.binary(max_size=300))
def test_any_octets_have_a_digest(raw: bytes) -> None:
    assert len(duplicate_digest("é\udce9", ("a",), raw)) == 32
