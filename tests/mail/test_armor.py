import base64
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_builders import CERTIFICATE, COMPRESSED, MESSAGE, PDF, SIGNATURE, armored

from rmp_milter.mail.incoming.armor import (
    ArmorError,
    OctetsKind,
    blocks_in,
    count_blocks,
    dearmor,
    kind_of,
    shown,
)
from rmp_milter.mail.incoming.transfer import base64_octets, decoded


def out(*chunks: bytes, block: int = 0) -> bytes:
    return b"".join(dearmor(chunks, block))


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def lines_of(data: bytes) -> list[bytes]:
    return armored(data).splitlines(keepends=True)


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [*range(1, 40), 1000])
def test_armor_comes_out_whole_however_it_is_cut_up(eol: str, size: int) -> None:
    assert out(*in_pieces(b"Bonjour,\n\n" + armored(MESSAGE, eol=eol), size)) == MESSAGE


@pytest.mark.parametrize("length", range(40, 50))
def test_every_padding_is_read(length: int) -> None:
    assert out(armored(MESSAGE[:length])) == MESSAGE[:length]


@pytest.mark.parametrize("length", range(40, 50))
def test_missing_checksum_and_end_are_tolerated(length: int) -> None:
    data = MESSAGE[:length]
    without = [line for line in lines_of(data) if not line.startswith((b"=", b"-----END"))]
    assert out(b"".join(without)) == data


def test_wrong_checksum_is_left_to_the_integrity_protection() -> None:
    lines = lines_of(MESSAGE)
    lines[-2] = b"=AAAA\n"
    assert out(b"".join(lines)) == MESSAGE


@pytest.mark.parametrize(
    "headers",
    [
        "",
        "\n",
        "\u00a0\n",
        "Version: GnuPG v2\nCharset: utf-8\n",
        "Version: a very long header that the client\nwrapped where it liked\n",
        "Comment: http://www.example.test/a\n\n\nCharset: utf-8\n",
    ],
)
def test_header_lines_of_all_kinds_are_passed_over(headers: str) -> None:
    assert out(armored(MESSAGE, headers=headers)) == MESSAGE


def test_a_lost_empty_line_behind_the_headers_is_tolerated() -> None:
    assert out(armored(MESSAGE).replace(b"\n\n", b"\n", 1)) == MESSAGE


def test_quoting_and_no_break_spaces_are_passed_over() -> None:
    quoted = b"".join(b"> " + line for line in lines_of(MESSAGE))
    assert out(quoted) == MESSAGE
    assert out(armored(MESSAGE).replace(b"\n\n", b"\n\xc2\xa0\n", 1)) == MESSAGE
    assert out(armored(MESSAGE).replace(b"BEGIN PGP", b"BEGIN\xa0PGP")) == MESSAGE


def test_html_around_the_armor_is_passed_over() -> None:
    lines = [line.strip().replace(b"+", b"&#43;") for line in lines_of(MESSAGE)]
    html = b"<html><style>a{}</style>" + b"".join(
        b"<div>" + (line or b"&nbsp;") + b"</div><br>\n" for line in lines
    )
    for size in (7, 64, 100_000):
        chunks = shown(iter(in_pieces(html, size)), html=True)
        assert b"".join(dearmor(chunks)) == MESSAGE


def test_quoted_printable_that_nobody_undid_is_undone() -> None:
    data = MESSAGE[:400]  # ends in padding
    text = base64.b64encode(data)
    folded = b"=\n".join(in_pieces(text.replace(b"=", b"=3D"), 70))
    damaged = (
        b"-----BEGIN PGP MESSAGE-----\n\n" + folded + b"\n=3DAbCd\n-----END PGP MESSAGE-----"
    )
    assert out(damaged) == data


def test_quoted_printable_with_cr_and_blanks_at_soft_breaks() -> None:
    for eol in (b"\r", b"\n", b"\r\n"):
        chunks = in_pieces(b"A=C3=A9" + b"b" * 30 + b"= " + eol + b"c=" + eol + b"d=", 5)
        assert (
            b"".join(decoded(chunks, "quoted-printable")) == "Aé".encode() + b"b" * 30 + b"cd"
        )


def test_several_messages_in_a_text_are_told_apart() -> None:
    text = b"one\n" + armored(MESSAGE) + b"two\n" + armored(PDF)
    assert count_blocks([text], 16) == 2
    assert count_blocks([text], 1) == 1
    assert out(text, block=1) == PDF


def test_the_charset_of_the_armor_is_found() -> None:
    said = armored(MESSAGE, headers="Charset: ISO-8859-15\n")
    first, second = blocks_in([said + armored(MESSAGE)], 4)
    assert (first.charset, second.charset) == ("ISO-8859-15", "")
    assert MESSAGE.startswith(first.sample)
    assert not blocks_in([b"no armor"], 4)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"no armor",
        b"-----BEGIN PGP MESSAGE-----",
        b"-----BEGIN PGP MESSAGE-----\n\n-----END",
    ],
)
def test_armor_without_data_is_an_error(text: bytes) -> None:
    with pytest.raises(ArmorError):
        out(text)


def test_a_block_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ArmorError):
        out(armored(MESSAGE), block=1)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (MESSAGE, (OctetsKind.ENCRYPTED, 0)),
        (b"\xca\x03PGP" + MESSAGE, (OctetsKind.ENCRYPTED, 0)),
        (b"\xd5\xc0\x08" + bytes(200) + MESSAGE, (OctetsKind.ENCRYPTED, 0)),  # padding
        (b"\xe8\x04\x99ab\x01" + MESSAGE, (OctetsKind.ENCRYPTED, 0)),  # type 40
        (b"\xe7\x04\x99ab\x01" + MESSAGE, (OctetsKind.OTHER, 0)),  # type 39 is critical
        (b"\xff\xd8\xff" + bytes(6591) + MESSAGE, (OctetsKind.OTHER, 0)),  # JPEG is no type 63
        (b"\x8c\x0d\x04\x09\x03\x02" + bytes(20), (OctetsKind.ENCRYPTED, 0)),
        (b"\xd2\xff\x00\x00\x10\x00\x01" + bytes(20), (OctetsKind.ENCRYPTED, 0)),
        (COMPRESSED, (OctetsKind.MESSAGE, 0)),
        (SIGNATURE, (OctetsKind.SIGNATURE, 0)),
        (CERTIFICATE, (OctetsKind.KEY, 0)),
        (armored(MESSAGE), (OctetsKind.ARMORED, 0)),
        (base64.encodebytes(armored(MESSAGE)), (OctetsKind.ARMORED, 1)),
        (base64.encodebytes(base64.encodebytes(MESSAGE)), (OctetsKind.ENCRYPTED, 2)),
        (armored(SIGNATURE, "SIGNATURE"), (OctetsKind.SIGNATURE, 0)),
        (armored(CERTIFICATE, "PUBLIC KEY BLOCK"), (OctetsKind.KEY, 0)),
        (
            b"-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n" + armored(MESSAGE),
            (OctetsKind.SIGNED_TEXT, 0),
        ),
        (
            bytes.fromhex("308006092a864886f70d010703a080") + bytes(9),
            (OctetsKind.CMS_ENCRYPTED, 0),
        ),
        (bytes.fromhex("308006092a864886f70d010702a080") + bytes(9), (OctetsKind.CMS, 0)),
        (PDF, (OctetsKind.OTHER, 0)),
        (b"\x89PNG\r\n\x1a\n" + bytes(30), (OctetsKind.OTHER, 0)),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(30), (OctetsKind.OTHER, 0)),
        ("Été à Paris : un résumé".encode(), (OctetsKind.OTHER, 0)),
        ("Été à Paris : un résumé".encode("cp1252"), (OctetsKind.OTHER, 0)),
        (b"\x84", (OctetsKind.OTHER, 0)),
        (b"", (OctetsKind.OTHER, 0)),
    ],
)
def test_content_is_told_by_its_first_octets(head: bytes, kind: tuple[OctetsKind, int]) -> None:
    assert kind_of(head) == kind


@given(st.binary(max_size=300))
def test_any_octets_have_a_kind(head: bytes) -> None:
    assert isinstance(kind_of(head)[0], OctetsKind)


@given(st.binary(min_size=1, max_size=300), st.integers(1, 50))
def test_armor_and_back_is_the_same(data: bytes, size: int) -> None:
    assert out(*in_pieces(armored(data), size)) == data


@given(st.binary(max_size=200), st.integers(1, 50))
def test_damaged_armor_gives_octets_or_an_error(noise: bytes, size: int) -> None:
    text = b"-----BEGIN PGP MESSAGE-----\n\n" + noise
    try:
        found = out(*in_pieces(text, size))
    except ArmorError:
        found = b""
    assert len(found) <= len(noise)


@given(st.binary(max_size=300), st.integers(1, 90))
def test_base64_is_decoded_however_it_is_cut_up(data: bytes, size: int) -> None:
    assert b"".join(base64_octets(in_pieces(base64.encodebytes(data), size))) == data


@pytest.mark.promise(number=11)
def test_hostile_armor_takes_linear_time() -> None:
    for bit in (b"=\nAAAAA", b"-----BEGIN PGP ", b"=", b"<", b"& <", b"A:\n", b"\r"):
        text = b"-----BEGIN PGP MESSAGE-----\n\nAAAA\n" + bit * 200_000
        size = sum(map(len, dearmor(shown(iter(in_pieces(text, 1 << 16)), html=True))))
        assert 0 < size <= len(text)


def test_gpg_reads_the_same_from_the_armor() -> None:
    text = armored(MESSAGE * 50)
    with tempfile.TemporaryDirectory(prefix="g") as home:
        path = Path(home, "message.asc")
        path.write_bytes(text)
        run = subprocess.run(
            ["gpg", "--homedir", home, "--batch", "--dearmor", "-o", "-", str(path)],
            capture_output=True,
            check=True,
        )
    assert out(text) == run.stdout


def test_any_number_of_marker_packets_is_passed_over() -> None:
    markers = b"\xca\x03PGP" * 1600
    assert kind_of(markers) == (OctetsKind.OTHER, 0)
    assert kind_of(markers + MESSAGE)[0] is OctetsKind.ENCRYPTED
