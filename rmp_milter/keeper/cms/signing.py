"""Signatures written: opaque SignedData (RFC 5652, 5), as Outlook reads them.

They say what we open (:mod:`.capabilities`) and by which certificate we want to be written to.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from rmp_milter.cms.oids import DATA, SIGNED_DATA
from rmp_milter.cms.tlv import OCTET_STRING, SEQUENCE, SET, framed, head
from rmp_milter.keeper.cms import attributes as names
from rmp_milter.keeper.cms.algorithms import HASHES, RSA, SHA256, SHA384
from rmp_milter.keeper.cms.capabilities import OID as CAPABILITIES
from rmp_milter.keeper.cms.encoding import (
    NULL,
    algorithm,
    integer,
    octets,
    oid,
    sequence,
    set_of,
)
from rmp_milter.keeper.cms.keys import PrivateKey, certificate_names

Buffer = bytes | bytearray | memoryview

_ECDSA = {SHA256: "1.2.840.10045.4.3.2", SHA384: "1.2.840.10045.4.3.3"}
_LAST_OF_UTC_TIME = 2049  # RFC 5652, 11.3


def signed(  # noqa: PLR0913, PLR0917 -- what is signed, by whom, when, and what is said beside it
    content: Sequence[Buffer],
    certificate: bytes,
    chain: Sequence[bytes],
    private: PrivateKey,
    now: int,
    capabilities: bytes,
    preference: bytes,
) -> tuple[Buffer, ...]:
    """Return a ContentInfo (DER) in pieces, of which those of ``content`` stand in the middle.

    ``certificate`` is the signer's, ``chain`` those that stand above it, ``preference`` the one
    that the reader shall encrypt to: all DER. ``now`` is in seconds since 1970, ``capabilities``
    as :func:`.capabilities.capabilities` gives them. Digests are SHA-256, on P-384 SHA-384.
    Raises :class:`CmsError` for what is no certificate.
    """
    digest = SHA384 if _is_p384(private) else SHA256
    hashed = hashes.Hash(HASHES[digest])
    for piece in content:
        hashed.update(piece)
    said = _attributes(hashed.finalize(), now, capabilities, preference)
    signer = _signer_info(certificate, private, digest, said)
    behind = set_of({certificate, *chain}, 0xA0) + framed(SET, signer)
    before = integer(1) + framed(SET, algorithm(digest))
    return _around(before, content, behind)


def signed_beside(  # noqa: PLR0913, PLR0917 -- as above
    content: bytes,
    certificate: bytes,
    chain: Sequence[bytes],
    private: PrivateKey,
    now: int,
    capabilities: bytes,
    preference: bytes,
) -> bytes:
    """Return a ContentInfo (DER) of a signature that stands apart from its ``content``.

    That has the line ends with which it is sent. As :func:`signed` otherwise.
    """
    whole = signed([content], certificate, chain, private, now, capabilities, preference)
    behind = bytes(whole[-1])
    digest = SHA384 if _is_p384(private) else SHA256
    inner = sequence(integer(1) + framed(SET, algorithm(digest)), sequence(oid(DATA)), behind)
    return sequence(oid(SIGNED_DATA), framed(0xA0, inner))


def digest_name(private: PrivateKey) -> str:
    """Return how ``micalg`` names the digest that a key signs (RFC 8551, 3.5.3.2)."""
    return "sha-384" if _is_p384(private) else "sha-256"


def _is_p384(private: PrivateKey) -> bool:
    return isinstance(private, ec.EllipticCurvePrivateKey) and private.key_size > 256  # noqa: PLR2004 -- of P-256 and P-384


def _attributes(digest: bytes, now: int, capabilities: bytes, preference: bytes) -> list[bytes]:
    encryption = certificate_names(preference)
    preferred = framed(0xA0, encryption.issuer + integer(encryption.serial))
    return [
        _attribute(names.CONTENT_TYPE, oid(DATA)),
        _attribute(names.MESSAGE_DIGEST, octets(digest)),
        _attribute(names.SIGNING_TIME, _time(now)),
        _attribute(CAPABILITIES, capabilities),
        _attribute(names.KEY_PREFERENCE, preferred),
    ]


def _attribute(name: str, value: bytes) -> bytes:
    return sequence(oid(name), framed(SET, value))


def _time(now: int) -> bytes:
    """Return a Time (RFC 5652, 11.3)."""
    when = datetime.fromtimestamp(now, UTC)
    if when.year <= _LAST_OF_UTC_TIME:
        return framed(0x17, f"{when:%y%m%d%H%M%SZ}".encode())
    return framed(0x18, f"{when:%Y%m%d%H%M%SZ}".encode())


def _signer_info(
    certificate: bytes, private: PrivateKey, digest: str, attributes: Sequence[bytes]
) -> bytes:
    """Write a SignerInfo (RFC 5652, 5.3): signed is the SET, sent is its content."""
    how, signature = _signature(private, digest, set_of(attributes))
    signer = certificate_names(certificate)
    return sequence(
        integer(1),
        sequence(signer.issuer, integer(signer.serial)),
        algorithm(digest),
        set_of(attributes, 0xA0),
        how,
        octets(signature),
    )


def _signature(private: PrivateKey, digest: str, data: bytes) -> tuple[bytes, bytes]:
    """Return the algorithm's identifier (RFC 5754, 3) and the signature."""
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return algorithm(_ECDSA[digest]), private.sign(data, ec.ECDSA(HASHES[digest]))
    signature = private.sign(data, padding.PKCS1v15(), HASHES[digest])
    return algorithm(RSA, NULL), signature


def _around(before: bytes, content: Sequence[Buffer], behind: bytes) -> tuple[Buffer, ...]:
    """Return what stands around the content, with the lengths of all that it is inside of."""
    size = sum(map(len, content))
    front = head(OCTET_STRING, size)
    front = oid(DATA) + head(0xA0, len(front) + size) + front
    front = before + head(SEQUENCE, len(front) + size) + front
    rest = size + len(behind)
    front = head(SEQUENCE, len(front) + rest) + front
    front = oid(SIGNED_DATA) + head(0xA0, len(front) + rest) + front
    return head(SEQUENCE, len(front) + rest) + front, *content, behind
