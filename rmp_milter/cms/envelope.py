"""An envelope taken apart without a key: its recipients, and where its body lies.

EnvelopedData (RFC 5652, 6.1) and AuthEnvelopedData (RFC 5083, 2.1). The body is what is stored:
it stays byte for byte, in front of it come other recipients. The originator's certificates and
the attributes that nothing protects are not part of it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from rmp_milter.cms.ciphers import Cipher, algorithm, cipher
from rmp_milter.cms.errors import CmsError, CmsFault, unreadable
from rmp_milter.cms.oids import dotted
from rmp_milter.cms.recipients import Recipient, RecipientId, read_recipient
from rmp_milter.cms.recognise import OIDS, CmsKind
from rmp_milter.cms.small import MAX_OID, definite, node
from rmp_milter.cms.tlv import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    ReadAt,
    Tlv,
    Walker,
)

MAX_RECIPIENTS = 64
ORIGINATOR, ATTRIBUTES, MORE_ATTRIBUTES = 0xA0, 0xA1, 0xA2
_CONTENT = 0xA0
_MAX_ALGORITHM = 512
_KINDS = {OIDS[kind]: kind for kind in (CmsKind.ENVELOPED, CmsKind.AUTHENTICATED)}


class Stretch(NamedTuple):
    """Where octets lie, in the offsets of the reading function."""

    offset: int
    length: int


class CmsEnvelope(NamedTuple):
    """What can be known of an envelope without a key; ``content_type`` has dots.

    ``body`` is the EncryptedContentInfo element; of AuthEnvelopedData it reaches from there over
    the authenticated attributes to the end of the tag.
    """

    kind: CmsKind
    recipients: tuple[Recipient, ...]
    body: Stretch
    content_type: str
    cipher: Cipher

    @property
    def names(self) -> tuple[RecipientId, ...]:
        """The names of all recipients, in their order."""
        return tuple(name for each in self.recipients for name in each.names)


class EncryptedContent(NamedTuple):
    """The parts of an EncryptedContentInfo: type, cipher and its parameters, ciphertext."""

    content_type: str
    algorithm: bytes
    cipher: Cipher
    content: Tlv


def read_envelope(read: ReadAt, start: int, length: int) -> CmsEnvelope:
    """Read the ContentInfo that fills ``length`` octets from ``start``.

    Raises :class:`CmsError`: ``TOO_MANY_RECIPIENTS`` beyond 64, ``TOO_LARGE`` for more pieces
    than its length allows, ``UNSUPPORTED`` for another kind of content, else ``UNREADABLE``.
    The cipher may be one that is not opened (:func:`.ciphers.check_opened`).
    """
    walker = Walker(read, start, length)
    kind, content = _content(walker)
    parts = Parts(walker, content)
    parts.take(INTEGER)
    parts.pass_over(ORIGINATOR)
    recipients = tuple(_recipients(walker, parts.take(SET)))
    first = parts.take(SEQUENCE)
    encrypted = read_encrypted(walker, first)
    last = _last_of_body(kind, parts) or first
    parts.pass_over(ATTRIBUTES if kind is CmsKind.ENVELOPED else MORE_ATTRIBUTES)
    parts.end()
    body = Stretch(first.start, last.after - first.start)
    return CmsEnvelope(kind, recipients, body, encrypted.content_type, encrypted.cipher)


class Parts:
    """The parts of a SEQUENCE, taken in their order."""

    def __init__(self, walker: Walker, parent: Tlv) -> None:
        self._children = walker.children(parent)
        self._next = next(self._children, None)

    def take(self, tag: int) -> Tlv:
        """Return the next part, which must have this tag."""
        found = self.pass_over(tag)
        if found is None:
            raise unreadable(f"no part of tag {tag:02x} where one belongs")
        return found

    def pass_over(self, tag: int) -> Tlv | None:
        """Return the next part if it has this tag."""
        found = self._next
        if found is None or found.tag != tag:
            return None
        self._next = next(self._children, None)
        return found

    def end(self) -> None:
        """Raise unless all parts were taken."""
        if self._next is not None:
            raise unreadable(f"a part of tag {self._next.tag:02x} where none belongs")


def read_encrypted(walker: Walker, element: Tlv) -> EncryptedContent:
    """Read an EncryptedContentInfo (RFC 5652, 6.1) up to its ciphertext."""
    parts = Parts(walker, element)
    content_type = oid_of(walker, parts.take(OID))
    der = definite(walker, parts.take(SEQUENCE), _MAX_ALGORITHM)
    content = parts.pass_over(0x80) or parts.take(0xA0)
    parts.end()
    oid, _ = algorithm(node(der).content)
    return EncryptedContent(content_type, der, cipher(oid), content)


def oid_of(walker: Walker, element: Tlv) -> str:
    """Return an identifier with dots."""
    return dotted(walker.octets(element, MAX_OID))


def content_info(walker: Walker) -> tuple[str, Tlv]:
    """Return the type of a ContentInfo (RFC 5652, 3) and its content, a SEQUENCE."""
    whole = walker.whole()
    if whole.tag != SEQUENCE:
        raise unreadable("no content")
    parts = Parts(walker, whole)
    oid = oid_of(walker, parts.take(OID))
    wrapping = Parts(walker, parts.take(_CONTENT))
    parts.end()
    content = wrapping.take(SEQUENCE)
    wrapping.end()
    return oid, content


def _content(walker: Walker) -> tuple[CmsKind, Tlv]:
    oid, content = content_info(walker)
    if oid not in _KINDS:
        raise CmsError(CmsFault.UNSUPPORTED, f"content {oid}", oid)
    return _KINDS[oid], content


def _recipients(walker: Walker, parent: Tlv) -> Iterator[Recipient]:
    left = MAX_RECIPIENTS
    for element in walker.children(parent):
        if left <= 0:
            raise CmsError(CmsFault.TOO_MANY_RECIPIENTS, "too many recipients")
        recipient = read_recipient(definite(walker, element))
        left -= max(len(recipient.names), 1)
        if left < 0:
            raise CmsError(CmsFault.TOO_MANY_RECIPIENTS, "too many recipients")
        yield recipient


def _last_of_body(kind: CmsKind, parts: Parts) -> Tlv | None:
    """Take what belongs to an authenticated body behind the ciphertext; return its last part."""
    if kind is CmsKind.ENVELOPED:
        return None
    parts.pass_over(ATTRIBUTES)
    return parts.take(OCTET_STRING)
