"""Tags and lengths of DER (X.690), no values: what strangers wrote is cut before it is parsed.

Only what certificates and lists need: low tag numbers, definite lengths in their shortest form.
"""

from collections.abc import Iterator
from typing import NamedTuple

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
CONSTRUCTED = 0x20
TRUE = b"\xff"
_HIGH_TAG, _LONG = 0x1F, 0x80
_LENGTH_OCTETS = 4


class DerError(ValueError):
    """Octets that are no DER, or more of them than there is reason for; one plain line."""


class DerElement(NamedTuple):
    """Where an element lies in its octets: from ``start``, its content ``body`` to ``end``."""

    tag: int
    start: int
    body: int
    end: int


def element(data: bytes, at: int, end: int) -> DerElement:
    """Return the element that begins at ``at`` and ends by ``end``; raise :class:`DerError`."""
    if end - at < 2:  # noqa: PLR2004 -- a tag and a length
        raise DerError("the DER is cut off")
    tag, first = data[at], data[at + 1]
    if tag & _HIGH_TAG == _HIGH_TAG:
        raise DerError("the DER has a tag that no certificate has")
    body, length = at + 2, first
    if first & _LONG:
        body += first - _LONG
        length = _long_length(data[at + 2 : body], first - _LONG)
    if body + length > end:
        raise DerError("the DER is cut off")
    return DerElement(tag, at, body, body + length)


def _long_length(octets: bytes, count: int) -> int:
    if not 0 < count <= _LENGTH_OCTETS or len(octets) < count:
        raise DerError("the DER has a length that is none")
    length = int.from_bytes(octets)
    if length < _LONG or not octets[0]:
        raise DerError("the DER has a length that is not the shortest")
    return length


def elements(data: bytes, at: int, end: int) -> Iterator[DerElement]:
    """Yield the elements that fill ``at`` to ``end``; raise :class:`DerError`."""
    while at < end:
        found = element(data, at, end)
        yield found
        at = found.end


def children(data: bytes, of: DerElement) -> list[DerElement]:
    """Return the elements inside a constructed one; raise :class:`DerError`."""
    return list(elements(data, of.body, of.end))


def whole(data: bytes) -> DerElement:
    """Return the one SEQUENCE that the octets are, all of them; raise :class:`DerError`."""
    found = element(data, 0, len(data))
    if found.tag != SEQUENCE or found.end != len(data):
        raise DerError("this is not one DER sequence")
    return found


def content(data: bytes, of: DerElement) -> bytes:
    """Return what an element holds."""
    return data[of.body : of.end]


def encoding(data: bytes, of: DerElement) -> bytes:
    """Return an element with its tag and length."""
    return data[of.start : of.end]
