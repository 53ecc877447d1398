"""Who signed a certificate: verified over the octets as they stand, by cryptography."""

import warnings

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from rmp_milter.x509.reading import X509


def parsed(certificate: X509) -> x509.Certificate:
    """Return a certificate that was read before, as the library has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said in reading.py
        return x509.load_der_x509_certificate(certificate.der)


def is_signed_by(certificate: X509, issuer: X509) -> bool:
    """Return whether ``issuer``'s key has signed the certificate, in a way that we rely on."""
    found = parsed(certificate)
    try:
        _verify(found, parsed(issuer).public_key())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _verify(found: x509.Certificate, key: object) -> None:
    """Raise for a signature that is not right, or whose kind is not the key's."""
    how, used = found.signature_algorithm_parameters, found.signature_hash_algorithm
    signature, signed = found.signature, found.tbs_certificate_bytes
    if isinstance(key, RSAPublicKey) and isinstance(how, PSS | PKCS1v15) and used:
        key.verify(signature, signed, how, used)
    elif isinstance(key, EllipticCurvePublicKey) and isinstance(how, ECDSA):
        key.verify(signature, signed, how)
    elif isinstance(key, Ed25519PublicKey) and how is None:
        key.verify(signature, signed)
    else:
        raise InvalidSignature
