"""What the service says of itself to an S/MIME authority, or by a certificate of its own making.

Both say the same: the service's name and addresses, what the key is for (RFC 8550, 4.4), and
which ciphers it opens (RFC 4262), by which Outlook chooses one that is strong.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rmp_milter.keeper.cms import capabilities
from rmp_milter.keeper.cms.keys import PrivateKey

RSA_BITS = 3072
SELF_MADE_DAYS = 3 * 365 + 1
EARLIER = 3600
"""Seconds that a certificate begins before it is made, for clients whose clock is late."""
LONGEST_NAME = 64
"""Characters of a common name (RFC 5280, appendix A)."""
_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
_Extensions = tuple[tuple[x509.ExtensionType, bool], ...]


class KeyKind(StrEnum):
    """Which key to make; RSA is what every client can encrypt to."""

    RSA = "rsa-3072"
    P256 = "p-256"


def make_private(kind: KeyKind) -> PrivateKey:
    """Make a private key."""
    if kind is KeyKind.P256:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, RSA_BITS)


def kind_of(private: PrivateKey) -> KeyKind | None:
    """Return which kind a key is, if it is one of those that are made here."""
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return KeyKind.P256 if private.curve.name == "secp256r1" else None
    return KeyKind.RSA if private.key_size == RSA_BITS else None


def make_request(private: PrivateKey, name: str, addresses: Sequence[str]) -> bytes:
    """Return a certification request (PKCS#10, RFC 2986) in PEM, signed by the key."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(name))
    for value, critical in _extensions(private, addresses):
        builder = builder.add_extension(value, critical)
    return builder.sign(private, SHA256()).public_bytes(Encoding.PEM)


def make_self_signed(
    private: PrivateKey, name: str, addresses: Sequence[str], now: int
) -> bytes:
    """Return a certificate (DER) that the key makes for itself, for three years from ``now``.

    It is no authority's (RFC 5280, 4.2.1.9): whoever trusts it trusts it for these addresses,
    and for nothing that its key could sign besides.
    """
    begins = now - EARLIER
    public = private.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .issuer_name(_subject(name))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(begins, UTC))
        .not_valid_after(datetime.fromtimestamp(begins + SELF_MADE_DAYS * 86_400, UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    for value, critical in _extensions(private, addresses):
        builder = builder.add_extension(value, critical)
    return builder.sign(private, SHA256()).public_bytes(Encoding.DER)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:LONGEST_NAME])])


def _extensions(private: PrivateKey, addresses: Sequence[str]) -> _Extensions:
    """Return what a certificate of the service is to say, and whether it is critical."""
    agrees = isinstance(private, ec.EllipticCurvePrivateKey)
    uses = {"digital_signature", "key_agreement" if agrees else "key_encipherment"}
    opens = x509.UnrecognizedExtension(
        x509.ObjectIdentifier(capabilities.OID), capabilities.capabilities()
    )
    return (
        (x509.KeyUsage(**{each: each in uses for each in _USAGES}), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
        (x509.SubjectAlternativeName([x509.RFC822Name(each) for each in addresses]), False),
        (opens, False),
    )
