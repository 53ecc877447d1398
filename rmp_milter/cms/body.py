"""The body of an envelope on its own, as it is stored: what is needed beside the content key."""

from collections.abc import Iterator
from typing import NamedTuple

from rmp_milter.cms.ciphers import Cipher, Mode, algorithm, check_opened
from rmp_milter.cms.envelope import (
    ATTRIBUTES,
    EncryptedContent,
    read_encrypted,
)
from rmp_milter.cms.errors import CmsError, CmsFault, unreadable
from rmp_milter.cms.recognise import CmsKind
from rmp_milter.cms.small import Node, definite, node, nodes
from rmp_milter.cms.tlv import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    ReadAt,
    Tlv,
    Walker,
)

PIECE = 1 << 16
BLOCK = 16
_MODES = {CmsKind.ENVELOPED: Mode.CBC, CmsKind.AUTHENTICATED: Mode.GCM}
_LEAST_NONCE, _LONGEST_NONCE = 8, 64
_LEAST_TAG, _LONGEST_TAG = 12, 16  # RFC 5084, 3.2
_NO_TAG_LENGTH = 12  # likewise: the default


class Body(NamedTuple):
    """A body without its ciphertext.

    ``nonce`` is the initialization vector of CBC too; ``tag`` and ``additional`` (the
    authenticated attributes as GCM covers them, DER of a SET) are empty for CBC.
    ``content`` says where the ciphertext lies, ``length`` how long it is.
    """

    kind: CmsKind
    content_type: str
    cipher: Cipher
    nonce: bytes
    tag: bytes
    additional: bytes
    content: Tlv
    length: int

    def pieces(self, read: ReadAt) -> Iterator[bytes]:
        """Yield the ciphertext; raise :class:`CmsError` where it is cut short."""
        walker = Walker(read, self.content.start, self.content.size)
        for offset, length in walker.chunks(self.content):
            for at in range(offset, offset + length, PIECE):
                size = min(PIECE, offset + length - at)
                piece = read(at, size)
                if len(piece) != size:
                    raise unreadable("the message is cut short")
                yield piece


def read_body(read: ReadAt, start: int, length: int, kind: CmsKind) -> Body:
    """Read the body of an envelope of that kind, which fills ``length`` octets from ``start``.

    The kind wins: a body of AuthEnvelopedData is opened with GCM or not at all, one of
    EnvelopedData with CBC (RFC 9709, 1: nothing else tells them apart). Raises
    :class:`CmsError`: ``OLD_CIPHER`` and ``UNSUPPORTED`` with the cipher's name, ``TOO_LARGE``
    for more pieces than its length allows, else ``UNREADABLE``.
    """
    walker = Walker(read, start, length)
    parts = _parts(walker)
    if not parts or parts[0].tag != SEQUENCE:
        raise unreadable("no encrypted content")
    encrypted = read_encrypted(walker, parts[0])
    check_opened(encrypted.cipher)
    if encrypted.cipher.mode is not _MODES.get(kind):
        name = encrypted.cipher.name
        raise CmsError(CmsFault.UNSUPPORTED, f"{name} in an {kind.value} body", name)
    _, parameters = algorithm(node(encrypted.algorithm).content)
    if kind is CmsKind.ENVELOPED:
        return _enveloped(walker, encrypted, parameters, parts[1:])
    return _authenticated(walker, encrypted, parameters, parts[1:])


def _parts(walker: Walker) -> list[Tlv]:
    """Return the elements that fill the octets: one, or with attributes and tag up to three."""
    found: list[Tlv] = []
    at = walker.start
    while at < walker.end and len(found) <= 3:  # noqa: PLR2004 -- as above
        found.append(walker.element(at, walker.end))
        at = found[-1].after
    return found


def _enveloped(
    walker: Walker, encrypted: EncryptedContent, parameters: Node | None, others: list[Tlv]
) -> Body:
    if others:
        raise unreadable("octets behind the encrypted content")
    if parameters is None or parameters.tag != OCTET_STRING:
        raise unreadable("no initialization vector")
    if len(parameters.content) != BLOCK:
        raise unreadable("an initialization vector of another length")
    return _body(walker, CmsKind.ENVELOPED, encrypted, parameters.content)


def _authenticated(
    walker: Walker, encrypted: EncryptedContent, parameters: Node | None, others: list[Tlv]
) -> Body:
    tags = [each.tag for each in others]
    if tags not in ([OCTET_STRING], [ATTRIBUTES, OCTET_STRING]):
        raise unreadable("not attributes and a tag behind the encrypted content")
    nonce, size = _gcm(parameters)
    tag = walker.octets(others[-1], _LONGEST_TAG)
    if len(tag) != size:
        raise unreadable("a tag of another length")
    body = _body(walker, CmsKind.AUTHENTICATED, encrypted, nonce)
    if len(others) == 1:
        return body._replace(tag=tag)
    attributes = definite(walker, others[0])
    return body._replace(tag=tag, additional=bytes((SET,)) + attributes[1:])


def _gcm(parameters: Node | None) -> tuple[bytes, int]:
    """Read GCMParameters (RFC 5084, 3.2): the nonce, the tag's octets."""
    if parameters is None or parameters.tag != SEQUENCE:
        raise unreadable("no parameters of GCM")
    nonce, *more = nodes(parameters.content) or [parameters]
    if nonce.tag != OCTET_STRING or not _LEAST_NONCE <= len(nonce.content) <= _LONGEST_NONCE:
        raise unreadable("a nonce of another length")
    if not more:
        return nonce.content, _NO_TAG_LENGTH
    size = int.from_bytes(more[0].content)
    if len(more) > 1 or more[0].tag != INTEGER or not _LEAST_TAG <= size <= _LONGEST_TAG:
        raise unreadable("a tag length that is not allowed")
    return nonce.content, size


def _body(walker: Walker, kind: CmsKind, encrypted: EncryptedContent, nonce: bytes) -> Body:
    content = encrypted.content
    length = sum(size for _, size in walker.chunks(content))
    return Body(
        kind, encrypted.content_type, encrypted.cipher, nonce, b"", b"", content, length
    )
