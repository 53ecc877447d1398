"""Which digest and which signature a signer used (RFC 5754, 4056): SHA-2 with RSA or ECDSA."""

from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from rmp_milter.cms.ciphers import algorithm_of
from rmp_milter.cms.errors import CmsError, CmsFault
from rmp_milter.cms.small import Node
from rmp_milter.keeper.cms.algorithms import (
    EC_PUBLIC_KEY,
    HASHES,
    MD5,
    PSS,
    RSA,
    SHA1,
    SHA256,
    SHA384,
    SHA512,
    pss,
    unsupported,
)

_WEAK = {
    SHA1: "SHA-1",
    MD5: "MD5",
    "1.2.840.113549.2.2": "MD2",
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.2.840.10045.4.1": "SHA-1",
}
_TAKEN = (SHA256, SHA384, SHA512)
_DIGESTS = [HASHES[each] for each in _TAKEN]
_RSA = dict(zip((f"1.2.840.113549.1.1.{n}" for n in (11, 12, 13)), _DIGESTS, strict=True))
_ECDSA = dict(zip((f"1.2.840.10045.4.3.{n}" for n in (2, 3, 4)), _DIGESTS, strict=True))


class Scheme(NamedTuple):
    """A digest, and RSA's padding or None for ECDSA."""

    digest: hashes.HashAlgorithm
    padding: padding.PKCS1v15 | padding.PSS | None


def read_digest(field: Node) -> hashes.HashAlgorithm:
    """Return the digest of a DigestAlgorithmIdentifier.

    Raises :class:`CmsError`: ``WEAK_SIGNATURE`` for SHA-1 and MD5, ``UNSUPPORTED``.
    """
    oid, _ = algorithm_of(field)
    _check_strong(oid)
    if oid not in _TAKEN:
        raise unsupported(oid)
    return HASHES[oid]


def read_scheme(field: Node, digest: hashes.HashAlgorithm) -> Scheme:
    """Return what a SignatureAlgorithmIdentifier says; its digest has to be the signer's.

    Raises :class:`CmsError`: ``WEAK_SIGNATURE`` for SHA-1 and MD5, ``UNSUPPORTED``.
    """
    oid, parameters = algorithm_of(field)
    _check_strong(oid)
    own, scheme = digest, Scheme(digest, padding.PKCS1v15())
    if oid == PSS:
        own, form = pss(parameters)
        scheme = Scheme(digest, form)
    elif oid == EC_PUBLIC_KEY or oid in _ECDSA:  # GnuPG names the key where the scheme belongs
        own, scheme = _ECDSA.get(oid, digest), Scheme(digest, None)
    elif oid != RSA:
        if oid not in _RSA:
            raise unsupported(oid)
        own = _RSA[oid]
    if own.name != digest.name:
        raise unsupported(f"{oid} with {digest.name}")
    return scheme


def _check_strong(oid: str) -> None:
    if oid in _WEAK:
        raise CmsError(CmsFault.WEAK_SIGNATURE, f"signed with {_WEAK[oid]}", _WEAK[oid])
