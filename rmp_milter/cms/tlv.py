"""Tags and lengths of BER and DER (X.690), walked through offsets within bounds.

Contents are passed over, not read: a message of any size costs its headers. Of an element
without a length the end is looked for once and remembered. Every header counts as a step, and
steps are bounded by how far the walk has come, so a file of tiny pieces is refused at once.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rmp_milter.cms.errors import CmsError, CmsFault, unreadable

ReadAt = Callable[[int, int], bytes]
"""``read(offset, size)`` gives at most ``size`` bytes, fewer only at the end."""

MAX_DEPTH = 16
FREE_STEPS = 4096
"""Headers that are read of the smallest message."""
STEP = 64
"""Octets for each further one; a chunk's header is read twice, so chunks hold twice as many."""
MAX_OPEN = 1024
"""Elements without a length in one message."""

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 1, 2, 3, 4, 5, 6
SEQUENCE, SET = 0x30, 0x31
CONSTRUCTED = 0x20
CONTEXT = 0x80
END_OF_CONTENTS = b"\0\0"

_MULTI_OCTET_TAG = 0x1F
_NO_LENGTH = 0x80
_MAX_LENGTH_OCTETS = 8
_HEADER = 2 + _MAX_LENGTH_OCTETS
_WINDOW = 4096


class Tlv(NamedTuple):
    """Where an element lies: ``start`` its tag, ``content`` to ``end`` what it holds.

    ``after`` is where the next one begins: behind the end-of-contents where no length was said.
    """

    tag: int
    start: int
    content: int
    end: int
    after: int

    @property
    def size(self) -> int:
        """Octets of the whole element."""
        return self.after - self.start


class Walker:
    """Walks the elements of ``length`` octets from ``start``; ``steps`` counts headers read.

    Each method raises :class:`CmsError`: ``TOO_LARGE`` for more steps than the octets passed
    allow, else ``UNREADABLE``.
    """

    def __init__(self, read: ReadAt, start: int, length: int) -> None:
        self.read = read
        self.start, self.end = start, start + length
        self.steps = 0
        self._furthest = start
        self._window, self._from = b"", start
        self._ends: dict[int, int] = {}

    def whole(self) -> Tlv:
        """Return the one element that fills all the octets."""
        element = self.element(self.start, self.end)
        if element.after != self.end:
            raise unreadable("octets behind the outermost element")
        return element

    def element(self, at: int, end: int, depth: int = 0) -> Tlv:
        """Return the element at ``at``, which has to end at ``end`` at the latest."""
        tag, content, length = self._header(at, end)
        if tag == 0:
            raise unreadable("an end of contents that nothing began")
        if length is not None:
            return Tlv(tag, at, content, content + length, content + length)
        if at not in self._ends:
            self._ends[at] = self._look_for_end(content, end, depth + 1)
        stop = self._ends[at]
        if stop + len(END_OF_CONTENTS) > end:
            raise unreadable("an element ends behind what it lies in")
        return Tlv(tag, at, content, stop, stop + len(END_OF_CONTENTS))

    def children(self, parent: Tlv, depth: int = 0) -> Iterator[Tlv]:
        """Yield the elements that a constructed one holds."""
        if not parent.tag & CONSTRUCTED:
            raise unreadable("a primitive element where a constructed one belongs")
        at = parent.content
        while at < parent.end:
            child = self.element(at, parent.end, depth)
            yield child
            at = child.after

    def octets(self, element: Tlv, most: int) -> bytes:
        """Return the content of a primitive element of at most ``most`` octets."""
        if element.tag & CONSTRUCTED:
            raise unreadable("a constructed element where a primitive one belongs")
        return self.slice(element.content, element.end, most)

    def slice(self, start: int, end: int, most: int) -> bytes:
        """Return the octets between two places, at most ``most`` of them."""
        if end - start > most:
            raise unreadable("a small element is too long")
        found = self.read(start, end - start)
        if len(found) != end - start:
            raise unreadable("the message is cut short")
        return found

    def chunks(self, element: Tlv, depth: int = 0) -> Iterator[tuple[int, int]]:
        """Yield offset and length of each stretch of an octet string, whatever its own tag."""
        if depth > MAX_DEPTH:
            raise unreadable("nested too deeply")
        if not element.tag & CONSTRUCTED:
            yield element.content, element.end - element.content
            return
        for chunk in self.children(element, depth + 1):
            if chunk.tag & ~CONSTRUCTED != OCTET_STRING:
                raise unreadable("no octet string inside an octet string")
            yield from self.chunks(chunk, depth + 1)

    def _look_for_end(self, at: int, end: int, depth: int) -> int:
        """Return where the end-of-contents stands that closes what began at ``at``."""
        if depth > MAX_DEPTH:
            raise unreadable("nested too deeply")
        if len(self._ends) >= MAX_OPEN:
            raise CmsError(CmsFault.TOO_LARGE, "too many elements without a length")
        while True:
            tag, content, length = self._header(at, end)
            if tag == 0:
                return at
            at = self.element(at, end, depth).after if length is None else content + length

    def _header(self, at: int, end: int) -> tuple[int, int, int | None]:
        """Read tag and length at ``at``: the tag, where the content begins, its length."""
        self._furthest = max(self._furthest, at)
        self.charge(1)
        octets, place = self._ready(at), at - self._from
        room = len(octets) - place
        if room < 2 or at + 2 > end:  # noqa: PLR2004 -- the shortest header
            raise unreadable("the message is cut short")
        tag, first = octets[place], octets[place + 1]
        if tag & _MULTI_OCTET_TAG == _MULTI_OCTET_TAG:
            raise unreadable("a tag of several octets")
        if first == _NO_LENGTH:
            if not tag & CONSTRUCTED:
                raise unreadable("a primitive element without a length")
            return tag, at + 2, None
        more = first & 0x7F if first & 0x80 else 0
        if more > min(_MAX_LENGTH_OCTETS, room - 2):
            raise unreadable("a length that is too long or cut short")
        length = int.from_bytes(octets[place + 2 : place + 2 + more]) if more else first
        content = at + 2 + more
        if content + length > end:
            raise unreadable("a length beyond the end")
        if tag == 0 and (length or more):
            raise unreadable("an end of contents with contents")
        return tag, content, length

    def charge(self, steps: int) -> None:
        """Count steps, those too that were made in a small part on its own."""
        self.steps += steps
        if self.steps > FREE_STEPS + (self._furthest - self.start) // STEP:
            raise CmsError(CmsFault.TOO_LARGE, "too many small pieces")

    def _ready(self, at: int) -> bytes:
        """Return octets that hold the header at ``at``, unless the end comes before."""
        if not 0 <= at - self._from <= len(self._window) - _HEADER:
            self._window = self.read(at, min(_WINDOW, max(self.end - at, 0)))
            self._from = at
        return self._window


def reading(data: bytes) -> ReadAt:
    """Return the way to read what is in memory."""
    return lambda offset, size: data[offset : offset + size]


def head(tag: int, length: int) -> bytes:
    """Return tag and length, as DER has them, of an element that holds ``length`` octets."""
    if length < 0x80:  # noqa: PLR2004 -- X.690, 8.1.3.4: the short form
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets


def framed(tag: int, content: bytes) -> bytes:
    """Return an element as DER has it."""
    return head(tag, len(content)) + content
