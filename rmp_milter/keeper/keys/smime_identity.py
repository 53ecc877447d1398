"""Somebody's S/MIME keys out of one file: PKCS#12, or PEM with the private key beside.

Only to look at a mail with a key that is handed over (``rmp inspect --secret-key``); the service's
own lie in their folder (:mod:`.smime_folder`).
"""

import re
from collections.abc import Iterator
from itertools import islice

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs12

from rmp_milter.cms.errors import CmsError
from rmp_milter.keeper.cms.keys import PrivateKey, public_key
from rmp_milter.keeper.keys.service_certificates import (
    ServiceCertificate,
    in_order,
    service_certificate_of,
)
from rmp_milter.x509 import X509, X509Error, read_several, read_x509

MAX_CERTIFICATES = 32
MAX_KEYS = 8
"""Private keys of one file: each costs a derivation from the passphrase."""
_KEY = re.compile(rb"-----BEGIN (?:RSA |EC |ENCRYPTED )?PRIVATE KEY-----")
_END = re.compile(rb"-----END [A-Z ]{0,20}PRIVATE KEY-----")
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


class IdentityError(ValueError):
    """The keys of the file cannot be used; one clear line, nothing of a key in it."""


def read_identity(content: bytes, passphrase: bytes) -> tuple[ServiceCertificate, ...]:
    """Return the certificates of a file whose private keys are in it; none where no key is.

    Raises :class:`IdentityError` for a wrong or missing passphrase, and for a key without its
    certificate, by which alone a mail says whom it is for.
    """
    blocks = list(islice(_blocks(content), MAX_KEYS))
    if blocks:
        keys = [_pem_key(block, passphrase) for block in blocks]
        certificates = _certificates(content)
    elif content[:1] == b"\x30":
        keys, certificates = _pkcs12(content, passphrase)
    else:
        return ()
    found = in_order(_matched(keys, certificates))
    if not found:
        raise IdentityError("holds no certificate of the private key beside it")
    return found


def _blocks(content: bytes) -> Iterator[bytes]:
    at = 0
    while begin := _KEY.search(content, at):
        end = _END.search(content, begin.end())
        if end is None:
            return
        yield content[begin.start() : end.end()]
        at = end.end()


def _pem_key(block: bytes, passphrase: bytes) -> PrivateKey:
    needs = b"ENCRYPTED" in block
    try:
        found = load_pem_private_key(block, (passphrase or None) if needs else None)
    except TypeError:
        raise IdentityError("the key needs a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        words = "wrong passphrase, or a damaged key" if needs else "a damaged private key"
        raise IdentityError(words) from None
    return _checked(found)


def _checked(found: object) -> PrivateKey:
    if not isinstance(found, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise IdentityError("neither an RSA key nor one on a curve")
    return found


def _pkcs12(content: bytes, passphrase: bytes) -> tuple[list[PrivateKey], list[X509]]:
    try:
        found = pkcs12.load_pkcs12(content, passphrase or None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IdentityError("no PKCS#12 file, or a wrong passphrase") from None
    if found.key is None:
        return [], []
    listed = [*([found.cert] if found.cert else []), *found.additional_certs]
    ders = [each.certificate.public_bytes(Encoding.DER) for each in listed[:MAX_CERTIFICATES]]
    return [_checked(found.key)], [each for der in ders for each in _read(der)]


def _read(der: bytes) -> list[X509]:
    try:
        return [read_x509(der)]
    except X509Error:
        return []


def _certificates(content: bytes) -> list[X509]:
    if _CERTIFICATE not in content:
        return []
    try:
        return read_several(content, MAX_CERTIFICATES)
    except X509Error as error:
        raise IdentityError(f"a certificate in it: {error}") from None


def _matched(keys: list[PrivateKey], certificates: list[X509]) -> Iterator[ServiceCertificate]:
    """Yield each certificate with its private key; the others may be those above it."""
    for each in certificates:
        try:
            public = public_key(each.der)
            for key in keys:
                if key.public_key() == public:
                    yield service_certificate_of(key, each, ())
        except CmsError:
            continue
