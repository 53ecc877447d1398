"""From the pieces of an outgoing mail to its bytes, and their exact size beforehand.

The armor carries no CRC-24: both RFC 4880 (6) and RFC 9580 (6.1) leave it out at will, no
reader that is in use misses it (the integrity lies inside the encryption), and nothing at
hand computes it faster than a few seconds for a large document.
"""

import binascii
from collections.abc import Iterator

from rmp_milter.model import BodySlice, Slice

Buffer = bytes | bytearray | memoryview

_HEAD = b"-----BEGIN PGP MESSAGE-----\r\n\r\n"
_TAIL = b"-----END PGP MESSAGE-----\r\n"
_LINE_BYTES = 57  # become 76 characters: the most that RFC 2045 (6.8) and RFC 9580 (6.2) allow
_LINE_CHARS = 76
_CHUNK_BYTES = _LINE_BYTES * 4096


def encode(piece: Slice | BodySlice, body: Buffer = b"") -> Iterator[bytes]:
    """Yield a piece of a mail in chunks of at most about 320 KB (a slice in one).

    ``body`` is the stored body that a :class:`BodySlice` names. Its packets and the body
    are encoded as one; lines end in CRLF, the last one too.
    """
    if isinstance(piece, Slice):
        yield piece.data
        return
    if piece.armor:
        yield _HEAD
    yield from _base64(piece.packets, memoryview(body))
    if piece.armor:
        yield _TAIL


def encoded_size(piece: Slice | BodySlice, body_size: int = 0) -> int:
    """Return how many bytes :func:`encode` yields in all, from the body's size alone."""
    if isinstance(piece, Slice):
        return len(piece.data)
    size = len(piece.packets) + body_size
    characters = -(-size // 3) * 4
    lines = -(-characters // _LINE_CHARS)
    frame = len(_HEAD) + len(_TAIL) if piece.armor else 0
    return frame + characters + 2 * lines


def armored(message: Buffer) -> bytes:
    """Return a binary OpenPGP message as an ASCII-armored one (RFC 9580, 6.2)."""
    return b"".join(encode(BodySlice(b"", b"", armor=True), message))


def _base64(packets: bytes, body: memoryview) -> Iterator[bytes]:
    """Encode both as one; only the first chunk is copied, the body never as a whole."""
    start = _CHUNK_BYTES - len(packets) % _LINE_BYTES
    first = packets + bytes(body[:start])
    if first:
        yield _lines(first)
    for offset in range(start, len(body), _CHUNK_BYTES):
        yield _lines(body[offset : offset + _CHUNK_BYTES])


def _lines(data: Buffer) -> bytes:
    text = binascii.b2a_base64(data, newline=False)
    cut = [text[at : at + _LINE_CHARS] for at in range(0, len(text), _LINE_CHARS)]
    return b"\r\n".join([*cut, b""])
