"""Whom an envelope is for: RecipientInfo (RFC 5652, 6.2), its names read, its key left alone."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from rmp_milter.cms.errors import unreadable
from rmp_milter.cms.small import Node, node, nodes
from rmp_milter.cms.tlv import INTEGER, OCTET_STRING, SEQUENCE

_AGREEMENT, _SHARED_KEY, _KEY_ID = 0xA1, 0xA2, 0x80
_KEY_ID_OF_AGREEMENT = 0xA0
_LEAST_TRANSPORT = 4  # version, who, algorithm, key
_LONGEST_SERIAL, _LONGEST_KEY_ID = 64, 64


class KeyWay(StrEnum):
    """How the content key reaches a recipient."""

    TRANSPORT = "transport"
    AGREEMENT = "agreement"
    OTHER = "other"


class RecipientId(NamedTuple):
    """A certificate's name: either ``issuer`` (DER, as it came) and ``serial``, or ``key_id``."""

    issuer: bytes = b""
    serial: int = 0
    key_id: bytes = b""


class Recipient(NamedTuple):
    """One RecipientInfo: ``names`` for whom, in its order, and ``der``, lengths all definite."""

    way: KeyWay
    names: tuple[RecipientId, ...]
    der: bytes


def read_recipient(der: bytes) -> Recipient:
    """Read a RecipientInfo that went through :func:`.small.definite`.

    Passwords, shared keys and what is not known are kept as ``OTHER``. Raises
    :class:`CmsError` (``UNREADABLE``).
    """
    whole = node(der)
    if whole.tag == SEQUENCE:
        parts = nodes(whole.content)
        if len(parts) != _LEAST_TRANSPORT:
            raise unreadable("no key transport")
        return Recipient(KeyWay.TRANSPORT, (_name(parts[1], _KEY_ID),), der)
    if whole.tag == _AGREEMENT:
        return Recipient(KeyWay.AGREEMENT, _agreement_names(nodes(whole.content)), der)
    return Recipient(KeyWay.OTHER, (), der)


def version(der: bytes) -> int:
    """Return the version of a RecipientInfo, or -1 for a kind that has none here."""
    whole = node(der)
    if whole.tag not in {SEQUENCE, _AGREEMENT, _SHARED_KEY}:
        return -1
    parts = nodes(whole.content)
    if not parts or parts[0].tag != INTEGER:
        raise unreadable("a recipient without a version")
    return int.from_bytes(parts[0].content)


def issuer_and_serial(content: bytes) -> RecipientId:
    """Read the content of an IssuerAndSerialNumber (RFC 5652, 10.2.4)."""
    parts = nodes(content)
    if [part.tag for part in parts] != [SEQUENCE, INTEGER]:
        raise unreadable("no issuer and serial number")
    serial = parts[1].content
    if not 0 < len(serial) <= _LONGEST_SERIAL:
        raise unreadable("a serial number that is empty or too long")
    return RecipientId(parts[0].whole, int.from_bytes(serial, signed=True))


def key_identifier(content: bytes) -> RecipientId:
    """Read a key identifier's octets."""
    if not 0 < len(content) <= _LONGEST_KEY_ID:
        raise unreadable("a key identifier that is empty or too long")
    return RecipientId(key_id=content)


def _name(part: Node, key_id: int) -> RecipientId:
    if part.tag == SEQUENCE:
        return issuer_and_serial(part.content)
    if part.tag != key_id:
        raise unreadable("a recipient without a name")
    return key_identifier(part.content)


def _agreement_names(parts: Sequence[Node]) -> tuple[RecipientId, ...]:
    """Read the names out of the last part, recipientEncryptedKeys (RFC 5652, 6.2.2)."""
    if not parts or parts[-1].tag != SEQUENCE:
        raise unreadable("no key agreement")
    return tuple(_agreement_name(nodes(each.content)) for each in nodes(parts[-1].content))


def _agreement_name(parts: Sequence[Node]) -> RecipientId:
    if len(parts) != 2 or parts[1].tag != OCTET_STRING:  # noqa: PLR2004 -- who, and the key
        raise unreadable("no recipient of a key agreement")
    if parts[0].tag != _KEY_ID_OF_AGREEMENT:
        return _name(parts[0], _KEY_ID)
    inner = nodes(parts[0].content)  # RecipientKeyIdentifier: the identifier, perhaps a date
    if not inner or inner[0].tag != OCTET_STRING:
        raise unreadable("no key identifier")
    return key_identifier(inner[0].content)
