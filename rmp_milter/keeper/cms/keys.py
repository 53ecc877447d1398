"""Our private keys with the names that senders know them by."""

import functools
from typing import NamedTuple

import asn1crypto.x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from rmp_milter.cms.errors import CmsError, CmsFault, unreadable
from rmp_milter.cms.recipients import RecipientId
from rmp_milter.cms.small import checked

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
CURVES = frozenset({"secp256r1", "secp384r1"})


class CertificateNames(NamedTuple):
    """What a certificate is called by: issuer (DER as it stands in it), serial, key identifier.

    ``key_id`` is empty where the certificate says none.
    """

    issuer: bytes
    serial: int
    key_id: bytes


class CmsKey(NamedTuple):
    """A private key, RSA or on P-256 or P-384, and the names of its certificate."""

    private: PrivateKey
    issuer: bytes
    serial: int
    key_id: bytes

    def __repr__(self) -> str:
        return f"CmsKey(serial {self.serial:x})"

    def is_meant_by(self, name: RecipientId) -> bool:
        """Whether a recipient's name is that of this key's certificate."""
        return is_named(CertificateNames(self.issuer, self.serial, self.key_id), name)


def cms_key(private: PrivateKey, certificate: bytes) -> CmsKey:
    """Return a key with the names of its certificate (DER).

    Raises :class:`CmsError`: ``UNREADABLE`` for what is no certificate or not the key's,
    ``UNSUPPORTED`` for another curve.
    """
    public = private.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name not in CURVES:
        raise CmsError(CmsFault.UNSUPPORTED, f"curve {public.curve.name}", public.curve.name)
    if public_key(certificate) != public:
        raise unreadable("the certificate is not the key's")
    return CmsKey(private, *names_meant(certificate))


def names_meant(certificate: bytes) -> CertificateNames:
    """Return what a certificate (DER) may be called by, the usual identifier where it says none.

    Raises :class:`CmsError` as :func:`certificate_names` and :func:`public_key` do.
    """
    names = certificate_names(certificate)
    return names if names.key_id else names._replace(key_id=_digest_of(public_key(certificate)))


def is_named(names: CertificateNames, name: RecipientId) -> bool:
    """Whether ``name``, as it stands in a message, is one of a certificate's names."""
    if name.key_id:
        return name.key_id == names.key_id
    return (name.issuer, name.serial) == (names.issuer, names.serial)


def may_be_for(names: CertificateNames, name: RecipientId) -> bool:
    """Whether a recipient may be a certificate's: named as it, or by its serial number alone.

    A sender may write the issuer's name with other string types than stand in the certificate.
    """
    return is_named(names, name) or bool(name.issuer and name.serial == names.serial)


@functools.lru_cache(maxsize=64)
def certificate_names(certificate: bytes) -> CertificateNames:
    """Return what a certificate (DER) is called by; raise :class:`CmsError` for noise."""
    try:
        loaded = load_certificate(certificate)
        issuer, serial = bytes(loaded.issuer.dump()), int(loaded.serial_number)
        return CertificateNames(issuer, serial, bytes(loaded.key_identifier or b""))
    except (ValueError, TypeError, KeyError) as error:
        raise unreadable("no certificate") from error


@functools.lru_cache(maxsize=64)
def public_key(certificate: bytes) -> PublicKey:
    """Return the public key of a certificate (DER).

    Raises :class:`CmsError`: ``UNSUPPORTED`` for what is neither RSA nor on P-256 or P-384.
    """
    try:
        found = load_der_public_key(load_certificate(certificate).public_key.dump())
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm) as error:
        raise unreadable("no public key") from error
    if isinstance(found, rsa.RSAPublicKey):
        return found
    if isinstance(found, ec.EllipticCurvePublicKey) and found.curve.name in CURVES:
        return found
    raise CmsError(CmsFault.UNSUPPORTED, "a key of another kind")


def _digest_of(public: PublicKey) -> bytes:
    """Return the usual key identifier (RFC 5280, 4.2.1.2, method 1)."""
    return x509.SubjectKeyIdentifier.from_public_key(public).digest


def load_certificate(certificate: bytes) -> asn1crypto.x509.Certificate:
    """Return a certificate for asn1crypto, its bounds checked before."""
    return asn1crypto.x509.Certificate.load(checked(certificate), strict=True)
