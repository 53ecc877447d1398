"""Signed attributes (RFC 5652, 11; RFC 8551, 2.5): each at most once, those read with one value."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from rmp_milter.cms.errors import CmsError, CmsFault, unreadable
from rmp_milter.cms.oids import dotted
from rmp_milter.cms.recipients import RecipientId, issuer_and_serial, key_identifier
from rmp_milter.cms.small import Node, nodes
from rmp_milter.cms.tlv import OCTET_STRING, OID, SEQUENCE, SET
from rmp_milter.keeper.cms.capabilities import OID as CAPABILITIES
from rmp_milter.keeper.cms.capabilities import read_capabilities

CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{n}" for n in (3, 4, 5))
KEY_PREFERENCE = "1.2.840.113549.1.9.16.2.11"
OUTLOOKS_PREFERENCE = "1.3.6.1.4.1.311.16.4"
MAX_ATTRIBUTES = 64
_READ = {CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, CAPABILITIES, KEY_PREFERENCE}
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_PIVOT = 50  # RFC 5652, 11.3: two digits under it are of this century


class Attributes(NamedTuple):
    """What is read of them: ``signing_time`` in seconds since 1970, ``content_type`` with dots."""

    content_type: str
    digest: bytes
    signing_time: int
    capabilities: tuple[str, ...]
    preference: RecipientId | None


def read_attributes(content: bytes) -> Attributes:
    """Read the content of signedAttrs that went through :func:`.small.definite`.

    Raises :class:`CmsError`: ``NOT_ONE_SIGNATURE`` without content type, digest or time, else
    ``UNREADABLE``. What only helps (capabilities, preference) is left out where it is damaged.
    """
    values = _values(content)
    missing = {CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME} - values.keys()
    if missing:
        raise CmsError(CmsFault.NOT_ONE_SIGNATURE, f"no signed attribute {min(missing)}")
    content_type, digest = values[CONTENT_TYPE], values[MESSAGE_DIGEST]
    if (content_type.tag, digest.tag) != (OID, OCTET_STRING):
        raise unreadable("a signed attribute of another type")
    return Attributes(
        dotted(content_type.content),
        digest.content,
        _time(values[SIGNING_TIME]),
        _capabilities(values.get(CAPABILITIES)),
        _preference(values.get(KEY_PREFERENCE)) or _outlooks(values.get(OUTLOOKS_PREFERENCE)),
    )


def _values(content: bytes) -> dict[str, Node]:
    """Return each attribute's value, of those that are not read the first of several."""
    parts = nodes(content)
    if len(parts) > MAX_ATTRIBUTES:
        raise unreadable("too many signed attributes")
    found: dict[str, Node] = {}
    for part in parts:
        inner = nodes(part.content) if part.tag == SEQUENCE else []
        if [each.tag for each in inner] != [OID, SET]:
            raise unreadable("no attribute")
        name, values = dotted(inner[0].content), nodes(inner[1].content)
        if name in found or not values or (name in _READ and len(values) > 1):
            raise unreadable("a signed attribute that is there twice, or without one value")
        found[name] = values[0]
    return found


def _time(value: Node) -> int:
    """Read a Time (RFC 5652, 11.3)."""
    text = value.content.decode("ascii", "replace")
    if value.tag == _UTC_TIME and re.fullmatch(r"[0-9]{12}Z", text):
        text = ("20" if int(text[:2]) < _PIVOT else "19") + text
    elif value.tag != _GENERALIZED_TIME or not re.fullmatch(r"[0-9]{14}Z", text):
        raise unreadable("no signing time")
    try:
        return int(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise unreadable("no signing time") from error


def _capabilities(value: Node | None) -> tuple[str, ...]:
    try:
        return read_capabilities(value.whole) if value else ()
    except CmsError:
        return ()


def _preference(value: Node | None) -> RecipientId | None:
    """Read SMIMEEncryptionKeyPreference (RFC 8551, 2.5.3)."""
    try:
        if value is None:
            return None
        if value.tag == 0xA0:  # noqa: PLR2004 -- issuerAndSerialNumber
            return issuer_and_serial(value.content)
        if value.tag == 0xA1:  # noqa: PLR2004 -- receipentKeyId, a SEQUENCE
            return key_identifier(nodes(value.content)[0].content)
        return key_identifier(value.content) if value.tag == 0x82 else None  # noqa: PLR2004 -- subjectAltKeyIdentifier
    except (CmsError, IndexError):
        return None


def _outlooks(value: Node | None) -> RecipientId | None:
    """Read what Outlook says beside it, or instead: a bare issuer and serial number."""
    try:
        return issuer_and_serial(value.content) if value and value.tag == SEQUENCE else None
    except CmsError:
        return None
