import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.model import BodySlice, Slice
from rmp_milter.mail.outgoing.encode import armored, encode, encoded_size
from testbed.doctor import Doctor

CHUNK = 57 * 4096
HEAD = b"-----BEGIN PGP MESSAGE-----\r\n\r\n"
TAIL = b"-----END PGP MESSAGE-----\r\n"


def crc24(data: bytes) -> int:
    """The checksum bit by bit, as RFC 9580, 6.1.1 writes it down."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc & 0xFFFFFF


def test_the_checksum_is_the_one_of_the_standard() -> None:
    assert crc24(b"123456789") == 0x21CF02


def test_the_checksum_goes_on_over_chunks() -> None:
    data = bytes(at * 31 % 251 for at in range(2 * CHUNK + 5))
    checksum = b"=" + base64.b64encode(crc24(data).to_bytes(3))
    for packets in (0, 1, 57, 58):
        piece = BodySlice(data[:packets], b"id", armor=True)
        assert checksum + b"\r\n" + TAIL in encoded(piece, data[packets:])


@pytest.mark.parametrize("more", range(6))
def test_gpg_reads_the_armor_whatever_its_length(more: int) -> None:
    data = os.urandom(300_000 + more)
    with Doctor("Dr Test", "t@x.test", service="t@x.test") as doctor:
        sealed = doctor.keyring.encrypt(data, [], sign=False, armor=False)
        assert doctor.keyring.decrypt(armored(sealed)).data == data


def encoded(piece: Slice | BodySlice, body: bytes = b"") -> bytes:
    return b"".join(encode(piece, body))


@given(st.binary(max_size=300), st.binary(max_size=300), st.booleans())
def test_packets_and_body_are_encoded_as_one(packets: bytes, body: bytes, armor: bool) -> None:  # noqa: FBT001 -- hypothesis draws it
    piece = BodySlice(packets, b"id", armor=armor)
    result = encoded(piece, body)
    assert encoded_size(piece, len(body)) == len(result)
    expected = base64.encodebytes(packets + body).replace(b"\n", b"\r\n")
    if armor:
        checksum = base64.b64encode(crc24(packets + body).to_bytes(3))
        expected = HEAD + expected + b"=" + checksum + b"\r\n" + TAIL
    assert result == expected


@pytest.mark.parametrize("packets", [0, 1, 56, 57, 58, 300])
@pytest.mark.parametrize("body", [CHUNK - 301, CHUNK - 57, CHUNK, CHUNK + 1, 3 * CHUNK + 20])
def test_chunks_leave_no_seam(packets: int, body: int) -> None:
    data = bytes(at * 31 % 251 for at in range(packets + body))
    piece = BodySlice(data[:packets], b"id", armor=False)
    result = encoded(piece, data[packets:])
    assert len(result) == encoded_size(piece, body)
    assert result == base64.encodebytes(data).replace(b"\n", b"\r\n")


def test_more_packets_than_a_chunk_are_still_whole() -> None:
    packets = bytes(CHUNK + 100)
    result = encoded(BodySlice(packets, b"id", armor=False), b"x" * 500)
    assert base64.b64decode(result) == packets + b"x" * 500
    assert max(map(len, result.split(b"\r\n"))) == 76


def test_a_large_body_comes_in_small_chunks() -> None:
    chunks = encode(BodySlice(b"packets", b"id", armor=True), bytes(4 * CHUNK))
    assert max(map(len, chunks)) < 400_000


def test_a_slice_is_copied_as_it_is() -> None:
    assert encoded(Slice(b"To: x\r\n\r\n.\xff")) == b"To: x\r\n\r\n.\xff"
    assert encoded_size(Slice(b"12345")) == 5


def test_a_body_is_read_from_a_memoryview_of_any_kind() -> None:
    view = memoryview(bytearray(b"abc" * 100))
    piece = BodySlice(b"", b"id", armor=False)
    assert base64.b64decode(encoded(piece, view.tobytes())) == view.tobytes()
    assert b"".join(encode(piece, view)) == encoded(piece, view.tobytes())
