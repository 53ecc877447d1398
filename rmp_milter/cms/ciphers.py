"""The ciphers of encrypted contents: AES with CBC (RFC 3565) and GCM (RFC 5084), no other."""

from enum import StrEnum
from typing import NamedTuple

from rmp_milter.cms.errors import CmsError, CmsFault, unreadable
from rmp_milter.cms.oids import dotted
from rmp_milter.cms.small import Node, nodes
from rmp_milter.cms.tlv import OID, SEQUENCE


class Mode(StrEnum):
    """How blocks are chained."""

    CBC = "cbc"
    GCM = "gcm"


class Cipher(NamedTuple):
    """A cipher: its identifier with dots, a name to tell, and for AES the key's octets and mode.

    ``key_size`` is 0 and ``mode`` None for whatever is not opened here.
    """

    oid: str
    name: str
    key_size: int = 0
    mode: Mode | None = None


_AES = "2.16.840.1.101.3.4.1"
_KNOWN = [
    Cipher(f"{_AES}.{number + place}", f"AES-{8 * size}-{mode.name}", size, mode)
    for number, size in ((0, 16), (20, 24), (40, 32))
    for place, mode in ((2, Mode.CBC), (6, Mode.GCM))
]
_OLD = [
    Cipher("1.2.840.113549.3.7", "3DES"),
    Cipher("1.2.840.113549.3.2", "RC2"),
    Cipher("1.2.840.113549.3.4", "RC4"),
    Cipher("1.3.14.3.2.7", "DES"),
]
_BY_OID = {each.oid: each for each in (*_KNOWN, *_OLD)}
OLD = frozenset(_OLD)


def cipher(oid: str) -> Cipher:
    """Return the cipher of an identifier; its name is the identifier where it has no other."""
    return _BY_OID.get(oid, Cipher(oid, oid))


def aes(key_size: int, mode: Mode) -> Cipher:
    """Return AES with a key of 16, 24 or 32 octets."""
    return next(each for each in _KNOWN if each.key_size == key_size and each.mode == mode)


def check_opened(found: Cipher) -> None:
    """Raise :class:`CmsError` (``OLD_CIPHER``, ``UNSUPPORTED``) for what is not AES-CBC or -GCM."""
    if found in OLD:
        raise CmsError(CmsFault.OLD_CIPHER, f"encrypted with {found.name}", found.name)
    if found.mode is None:
        raise CmsError(CmsFault.UNSUPPORTED, f"cipher {found.name}", found.name)


def algorithm(data: bytes) -> tuple[str, Node | None]:
    """Read the content of an AlgorithmIdentifier: identifier with dots, parameters or None."""
    found = nodes(data)
    if not 1 <= len(found) <= 2 or found[0].tag != OID:  # noqa: PLR2004 -- identifier, parameters
        raise unreadable("no algorithm")
    return dotted(found[0].content), found[1] if found[1:] else None


def algorithm_of(node: Node) -> tuple[str, Node | None]:
    """Read an AlgorithmIdentifier (RFC 5280, 4.1.1.2)."""
    if node.tag != SEQUENCE:
        raise unreadable("no algorithm")
    return algorithm(node.content)
