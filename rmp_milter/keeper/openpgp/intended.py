"""To whom a signature says that its content was encrypted (RFC 9580, 5.2.3.36)."""

from collections.abc import Iterator

from rmp_milter.keeper.openpgp.packets import Stream, read_body, read_header

_INTENDED_RECIPIENT = 35
_CRITICAL = 0x80
_V4, _V6 = 4, 6
_AREA = {_V4: 2, _V6: 4}  # octets of a subpacket area's length
_FINGERPRINTS = {_V4: 20, _V6: 32}


def intended_recipients(packet: bytes) -> tuple[str, ...]:
    """Return the fingerprints of primary keys that a framed signature packet names.

    Only the hashed subpackets count: the others can be added or taken away by anybody. Lower
    case hex; none of a packet that cannot be read.
    """
    try:
        header = read_header(stream := Stream([packet]))
        body = b"".join(read_body(stream, header)) if header else b""
        return tuple(_fingerprints(body))
    except (ValueError, IndexError):
        return ()


def _fingerprints(body: bytes) -> Iterator[str]:
    width = _AREA.get(body[0])
    if width is None:
        return
    start = 4 + width  # version, type, algorithm, hash
    area = body[start : start + int.from_bytes(body[4:start])]
    for kind, content in _subpackets(area):
        if kind & ~_CRITICAL == _INTENDED_RECIPIENT and content:
            fingerprint = content[1:]
            if len(fingerprint) == _FINGERPRINTS.get(content[0]):
                yield fingerprint.hex()


def _subpackets(area: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of the subpackets (RFC 9580, 5.2.3.7)."""
    at = 0
    while at < len(area):
        length, at = _length(area, at)
        if not length or at + length > len(area):
            return
        yield area[at], area[at + 1 : at + length]
        at += length


def _length(area: bytes, at: int) -> tuple[int, int]:
    """Return a subpacket's length and where it begins."""
    first = area[at]
    if first < 192:  # noqa: PLR2004 -- the forms of RFC 9580, 5.2.3.7
        return first, at + 1
    if first < 255:  # noqa: PLR2004 -- likewise
        return (first - 192 << 8) + area[at + 1] + 192, at + 2
    return int.from_bytes(area[at + 1 : at + 5]), at + 5
