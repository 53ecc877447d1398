import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.encode import armored, encode, encoded_size
from rmp_milter.model import BodySlice, Slice

CHUNK = 57 * 4096
HEAD = b"-----BEGIN PGP MESSAGE-----\r\n\r\n"
TAIL = b"-----END PGP MESSAGE-----\r\n"


def encoded(piece: Slice | BodySlice, body: bytes = b"") -> bytes:
    return b"".join(encode(piece, body))


@given(st.binary(max_size=300), st.binary(max_size=300), st.booleans())
def test_packets_and_body_are_encoded_as_one(packets: bytes, body: bytes, armor: bool) -> None:  # noqa: FBT001 -- hypothesis draws it
    piece = BodySlice(packets, b"id", armor=armor)
    result = encoded(piece, body)
    assert encoded_size(piece, len(body)) == len(result)
    text = result.removeprefix(HEAD).removesuffix(TAIL) if armor else result
    assert text == base64.encodebytes(packets + body).replace(b"\n", b"\r\n")


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


def test_armor_has_its_frame_and_no_checksum() -> None:
    assert armored(b"\x01\x02\x03") == HEAD + b"AQID\r\n" + TAIL
    assert b"\r\n=" not in armored(bytes(1000))
