"""Small parts of a message, brought into one form before anything else looks at them.

A recipient, a signer, a certificate: some kilobytes at most. Here their lengths are made
definite and their octet strings one piece; the order of what they hold stays as it came, for
signatures cover that. What is DER already comes out as it went in.
"""

from typing import NamedTuple

from rmp_milter.cms.errors import unreadable
from rmp_milter.cms.tlv import (
    CONSTRUCTED,
    MAX_DEPTH,
    OCTET_STRING,
    OID,
    Tlv,
    Walker,
    framed,
    reading,
)

MAX_OID = 64
"""Octets of an object identifier: a long arc takes readers that work with numbers seconds."""
MAX_SMALL = 1 << 16
"""Octets of a small part."""


class Node(NamedTuple):
    """One element: ``content`` without tag and length, ``whole`` with them."""

    tag: int
    content: bytes
    whole: bytes


def definite(walker: Walker, element: Tlv, most: int = MAX_SMALL) -> bytes:
    """Return a small element with all lengths definite, checked through and through.

    Raises :class:`CmsError` beyond ``most`` octets, :data:`MAX_OID`, or the walk's own bounds.
    """
    data = walker.slice(element.start, element.after, most)
    inner = Walker(reading(data), 0, len(data))
    found = _definite(inner, inner.whole(), 0)
    walker.charge(inner.steps)
    return found


def checked(data: bytes) -> bytes:
    """Return :func:`definite` of an element that is in memory."""
    walker = Walker(reading(data), 0, len(data))
    return definite(walker, walker.whole())


def nodes(data: bytes) -> list[Node]:
    """Return the elements that stand one after the other in ``data``."""
    walker = Walker(reading(data), 0, len(data))
    found, at = [], 0
    while at < len(data):
        each = walker.element(at, len(data))
        found.append(Node(each.tag, data[each.content : each.end], data[at : each.after]))
        at = each.after
    return found


def node(data: bytes) -> Node:
    """Return the one element that ``data`` is."""
    found = nodes(data)
    if len(found) != 1:
        raise unreadable("not exactly one element")
    return found[0]


def _definite(walker: Walker, element: Tlv, depth: int) -> bytes:
    if depth > MAX_DEPTH:
        raise unreadable("nested too deeply")
    if element.tag == OCTET_STRING | CONSTRUCTED:
        chunks = walker.chunks(element, depth)
        return framed(OCTET_STRING, b"".join(walker.read(*chunk) for chunk in chunks))
    if element.tag & CONSTRUCTED:
        children = walker.children(element, depth)
        return framed(element.tag, b"".join(_definite(walker, c, depth + 1) for c in children))
    if element.tag == OID and not 0 < element.end - element.content <= MAX_OID:
        raise unreadable("an object identifier that is empty or too long")
    return framed(element.tag, walker.read(element.content, element.end - element.content))
