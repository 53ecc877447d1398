import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_builders import file_part, mail, multipart, part, text_part

from rmp_milter.mail.incoming import mimetree
from rmp_milter.mail.incoming.mimetree import MimeLimit, Part, content, read_fields, scan, walk


def bodies(raw: bytes, tree: Part) -> list[bytes]:
    return [raw[leaf.body_start : leaf.body_end] for leaf in walk(tree) if not leaf.children]


@pytest.mark.parametrize("eol", [b"\r\n", b"\n", b"\r", b"\r\r\n"])
def test_every_line_end_gives_the_same_structure(eol: bytes) -> None:
    raw = mail(multipart("mixed", text_part(b"one"), text_part(b"two"))).replace(b"\r\n", eol)
    tree = scan(raw)
    assert tree.media_type == "multipart/mixed"
    assert bodies(raw, tree) == [b"one", b"two"]


def test_mixed_line_ends_in_one_mail() -> None:
    raw = (
        b"Content-Type: multipart/mixed;\n boundary=b\r\nX: y\r\n\n--b\n\rone\r\n--b\r"
        b"Content-Type: text/html\r\n\r\ntwo\n--b--"
    )
    tree = scan(raw)
    assert [child.media_type for child in tree.children] == ["text/plain", "text/html"]
    assert bodies(raw, tree) == [b"one", b"two"]


def test_missing_closing_boundary_ends_with_the_mail() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n"
    assert bodies(raw, scan(raw)) == [b"one", b"two\n"]


def test_a_missing_inner_closing_boundary_ends_at_the_outer_one() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=outer\n\n--outer\n"
        b"Content-Type: multipart/mixed; boundary=inner\n\n--inner\n\none\n"
        b"--outer\n\ntwo\n--outer--\n"
    )
    assert bodies(raw, scan(raw)) == [b"one", b"two"]


def test_lines_that_only_look_like_a_boundary_are_content() -> None:
    inner = b"--frontierX\r\n --frontier\r\nx--frontier\r\n--frontie"
    raw = mail(multipart("mixed", text_part(inner)))
    assert bodies(raw, scan(raw)) == [inner]


def test_a_boundary_line_may_have_blanks_behind_it() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\none\n--b-- \n"
    assert bodies(raw, scan(raw)) == [b"one"]


def test_epilogue_and_preamble_are_no_parts() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\nhello\n--b\n\none\n--b--\nbye\n--b\n\nno\n"
    assert bodies(raw, scan(raw)) == [b"one"]


def test_header_lines_that_are_no_fields_are_passed_over() -> None:
    raw = b"From someone Mon\nA: 1\nthis is no field\nContent-Type: text/html\n\nbody"
    tree = scan(raw)
    assert tree.media_type == "text/html"
    assert bodies(raw, tree) == [b"body"]


def test_a_mail_without_header_is_text() -> None:
    raw = b"-----BEGIN PGP MESSAGE-----\n\nabc\n"
    tree = scan(raw)
    assert (tree.media_type, tree.body_start) == ("text/plain", 0)


def test_headers_are_unfolded_and_decoded() -> None:
    tree = scan(b"Subject: =?utf-8?q?R=C3=A9sum=C3=A9?=\r\n =?utf-8?q?_m=C3=A9dical?=\r\n\r\n")
    assert tree.header("SUBJECT") == "Résumé médical"
    assert tree.header("absent") == ""


def test_raw_octets_in_headers_are_read_as_utf8_or_windows_1252() -> None:
    assert scan("Subject: Müller €\n\n".encode()).header("subject") == "Müller €"
    assert scan("Subject: Müller €\n\n".encode("cp1252")).header("subject") == "Müller €"


@given(st.lists(st.sampled_from([b"To: x", b" y", b"", b"--b", b"no field", b"From "])))
def test_fields_by_themselves_are_those_of_the_structure(lines: list[bytes]) -> None:
    raw = b"\r\n".join(lines)
    assert read_fields(raw) == scan(raw).fields


def test_of_two_content_types_the_first_counts() -> None:
    assert (
        scan(b"Content-Type: text/html\nContent-Type: text/plain\n\n").media_type == "text/html"
    )


def test_attached_messages_are_looked_into() -> None:
    raw = mail(multipart("mixed", part("Content-Type: message/rfc822", mail(text_part(b"in")))))
    assert bodies(raw, scan(raw)) == [b"in"]


def test_parts_of_a_digest_are_messages() -> None:
    raw = b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nhello\n--b--\n"
    assert scan(raw).children[0].media_type == "message/rfc822"


def test_a_stretch_of_a_buffer_is_scanned_alone() -> None:
    raw = b"JUNK" + text_part(b"here") + b"TAIL"
    tree = scan(raw, 4, len(raw) - 4)
    assert bodies(raw, tree) == [b"here"]


def test_memory_maps_and_views_are_as_good_as_bytes() -> None:
    raw = mail(multipart("mixed", text_part(b"one"), file_part("a.pdf", b"data")))
    with mmap.mmap(-1, len(raw)) as mapped:
        mapped[:] = raw
        assert scan(mapped) == scan(raw) == scan(memoryview(raw))
        leaf = scan(mapped).children[1]
        assert b"".join(content(mapped, leaf)) == b"data"


@pytest.mark.promise(number=11)
def test_too_deep_a_nesting_is_refused() -> None:
    inner = text_part(b"x")
    for level in range(mimetree.MAX_DEPTH + 1):
        inner = multipart("mixed", inner, boundary=f"b{level}")
    with pytest.raises(MimeLimit):
        scan(inner)


@pytest.mark.promise(number=11)
def test_too_many_parts_are_refused() -> None:
    with pytest.raises(MimeLimit):
        scan(multipart("mixed", *[b"\r\nx"] * (mimetree.MAX_PARTS + 2)))


@pytest.mark.parametrize("line", [b"X: y\n", b"From z\n", b"X: y\n z\n"])
@pytest.mark.promise(number=11)
def test_too_long_a_header_is_refused(line: bytes) -> None:
    with pytest.raises(MimeLimit):
        scan(line * (mimetree.MAX_HEADER // len(line) + 2))


@given(st.binary(max_size=600))
def test_any_octets_are_scanned_and_stay_in_bounds(raw: bytes) -> None:
    for one in walk(scan(raw)):
        assert 0 <= one.headers_start <= one.body_start <= one.body_end <= len(raw)


_BITS = [
    b"--b",
    b"--b--",
    b"\r",
    b"\n",
    b"\r\n",
    b"Content-Type: ",
    b"multipart/mixed;boundary=b",
]
_BITS += [
    b"message/rfc822",
    b"text/html",
    b" ",
    b"x",
    b"Content-Transfer-Encoding: base64",
    b"=",
]


@given(st.lists(st.sampled_from(_BITS), max_size=40).map(b"".join))
def test_any_mixture_of_mime_is_read_to_its_end(raw: bytes) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + raw
    for one in walk(scan(raw)):
        assert isinstance(b"".join(content(raw, one)), bytes)


@pytest.mark.parametrize(
    "pattern", [b"--b", b"--b ", b"--b\n--b \t", b"\r", b"\n--b--x", b"--b\r\r", b"A:\n "]
)
def test_hostile_repetition_takes_linear_time(pattern: bytes) -> None:
    # A quadratic search would not come back within the run.
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + pattern * 300_000
    try:
        tree = scan(raw)
    except MimeLimit:
        return
    assert tree.body_end == len(raw)
