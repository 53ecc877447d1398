"""Identifiers of algorithms that stand in envelopes and signatures, and what they mean."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from rmp_milter.cms.ciphers import algorithm_of
from rmp_milter.cms.errors import CmsError, CmsFault, unreadable
from rmp_milter.cms.small import Node, node, nodes
from rmp_milter.cms.tlv import INTEGER, OCTET_STRING, SEQUENCE

RSA, OAEP, PSS = (f"1.2.840.113549.1.1.{last}" for last in (1, 7, 10))
MGF1, P_SPECIFIED = "1.2.840.113549.1.1.8", "1.2.840.113549.1.1.9"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
SHA1, MD5 = "1.3.14.3.2.26", "1.2.840.113549.2.5"
SHA224, SHA256, SHA384, SHA512 = (f"2.16.840.1.101.3.4.2.{last}" for last in (4, 1, 2, 3))
HASHES: dict[str, hashes.HashAlgorithm] = {
    SHA1: hashes.SHA1(),  # noqa: S303 -- not broken inside OAEP and key derivation
    SHA224: hashes.SHA224(),
    SHA256: hashes.SHA256(),
    SHA384: hashes.SHA384(),
    SHA512: hashes.SHA512(),
}
_DEFAULT_SALT = 20  # octets (RFC 4055, 3.1)
_LONGEST_SALT = 1024  # what fits beside a digest into the longest key


def unsupported(name: str) -> CmsError:
    """Return the error for an algorithm that is not known here."""
    return CmsError(CmsFault.UNSUPPORTED, f"algorithm {name}", name)


def oaep(parameters: Node | None) -> padding.OAEP:
    """Return the padding of RSAES-OAEP-params (RFC 4055, 4.1)."""
    fields = _fields(parameters)
    digest, mask = _hash(fields.get(0)), _mask(fields.get(1))
    return padding.OAEP(padding.MGF1(mask), digest, _label(fields.get(2)))


def pss(parameters: Node | None) -> tuple[hashes.HashAlgorithm, padding.PSS]:
    """Return digest and padding of RSASSA-PSS-params (RFC 4055, 3.1)."""
    fields = _fields(parameters)
    digest, mask = _hash(fields.get(0)), _mask(fields.get(1))
    salt = _number(fields.get(2), _DEFAULT_SALT)
    if _number(fields.get(3), 1) != 1 or salt > _LONGEST_SALT:
        raise unsupported("RSA-PSS with other parameters")
    return digest, padding.PSS(padding.MGF1(mask), salt)


def _fields(parameters: Node | None) -> dict[int, Node]:
    """Return what stands inside the explicit tags of a SEQUENCE, by their numbers."""
    if parameters is None or parameters.tag != SEQUENCE:
        raise unreadable("no parameters")
    parts = nodes(parameters.content)
    tags = [part.tag for part in parts]
    if not set(tags) <= {0xA0, 0xA1, 0xA2, 0xA3} or tags != sorted(set(tags)):
        raise unreadable("other parameters than those of the algorithm")
    return {part.tag & 0x1F: node(part.content) for part in parts}


def _hash(field: Node | None) -> hashes.HashAlgorithm:
    if field is None:
        return HASHES[SHA1]
    oid, _ = algorithm_of(field)
    if oid not in HASHES:
        raise unsupported(oid)
    return HASHES[oid]


def _mask(field: Node | None) -> hashes.HashAlgorithm:
    if field is None:
        return HASHES[SHA1]
    oid, inner = algorithm_of(field)
    if oid != MGF1 or inner is None:
        raise unsupported(oid)
    return _hash(inner)


def _label(field: Node | None) -> bytes | None:
    if field is None:
        return None
    oid, inner = algorithm_of(field)
    if oid != P_SPECIFIED or inner is None or inner.tag != OCTET_STRING:
        raise unsupported(oid)
    return inner.content or None


def _number(field: Node | None, default: int) -> int:
    if field is None:
        return default
    if field.tag != INTEGER:
        raise unreadable("no number among the parameters")
    return int.from_bytes(field.content)
