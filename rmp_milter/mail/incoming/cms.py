"""What stands inside an S/MIME signature: the content of CMS SignedData (RFC 5652, 5).

Only to reach the encrypted mail behind it: nothing is verified, since what such a signature
says of a ciphertext is nothing about its text. Outlook writes BER with lengths that are not
said and a content in pieces, so both are read. Bounded and linear in the size.
"""

from typing import NamedTuple

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_SEQUENCE, _SET, _INTEGER, _EXPLICIT = 0x30, 0x31, 0x02, 0xA0
_OCTETS, _OCTETS_IN_PIECES = 0x04, 0x24
_MAX_DEPTH = 12
_MAX_PIECES = 1 << 17
_LENGTH_OCTETS = 4  # a mail is smaller than 4 GB


class CmsError(ValueError):
    """No SignedData, or one that is damaged or beyond the bounds."""


class _Element(NamedTuple):
    """``end`` is where the content ends, -1 where that is not said."""

    tag: int
    start: int
    end: int


def signed_content(data: bytes) -> bytes | None:
    """Return the content that the SignedData encloses, None where it is detached from it.

    Raises :class:`CmsError`.
    """
    return _SignedData(data).content()


class _SignedData:
    """Reads one SignedData from front to back, as far as its content."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pieces = _MAX_PIECES

    def content(self) -> bytes | None:
        info = self._expect(0, _SEQUENCE)
        if not self._data.startswith(_SIGNED_DATA, info.start):
            raise CmsError("not signed data")
        wrapped = self._expect(info.start + len(_SIGNED_DATA), _EXPLICIT)
        signed = self._expect(wrapped.start, _SEQUENCE)
        at = self._after(self._expect(signed.start, _INTEGER))
        at = self._after(self._expect(at, _SET))
        inner = self._expect(at, _SEQUENCE)
        at = self._after(self._element(inner.start))  # what kind of content it is
        if self._is_over(at, inner):
            return None
        enclosed = self._expect(at, _EXPLICIT)
        found = bytearray()
        self._collect(self._element(enclosed.start), found, _MAX_DEPTH)
        return bytes(found)

    def _collect(self, element: _Element, found: bytearray, depth: int) -> int:
        """Add the octets of a string, in however many pieces; return where it is over."""
        self._count(depth)
        if element.tag == _OCTETS and element.end >= 0:
            found += memoryview(self._data)[element.start : element.end]
            return element.end
        if element.tag != _OCTETS_IN_PIECES:
            raise CmsError("no octets where the content should be")
        at = element.start
        while not self._is_over(at, element):
            at = self._collect(self._element(at), found, depth - 1)
        return self._behind(at, element)

    def _expect(self, at: int, tag: int) -> _Element:
        element = self._element(at)
        if element.tag != tag:
            raise CmsError("not built as signed data are")
        return element

    def _element(self, at: int) -> _Element:
        """Read identifier and length at ``at`` (X.690, 8.1)."""
        if at + 2 > len(self._data):
            raise CmsError("cut short")
        tag, length = self._data[at], self._data[at + 1]
        start = at + 2
        if length == 0x80:  # noqa: PLR2004 -- X.690, 8.1.3.6: not said
            return _Element(tag, start, -1)
        if length > 0x80:  # noqa: PLR2004 -- X.690, 8.1.3.5: so many octets say it
            size = length & 0x7F
            if size > _LENGTH_OCTETS:
                raise CmsError("too long")
            length = int.from_bytes(self._data[start : start + size])
            start += size
        if start + length > len(self._data):
            raise CmsError("cut short")
        return _Element(tag, start, start + length)

    def _after(self, element: _Element, depth: int = _MAX_DEPTH) -> int:
        """Return where the element is over, its own elements passed over."""
        if element.end >= 0:
            return element.end
        self._count(depth)
        at = element.start
        while not self._is_over(at, element):
            at = self._after(self._element(at), depth - 1)
        return self._behind(at, element)

    def _is_over(self, at: int, element: _Element) -> bool:
        if element.end >= 0:
            return at >= element.end
        return self._data[at : at + 2] == b"\0\0"

    def _behind(self, at: int, element: _Element) -> int:
        return element.end if element.end >= 0 else at + 2

    def _count(self, depth: int) -> None:
        self._pieces -= 1
        if self._pieces < 0 or depth < 0:
            raise CmsError("too many pieces")
