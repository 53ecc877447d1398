"""Content transfer encodings (RFC 2045, 6), undone in pieces.

A mail may be 50 MB: nothing here holds more than a few pieces of :data:`PIECE` octets.
"""

import binascii
import mmap
import re
from collections.abc import Iterable, Iterator

Buffer = bytes | memoryview | mmap.mmap

PIECE, FIRST_PIECE = 1 << 20, 1 << 14
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NOT_BASE64 = bytes(octet for octet in range(256) if octet not in _ALPHABET)
# Soft line breaks, with the blanks that careless gateways leave before the line's end.
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r{0,2}\n|\r)")


def pieces(buffer: Buffer, start: int, end: int) -> Iterator[bytes]:
    """Yield the stretch in pieces; a small one first, since many look at no more."""
    first_end = min(end, start + FIRST_PIECE)
    if start < end:
        yield bytes(buffer[start:first_end])
    for at in range(first_end, end, PIECE):
        yield bytes(buffer[at : min(end, at + PIECE)])


def decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Undo a Content-Transfer-Encoding (lower case); unknown ones pass as they are."""
    if encoding == "base64":
        return base64_octets(chunks)
    if encoding == "quoted-printable":
        return _quoted_printable(chunks)
    return iter(chunks)


def first(chunks: Iterable[bytes], size: int) -> bytes:
    """Return the first ``size`` octets of the chunks, or all if there are fewer."""
    taken = bytearray()
    for chunk in chunks:
        taken += chunk[: size - len(taken)]
        if len(taken) >= size:
            break
    return bytes(taken)


def base64_octets(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decode base64 up to the first padding; octets outside the alphabet are passed over.

    A group that is cut off gives the octets that are complete in it.
    """
    rest = b""
    for chunk in chunks:
        padding = chunk.find(b"=")
        clean = rest + (chunk if padding < 0 else chunk[:padding]).translate(None, NOT_BASE64)
        whole = len(clean) & ~3
        if whole:
            yield binascii.a2b_base64(memoryview(clean)[:whole])
        rest = clean[whole:]
        if padding >= 0:
            break
    if len(rest) > 1:
        yield binascii.a2b_base64(rest + b"=" * (4 - len(rest)))


def _quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        cut = _safe_cut(data)
        yield _unquoted(data[:cut])
        rest = data[cut:]
    yield _unquoted(rest)


def _safe_cut(data: bytes) -> int:
    """Return where the data can be cut without cutting an escape or a soft break."""
    cut = data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, -1) + 1
    if cut:
        return cut
    escape = data.rfind(b"=", -3)
    return escape if escape >= 0 else len(data)


def _unquoted(data: bytes) -> bytes:
    return binascii.a2b_qp(_SOFT_BREAK.sub(b"", data))
