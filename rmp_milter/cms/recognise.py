"""Which CMS content octets begin with: media types and names are missing or wrong too often."""

from enum import StrEnum

from rmp_milter.cms.oids import AUTH_ENVELOPED_DATA, ENVELOPED_DATA, SIGNED_DATA, encoded
from rmp_milter.cms.tlv import OID, SEQUENCE, framed

HEAD = 32
"""Octets at the beginning that say it."""


class CmsKind(StrEnum):
    """What a ContentInfo holds."""

    ENVELOPED = "enveloped"
    AUTHENTICATED = "auth-enveloped"
    SIGNED = "signed"


OIDS = {
    CmsKind.ENVELOPED: ENVELOPED_DATA,
    CmsKind.AUTHENTICATED: AUTH_ENVELOPED_DATA,
    CmsKind.SIGNED: SIGNED_DATA,
}
_NAMES = {framed(OID, encoded(oid)): kind for kind, oid in OIDS.items()}
_CONTENT = 0xA0


def looks_like_cms(beginning: bytes) -> CmsKind | None:
    """Return what octets are that begin with ``beginning`` (:data:`HEAD` octets of them or more).

    DER and BER; the rest may be damaged.
    """
    if beginning[:1] != bytes((SEQUENCE,)):
        return None
    inside = _after_length(beginning[1:])
    for name, kind in _NAMES.items():
        if inside.startswith(name) and inside[len(name) : len(name) + 1] == bytes((_CONTENT,)):
            return kind
    return None


def _after_length(octets: bytes) -> bytes:
    first = octets[0] if octets else 0
    return octets[1 + (first & 0x7F if first & 0x80 else 0) :]
