"""SignedData (RFC 5652, 5) taken apart: what is signed, beside it certificates and signers.

Nothing is verified here.
"""

from typing import NamedTuple

from rmp_milter.cms.envelope import Parts, content_info, oid_of
from rmp_milter.cms.errors import CmsError, CmsFault
from rmp_milter.cms.oids import SIGNED_DATA
from rmp_milter.cms.tlv import (
    CONSTRUCTED,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Tlv,
    Walker,
    reading,
)

_CERTIFICATES, _LISTS, _CONTENT = 0xA0, 0xA1, 0xA0


class SignedParts(NamedTuple):
    """Where the parts of SignedData lie; ``content_type`` has dots.

    ``content`` is an octet string, or None where what is signed stands elsewhere.
    """

    content_type: str
    content: Tlv | None
    certificates: Tlv | None
    signers: Tlv


def signed_parts(walker: Walker) -> SignedParts:
    """Take apart the ContentInfo that fills the walker's octets.

    Raises :class:`CmsError`: ``UNSUPPORTED`` for another kind of content, ``TOO_LARGE`` for more
    pieces than its length allows, else ``UNREADABLE``.
    """
    oid, signed = content_info(walker)
    if oid != SIGNED_DATA:
        raise CmsError(CmsFault.UNSUPPORTED, f"content {oid}", oid)
    parts = Parts(walker, signed)
    parts.take(INTEGER)
    parts.take(SET)
    content_type, content = _content(walker, parts.take(SEQUENCE))
    certificates = parts.pass_over(_CERTIFICATES)
    parts.pass_over(_LISTS)
    signers = parts.take(SET)
    parts.end()
    return SignedParts(content_type, content, certificates, signers)


def signed_content(data: bytes) -> bytes | None:
    """Return the content that SignedData encloses, None where it is detached from it.

    What follows behind it is passed over, as anybody may have added it. Raises
    :class:`CmsError`.
    """
    read = reading(data)
    outermost = Walker(read, 0, len(data)).element(0, len(data))
    walker = Walker(read, 0, outermost.size)
    content = signed_parts(walker).content
    if content is None:
        return None
    return b"".join(data[at : at + size] for at, size in walker.chunks(content))


def _content(walker: Walker, element: Tlv) -> tuple[str, Tlv | None]:
    """Read an EncapsulatedContentInfo (RFC 5652, 5.2)."""
    parts = Parts(walker, element)
    content_type = oid_of(walker, parts.take(OID))
    wrapping = parts.pass_over(_CONTENT)
    parts.end()
    if wrapping is None:
        return content_type, None
    inside = Parts(walker, wrapping)
    content = inside.pass_over(OCTET_STRING) or inside.take(OCTET_STRING | CONSTRUCTED)
    inside.end()
    return content_type, content
