"""An envelope put together anew: other recipients in front of a body that stays as it is."""

from collections.abc import Sequence

from rmp_milter.cms.oids import encoded
from rmp_milter.cms.recipients import version
from rmp_milter.cms.recognise import OIDS, CmsKind
from rmp_milter.cms.tlv import INTEGER, OID, SEQUENCE, SET, framed
from rmp_milter.cms.tlv import head as head_of

_CONTENT = 0xA0


def head(kind: CmsKind, recipient_infos: Sequence[bytes], body_length: int) -> bytes:
    """Return what stands in front of a body of ``body_length`` octets: a ContentInfo with it.

    ``recipient_infos`` are DER. All lengths are definite; recipients are sorted, as DER wants
    it of a SET OF; the version is that of RFC 5652, 6.1 and RFC 5083, 2.1, without originator
    and unprotected attributes. Raises ValueError without a recipient.
    """
    if not recipient_infos:
        raise ValueError("an envelope for nobody")
    number = _version(kind, recipient_infos)
    inside = framed(INTEGER, bytes((number,))) + framed(SET, b"".join(sorted(recipient_infos)))
    inner = head_of(SEQUENCE, len(inside) + body_length) + inside
    wrapping = head_of(_CONTENT, len(inner) + body_length) + inner
    name = framed(OID, encoded(OIDS[kind]))
    whole = len(name) + len(wrapping) + body_length
    return head_of(SEQUENCE, whole) + name + wrapping


def _version(kind: CmsKind, recipient_infos: Sequence[bytes]) -> int:
    if kind is CmsKind.AUTHENTICATED:
        return 0
    versions = {version(each) for each in recipient_infos}
    if -1 in versions:  # a password, or a kind that is not known
        return 3
    return 0 if versions == {0} else 2
