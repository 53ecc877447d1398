"""From the pieces of an outgoing mail to its bytes, and their exact size beforehand.

The armor carries its CRC-24, although RFC 9580 (6.1) leaves it out at will: gpg 2.2 takes
an armor without it for damaged (BADMDC) where the length is a multiple of three and no
``=`` ends the base64.
"""

import binascii
import hashlib
from collections.abc import Iterable, Iterator

from rmp_milter.dossier.model import BodySlice, Slice

Buffer = bytes | bytearray | memoryview

_HEAD = b"-----BEGIN PGP MESSAGE-----\r\n\r\n"
_TAIL = b"-----END PGP MESSAGE-----\r\n"
_LINE_BYTES = 57  # become 76 characters: the most that RFC 2045 (6.8) and RFC 9580 (6.2) allow
_LINE_CHARS = 76
_CHUNK_BYTES = _LINE_BYTES * 4096
_CRC_START, _CRC_POLYNOMIAL, _CRC_MASK = 0xB704CE, 0x1864CFB, 0xFFFFFF  # RFC 9580, 6.1.1
_FOLD_FROM, _FOLD_TO = 1257, (24, 16)  # x^1257 + x^24 + x^16 + 1: see _folded
_CHECKSUM_BYTES = len(b"=abcd\r\n")


class UnsoundBodyError(Exception):
    """A stored body is missing, or is not what was stored; the message names it for the host.

    ``document_id`` is its document's.
    """

    def __init__(self, document_id: bytes, what: str) -> None:
        super().__init__(f"body {document_id.hex()} {what}")
        self.document_id = document_id


def check_body(document_id: bytes, body: Buffer, digest: bytes) -> None:
    """Raise :class:`UnsoundBodyError` for a body with another SHA-256 than ``digest``.

    No digest says nothing: rows of the outbox from before have none.
    """
    if digest and hashlib.sha256(body).digest() != digest:
        raise UnsoundBodyError(document_id, "is not what was stored: its SHA-256 differs")


def encode(piece: Slice | BodySlice, body: Buffer = b"") -> Iterator[bytes]:
    """Yield a piece of a mail in chunks of at most about 320 KB (a slice in one).

    ``body`` is the stored body that a :class:`BodySlice` names. Its packets and the body
    are encoded as one; lines end in CRLF, the last one too. Raises :class:`UnsoundBodyError`,
    before the first chunk, for a body that is not the one that was stored.
    """
    if isinstance(piece, Slice):
        yield piece.data
        return
    check_body(piece.document_id, body, piece.digest)
    data = _aligned(piece.packets, memoryview(body))
    if not piece.armor:
        yield from map(_lines, data)
        return
    yield _HEAD
    crc = _CRC_START
    for chunk in data:
        crc = _crc24(chunk, crc)
        yield _lines(chunk)
    yield b"=" + binascii.b2a_base64(crc.to_bytes(3), newline=False) + b"\r\n" + _TAIL


def encoded_size(piece: Slice | BodySlice, body_size: int = 0) -> int:
    """Return how many bytes :func:`encode` yields in all, from the body's size alone."""
    if isinstance(piece, Slice):
        return len(piece.data)
    frame = len(_HEAD) + _CHECKSUM_BYTES + len(_TAIL) if piece.armor else 0
    return frame + base64_size(len(piece.packets) + body_size)


def base64_size(size: int) -> int:
    """Return how many bytes :func:`base64_lines` makes of so many."""
    characters = -(-size // 3) * 4
    return characters + 2 * -(-characters // _LINE_CHARS)


def base64_lines(pieces: Iterable[Buffer]) -> Iterator[bytes]:
    """Yield the pieces as one in base64, in lines of 76 characters (RFC 2045, 6.8).

    Lines end in CRLF, the last one too; a piece is never copied whole.
    """
    held = b""
    for piece in pieces:
        view = memoryview(piece)
        start = min(len(view), -len(held) % _LINE_BYTES)
        held += bytes(view[:start])
        if len(held) % _LINE_BYTES:
            continue
        if held:
            yield _lines(held)
        end = start + (len(view) - start) // _LINE_BYTES * _LINE_BYTES
        for at in range(start, end, _CHUNK_BYTES):
            yield _lines(view[at : min(at + _CHUNK_BYTES, end)])
        held = bytes(view[end:])
    if held:
        yield _lines(held)


def armored(message: Buffer) -> bytes:
    """Return a binary OpenPGP message as an ASCII-armored one (RFC 9580, 6.2)."""
    return b"".join(encode(BodySlice(b"", b"", armor=True), message))


def armored_key(certificates: Buffer) -> bytes:
    """Return binary OpenPGP certificates, one behind the other, as one ASCII-armored block."""
    # No line of base64 holds a space, so these words stand in the first and last line only.
    return armored(certificates).replace(b"PGP MESSAGE", b"PGP PUBLIC KEY BLOCK")


def _aligned(packets: bytes, body: memoryview) -> Iterator[Buffer]:
    """Cut both, as one, at line ends; only the first chunk is copied, never the whole."""
    start = _CHUNK_BYTES - len(packets) % _LINE_BYTES
    first = packets + bytes(body[:start])
    if first:
        yield first
    for offset in range(start, len(body), _CHUNK_BYTES):
        yield body[offset : offset + _CHUNK_BYTES]


def _next_bit(crc: int) -> int:
    return (crc << 1) ^ (_CRC_POLYNOMIAL if crc & 0x800000 else 0)


def _table() -> list[int]:
    """Return what a byte becomes that leaves the checksum at its upper end."""
    table = []
    for value in range(256):
        crc = value << 16
        for _ in range(8):
            crc = _next_bit(crc)
        table.append(crc)
    return table


_CRC_OF = _table()


def _crc24(data: Buffer, crc: int) -> int:
    """Return the checksum continued over ``data``.

    The remainder of one polynomial, as a long number, by another: folded down first, for
    shifts of a long number cost a thirtieth of a step for each byte.
    """
    rest = _folded((int.from_bytes(data) << 24) ^ (crc << 8 * len(data)))
    crc = 0
    for byte in rest.to_bytes(-(-rest.bit_length() // 8)):
        crc = ((crc << 8) & _CRC_MASK) ^ _CRC_OF[crc >> 16] ^ byte
    return crc


def _folded(value: int) -> int:
    """Return a short number with the same remainder.

    By a multiple of the CRC's polynomial that has four terms: where x^1257 stands, the
    other three may stand. Squared it has four terms again (the squares of each), so the
    steps begin as wide as the number is long.
    """
    scale = value.bit_length() // _FOLD_FROM
    for power in reversed(range(scale.bit_length())):
        at, first, second = (exponent << power for exponent in (_FOLD_FROM, *_FOLD_TO))
        while high := value >> at:
            value ^= (high << at) ^ (high << first) ^ (high << second) ^ high
    return value


def _lines(data: Buffer) -> bytes:
    text = binascii.b2a_base64(data, newline=False)
    cut = [text[at : at + _LINE_CHARS] for at in range(0, len(text), _LINE_CHARS)]
    return b"\r\n".join([*cut, b""])
