"""Keys agreed on with elliptic curves (RFC 5753): ephemeral-static ECDH, X9.63, AES key wrap."""

from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from rmp_milter.cms.ciphers import algorithm_of
from rmp_milter.cms.errors import unreadable
from rmp_milter.cms.small import Node, node, nodes
from rmp_milter.cms.tlv import BIT_STRING, OCTET_STRING, SEQUENCE, framed
from rmp_milter.keeper.cms.algorithms import HASHES, SHA1, SHA224, SHA256, SHA384, SHA512
from rmp_milter.keeper.cms.algorithms import unsupported as unknown

_SHA2 = (SHA224, SHA256, SHA384, SHA512)
# Single pass, standard and cofactor (the same on these curves, whose cofactor is 1). OpenSSL
# derives with SHA-1 unless it is told otherwise.
DERIVATIONS = {
    **{f"1.3.132.1.11.{last}": HASHES[oid] for last, oid in enumerate(_SHA2)},
    **{f"1.3.132.1.14.{last}": HASHES[oid] for last, oid in enumerate(_SHA2)},
    "1.3.133.16.840.63.0.2": HASHES[SHA1],
    "1.3.133.16.840.63.0.3": HASHES[SHA1],
}
WRAPS = {f"2.16.840.1.101.3.4.1.{last}": size for last, size in ((5, 16), (25, 24), (45, 32))}


class Agreement(NamedTuple):
    """What a KeyAgreeRecipientInfo says but for its recipients' names."""

    point: bytes
    digest: hashes.HashAlgorithm
    key_size: int
    shared_info: bytes
    wrapped: tuple[bytes, ...]


def read_agreement(der: bytes) -> Agreement:
    """Read a KeyAgreeRecipientInfo (RFC 5652, 6.2.2).

    Raises :class:`CmsError`: ``UNSUPPORTED`` for another way to derive or to wrap.
    """
    parts = nodes(node(der).content)
    tags = [part.tag for part in parts[1:]]
    if tags not in ([0xA0, SEQUENCE, SEQUENCE], [0xA0, 0xA1, SEQUENCE, SEQUENCE]):
        raise unreadable("no key agreement")
    derivation, wrap = algorithm_of(parts[-2])
    if derivation not in DERIVATIONS or wrap is None:
        raise unknown(derivation)
    oid, _ = algorithm_of(wrap)
    if oid not in WRAPS:
        raise unknown(oid)
    material = parts[2].content if tags[1] == 0xA1 else b""  # noqa: PLR2004 -- ukm [1] EXPLICIT
    wrapped = tuple(nodes(each.content)[1].content for each in nodes(parts[-1].content))
    info = shared_info(wrap.whole, WRAPS[oid], material)
    return Agreement(_point(parts[1]), DERIVATIONS[derivation], WRAPS[oid], info, wrapped)


def _point(originator: Node) -> bytes:
    """Return the sender's point out of an OriginatorPublicKey."""
    inner = node(originator.content)
    parts = nodes(inner.content)
    if inner.tag != 0xA1 or [part.tag for part in parts] != [SEQUENCE, BIT_STRING]:  # noqa: PLR2004 -- originatorKey
        raise unknown("key agreement without a key of its own")
    return parts[1].content[1:]


def shared_info(wrap: bytes, key_size: int, material: bytes = b"") -> bytes:
    """Return ECC-CMS-SharedInfo (RFC 5753, 7.2): DER of the wrap's algorithm goes in.

    ``material`` is the user keying material as an OCTET STRING (DER), or empty.
    """
    size = framed(OCTET_STRING, (8 * key_size).to_bytes(4))
    return framed(
        SEQUENCE, wrap + (framed(0xA0, material) if material else b"") + framed(0xA2, size)
    )


def wrapping_key(
    private: ec.EllipticCurvePrivateKey,
    public: ec.EllipticCurvePublicKey,
    digest: hashes.HashAlgorithm,
    key_size: int,
    info: bytes,
) -> bytes:
    """Return the key that wraps the content key."""
    secret = private.exchange(ec.ECDH(), public)
    return X963KDF(digest, key_size, info).derive(secret)


def unwrapped(agreement: Agreement, place: int, private: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the content key at ``place``, or nothing at all where it does not come out."""
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, agreement.point)
        digest, size, info = agreement.digest, agreement.key_size, agreement.shared_info
        kek = wrapping_key(private, public, digest, size, info)
        return aes_key_unwrap(kek, agreement.wrapped[place])
    except (ValueError, InvalidUnwrap):
        return b""
