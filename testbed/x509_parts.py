"""Parts of a trial's X.509 certificates: names and extensions, for :mod:`testbed.x509_maker`."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Extension = tuple[x509.ExtensionType, bool]
_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
_KINDS = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "C": NameOID.COUNTRY_NAME,
    "SN": NameOID.SURNAME,
    "GN": NameOID.GIVEN_NAME,
    "title": NameOID.TITLE,
    "E": NameOID.EMAIL_ADDRESS,
}


def named(*parts: tuple[str, str]) -> x509.Name:
    """Return a name of single-valued RDNs, from pairs such as ``("CN", "Anne")``."""
    return x509.Name([x509.NameAttribute(_KINDS[kind], value) for kind, value in parts])


def card_subject(number: str, surname: str, given_name: str, title: str) -> x509.Name:
    """Return the subject of a CPS card (smime.md): country, title, and one RDN of three parts."""
    person = [
        x509.NameAttribute(NameOID.COMMON_NAME, number),
        x509.NameAttribute(NameOID.SURNAME, surname),
        x509.NameAttribute(NameOID.GIVEN_NAME, given_name),
    ]
    return x509.Name(
        [
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR")]),
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.TITLE, title)]),
            x509.RelativeDistinguishedName(person),
        ]
    )


def usage(*named_uses: str) -> x509.KeyUsage:
    """Return the extension keyUsage with these uses, by cryptography's names."""
    return x509.KeyUsage(**{each: each in named_uses for each in _USAGES})


def extended(kinds: Sequence[ObjectIdentifier]) -> list[Extension]:
    """Return the extension extKeyUsage, or none for no kinds."""
    return [(x509.ExtendedKeyUsage(kinds), False)] if kinds else []


def identifiers(own: PrivateKey, above: PrivateKey) -> list[Extension]:
    """Return the key identifiers of a certificate's own key and of its issuer's."""
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
    return [
        (x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False),
        (authority, False),
    ]


def points(urls: Sequence[str]) -> list[Extension]:
    """Return the extension cRLDistributionPoints, each URL a point of its own; or none."""
    if not urls:
        return []
    named_points = [
        x509.DistributionPoint(
            full_name=[x509.UniformResourceIdentifier(url)],
            relative_name=None,
            reasons=None,
            crl_issuer=None,
        )
        for url in urls
    ]
    return [(x509.CRLDistributionPoints(named_points), False)]


def at(seconds: int) -> datetime:
    """Return epoch seconds as cryptography takes them."""
    return datetime.fromtimestamp(seconds, UTC)
