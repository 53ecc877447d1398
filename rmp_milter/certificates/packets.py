"""The packets of a certificate, and the subpackets of its signatures: their framing alone.

The library drops or refuses some of them without a word; here they are looked at first.
"""

from collections.abc import Iterator
from typing import NamedTuple

PUBLIC_KEY, SECRET_KEY, SECRET_SUBKEY = 6, 5, 7
SIGNATURE, TRUST, USER_ID, PUBLIC_SUBKEY, USER_ATTRIBUTE = 2, 12, 13, 14, 17
MARKER, PADDING = 10, 21
NOT_CRITICAL = 40  # from this type on (RFC 9580, 4.3.1)
_V4, _V6 = 4, 6


class FramingError(ValueError):
    """Octets that are no packets, or no subpackets."""


class NoPacketError(FramingError):
    """Octets where a packet should begin that begin none."""


class Packet(NamedTuple):
    """One packet; ``whole`` has its header, ``content`` has not."""

    tag: int
    content: bytes
    whole: bytes


class Subpacket(NamedTuple):
    """One subpacket of a signature (RFC 9580, 5.2.3.7)."""

    kind: int
    critical: bool
    content: bytes


class Subpackets(NamedTuple):
    """Those that are signed with it, and those that anybody may have added."""

    hashed: tuple[Subpacket, ...]
    unhashed: tuple[Subpacket, ...]


def packets(data: bytes) -> Iterator[Packet]:
    """Yield the packets of a binary certificate; raise :class:`FramingError` where one ends early.

    Lengths that are partial or left open are for messages, not for keys (RFC 9580, 4.2.1.4).
    """
    at = 0
    while at < len(data):
        tag, start, size = _header(data, at)
        end = start + size
        if end > len(data):
            raise FramingError("a packet is cut short")
        yield Packet(tag, data[start:end], data[at:end])
        at = end


def _header(data: bytes, at: int) -> tuple[int, int, int]:
    """Return a packet's tag, where its content begins, and how long that is."""
    first = data[at]
    if not first & 0x80:
        raise NoPacketError("no packet")
    if first & 0x40:
        return first & 0x3F, *_new_length(data, at + 1)
    kind = first & 3
    if kind == 3:  # noqa: PLR2004 -- RFC 9580, 4.2.2: indeterminate
        raise FramingError("a packet without a length")
    start = at + 1 + (1 << kind)
    return first >> 2 & 15, start, int.from_bytes(data[at + 1 : start])


def _new_length(data: bytes, at: int) -> tuple[int, int]:
    first = data[at] if at < len(data) else 0xFF
    if 224 <= first < 255:  # noqa: PLR2004 -- RFC 9580, 4.2.1.4
        raise FramingError("a partial length")
    return _length(data, at)


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Read a length of one, two or five octets: where it ends, and its value."""
    first = data[at] if at < len(data) else 0
    if first < 192:  # noqa: PLR2004 -- one octet
        return at + 1, first
    if first < 255:  # noqa: PLR2004 -- two octets
        return at + 2, (first - 192 << 8) + int.from_bytes(data[at + 1 : at + 2]) + 192
    return at + 5, int.from_bytes(data[at + 1 : at + 5])


def subpackets(signature: bytes) -> Subpackets:
    """Return the subpackets of a signature packet's content, of version 4 or 6.

    Raises :class:`FramingError` for another version, and where they do not fit their area.
    """
    version = signature[0] if signature else 0
    if version not in {_V4, _V6}:
        raise FramingError("a signature of another version")
    wide = 4 if version == _V6 else 2
    hashed, end = _area(signature, 4, wide)
    unhashed, _ = _area(signature, end, wide)
    return Subpackets(tuple(_subpackets(hashed)), tuple(_subpackets(unhashed)))


def _area(data: bytes, at: int, wide: int) -> tuple[bytes, int]:
    start = at + wide
    end = start + int.from_bytes(data[at:start])
    if end > len(data):
        raise FramingError("a signature is cut short")
    return data[start:end], end


def _subpackets(area: bytes) -> Iterator[Subpacket]:
    at = 0
    while at < len(area):
        start, size = _length(area, at)
        end = start + size
        if not size or end > len(area):
            raise FramingError("a subpacket is cut short")
        yield Subpacket(area[start] & 0x7F, area[start] & 0x80 != 0, area[start + 1 : end])
        at = end
