"""Compiled revocation lists (RFC 5280, 5): who is revoked, looked up by bisection.

What is kept of a list is who signed it, below which anchor, for what, from when to when, and
the sorted serial numbers (docs/formats.md). A list is verified once, when it is compiled
(:mod:`.compiling`).
"""

import hashlib
import struct
from bisect import bisect_left
from typing import NamedTuple

import msgspec

AHEAD = 3600
"""Seconds by which a list may have been issued later than now: clocks differ."""
MARK = b"rmp revocation list 1\n"


class ListError(ValueError):
    """No revocation list, or one that is not used; ``str`` is one plain line."""


class ListHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a compiled list says of itself, before its serial numbers.

    ``issuer`` is the issuer's name (:func:`.comparing.comparable`), ``signer`` SHA-256 of the
    public key that signed, ``anchor`` of the anchor's one. Times are epoch seconds; ``number`` is
    the CRL number, big-endian. ``names`` (SHA-256 each), ``only_users``, ``only_cas``:
    :class:`.points.ListScope`. ``count`` serials of ``width`` octets each follow, sorted.
    """

    issuer: bytes
    signer: bytes
    anchor: bytes
    number: bytes
    this_update: int
    next_update: int
    names: tuple[bytes, ...]
    only_users: bool
    only_cas: bool
    width: int
    count: int


class RevocationList(NamedTuple):
    """A compiled list. A plain value: a file that is cut meanwhile takes nothing away."""

    header: ListHeader
    serials: bytes

    def __repr__(self) -> str:
        return f"RevocationList({self.header.issuer.hex()}, {self.header.count} serials)"

    def lists(self, serial: bytes) -> bool:
        """Return whether a serial number (the octets of its INTEGER) is listed."""
        width, count = self.header.width, self.header.count
        if len(serial) > width:
            return False
        wanted = padded(serial, width)
        at = bisect_left(range(count), wanted, key=self._at)
        return at < count and self._at(at) == wanted

    def _at(self, index: int) -> bytes:
        width = self.header.width
        return self.serials[index * width : (index + 1) * width]

    def is_fresh(self, moment: int) -> bool:
        """Return whether the list speaks for that time (epoch seconds)."""
        return self.header.this_update - AHEAD <= moment <= self.header.next_update

    def is_newer_than(self, other: "RevocationList") -> bool:
        """Return whether the list was issued after another: by number, then by time."""
        return self.age > other.age

    @property
    def age(self) -> tuple[int, int]:
        """What a later list has more of."""
        return int.from_bytes(self.header.number), self.header.this_update

    @property
    def place(self) -> str:
        """What tells the list from others that are in force beside it, in hex."""
        head = self.header
        flags = bytes((head.only_users, head.only_cas))
        parts = (head.issuer, head.signer, flags, *head.names)
        return hashlib.sha256(b"".join(parts)).hexdigest()[:32]

    def packed(self) -> bytes:
        """Return the file: mark, length of the header (u32), header in MessagePack, serials."""
        header = msgspec.msgpack.encode(self.header)
        return b"".join((MARK, struct.pack(">I", len(header)), header, self.serials))


def read_compiled(data: bytes) -> RevocationList:
    """Read what :meth:`RevocationList.packed` wrote; raise :class:`ListError`."""
    if not data.startswith(MARK):
        raise ListError("is no compiled revocation list of this version")
    start = len(MARK) + 4
    size = int.from_bytes(data[len(MARK) : start])
    try:
        header = msgspec.msgpack.decode(data[start : start + size], type=ListHeader)
    except msgspec.DecodeError as error:
        raise ListError(f"is a damaged compiled revocation list: {error}") from None
    serials = data[start + size :]
    if header.width < 1 or len(serials) != header.width * header.count:
        raise ListError("is a compiled revocation list that is cut off")
    return RevocationList(header, serials)


def padded(serial: bytes, width: int) -> bytes:
    """Return a serial number at that width: the INTEGER's sign goes on to the left."""
    return serial.rjust(width, b"\xff" if serial[0] & 0x80 else b"\x00")
