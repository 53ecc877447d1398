"""What anybody can change of signed packets without the signer's key: they stay as good."""

import re
from collections.abc import Callable

from rmp_milter.keeper.openpgp.packets import (
    LITERAL,
    SIGNATURE,
    Stream,
    frame,
    read_body,
    read_header,
)

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve nistp256: beside (r, s), (r, order - s) is as good an ECDSA signature."""
_LINE_END = re.compile(rb"\r?\n")


def with_unhashed(packets: bytes, added: bytes) -> bytes:
    """Return the packets with a subpacket more in each signature, which it does not cover."""

    def change(content: bytes) -> bytes:
        at = _unhashed_at(content)
        size = int.from_bytes(content[at : at + 2])
        subpackets = added + content[at + 2 : at + 2 + size]
        rest = content[at + 2 + size :]
        return content[:at] + len(subpackets).to_bytes(2) + subpackets + rest

    return _changed(packets, SIGNATURE, change)


def with_other_s(packets: bytes) -> bytes:
    """Return the packets with the other number of each ECDSA signature over nistp256."""

    def change(content: bytes) -> bytes:
        at = _unhashed_at(content)
        at += 2 + int.from_bytes(content[at : at + 2]) + 2  # the start of the digest
        at += 2 + _octets(content, at)
        number = int.from_bytes(content[at + 2 : at + 2 + _octets(content, at)])
        return content[:at] + _mpi(P256_ORDER - number)

    return _changed(packets, SIGNATURE, change)


def with_ends(packets: bytes, ends: bytes) -> bytes:
    """Return the packets with other line ends in the literal data."""

    def change(content: bytes) -> bytes:
        at = 2 + content[1] + 4  # format, name, time
        return content[:at] + _LINE_END.sub(lambda _: ends, content[at:])

    return _changed(packets, LITERAL, change)


def _changed(packets: bytes, tag: int, change: Callable[[bytes], bytes]) -> bytes:
    stream, changed, start = Stream([packets]), b"", 0
    while header := read_header(stream):
        content = b"".join(read_body(stream, header))
        whole, start = packets[start : stream.position], stream.position
        changed += frame(tag, change(content)) if header.tag == tag else whole
    return changed


def _unhashed_at(content: bytes) -> int:
    """Return where the unhashed subpackets of a version 4 signature begin, their size first."""
    return 6 + int.from_bytes(content[4:6])


def _octets(content: bytes, at: int) -> int:
    """Return how many octets the number there has, behind its length in bits."""
    return (int.from_bytes(content[at : at + 2]) + 7) // 8


def _mpi(number: int) -> bytes:
    bits = number.bit_length()
    return bits.to_bytes(2) + number.to_bytes((bits + 7) // 8)
