"""An X.509 certificate out of octets: read within bounds, nothing of it verified yet.

Whether it holds is another question, asked with anchors and a time (:mod:`.paths`).
"""

import base64
import functools
import hashlib
import warnings
from datetime import datetime
from typing import NamedTuple, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPublicKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rmp_milter.x509.bounds import MAX_FILE, Layout, layout
from rmp_milter.x509.cps import CardHolder, CardUse, card_use, holder
from rmp_milter.x509.names import addresses, readable, words
from rmp_milter.x509.pem import CERTIFICATE, PemError, unarmored
from rmp_milter.x509.points import Points, points
from rmp_milter.x509.tlv import DerError

MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192
EMAIL_PROTECTION = ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string
ANY_EKU = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string
FORGEABLE = frozenset({"md5", "sha1"})
_POINTS = b"\x55\x1d\x1f"  # cRLDistributionPoints, 2.5.29.31
REMEMBERED = 256
"""Certificates that were read and are not read again for each mail."""
MAIL_CURVES = frozenset({"P-256", "P-384"})
"""Those that mail is signed and encrypted with here; an authority may have a longer one."""
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}

ValueT = TypeVar("ValueT", bound=x509.ExtensionType)


class X509Error(ValueError):
    """No certificate, or one that is not read; ``str`` is one plain line."""


class Uses(NamedTuple):
    """What the key may do (RFC 5280, 4.2.1.3 and 4.2.1.12).

    ``content_commitment`` is non-repudiation, by its old name. ``extended`` are identifiers,
    dotted; None where the certificate does not say, which allows everything.
    """

    digital_signature: bool
    content_commitment: bool
    key_encipherment: bool
    key_agreement: bool
    cert_sign: bool
    crl_sign: bool
    extended: frozenset[str] | None


class X509(NamedTuple):
    """One certificate. ``digest`` is SHA-256 of ``der``, in hex: what we know it by.

    ``issuer_der``, ``subject_der`` and ``serial`` (the octets of the INTEGER) are as they stand
    in it. ``not_before`` and ``not_after`` are epoch seconds, both included. ``weakness`` says
    why it is not relied on, or is empty; ``key_weakness`` leaves its own signature out, on which
    nothing rests in an anchor. ``holder`` is what a CPS says of whose it is, or None.
    """

    der: bytes
    digest: str
    issuer_der: bytes
    subject_der: bytes
    issuer: str
    subject: str
    serial: bytes
    subject_key_id: bytes
    not_before: int
    not_after: int
    mail_addresses: tuple[str, ...]
    key_kind: str
    key_digest: str
    uses: Uses
    common_names: tuple[str, ...]
    issuer_names: tuple[str, ...]
    holder: CardHolder | None
    is_ca: bool
    points: Points
    key_weakness: str
    weakness: str

    def __repr__(self) -> str:
        return f"X509({self.digest}, {self.subject!r})"

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        lines = base64.encodebytes(self.der)
        return b"-----BEGIN CERTIFICATE-----\n" + lines + b"-----END CERTIFICATE-----\n"

    @property
    def rpps(self) -> str:
        """The RPPS number that the subject claims, as a CPS card's does; or nothing."""
        return self.holder.rpps if self.holder else ""

    @property
    def card_use(self) -> CardUse:
        """Which of a CPS card's two certificates this is."""
        return card_use(
            content_commitment=self.uses.content_commitment,
            digital_signature=self.uses.digital_signature,
            client_auth=CLIENT_AUTH in (self.uses.extended or ()),
        )

    @property
    def may_sign(self) -> bool:
        """Whether mail may be signed with it."""
        return self.uses.digital_signature or self.uses.content_commitment

    @property
    def may_encrypt(self) -> bool:
        """Whether mail may be encrypted to it: RSA by key transport, curves by agreement."""
        if self.key_kind.startswith("RSA"):
            return self.uses.key_encipherment
        return self.key_kind in MAIL_CURVES and self.uses.key_agreement


@functools.lru_cache(maxsize=REMEMBERED)
def read_x509(data: bytes) -> X509:
    """Read exactly one certificate, in PEM or DER; raise :class:`X509Error`."""
    der = _der(data)
    try:
        return _read(der, layout(der))
    except DerError as error:
        raise X509Error(str(error)) from None


def read_several(data: bytes, most: int) -> list[X509]:
    """Read all certificates of a PEM file, or the one of a DER file; raise :class:`X509Error`."""
    blocks = _unarmored(data, most)
    if len(blocks) > most:
        raise X509Error(f"the file holds more than {most} certificates")
    return [read_x509(block) for block in blocks]


def _der(data: bytes) -> bytes:
    if len(data) > 2 * MAX_FILE:
        raise X509Error(f"the certificate is larger than {MAX_FILE} bytes")
    first, *others = _unarmored(data, 1)
    if others:
        raise X509Error("the file holds several certificates; give one")
    return first


def _unarmored(data: bytes, most: int) -> list[bytes]:
    try:
        blocks = unarmored(data, CERTIFICATE, most)
    except PemError as error:
        raise X509Error(str(error)) from None
    if blocks == [data] and b"PRIVATE KEY-----" in data:
        raise X509Error("this is a private key; give the certificate, keep this to yourself")
    return blocks


def _read(der: bytes, cut: Layout) -> X509:
    """Put together what the library says of a certificate that is within the bounds."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a serial below 1, a NULL too many: taken as it is
            parsed = x509.load_der_x509_certificate(der)
            extensions = parsed.extensions
            issuer, subject = parsed.issuer, parsed.subject
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise X509Error("this is not an X.509 certificate that can be read") from None
    kind, weak_key = _key(parsed)
    points_value = cut.extensions.get(_POINTS)
    return X509(
        der=der,
        digest=hashlib.sha256(der).hexdigest(),
        issuer_der=cut.issuer,
        subject_der=cut.subject,
        issuer=readable(issuer),
        subject=readable(subject),
        serial=cut.serial,
        subject_key_id=_key_id(extensions),
        not_before=_epoch(parsed.not_valid_before_utc),
        not_after=_epoch(parsed.not_valid_after_utc),
        mail_addresses=addresses(subject, _value(extensions, x509.SubjectAlternativeName)),
        key_kind=kind,
        key_digest=hashlib.sha256(cut.key).hexdigest(),
        uses=_uses(extensions),
        common_names=words(subject, NameOID.COMMON_NAME),
        issuer_names=words(issuer, NameOID.COMMON_NAME),
        holder=holder(subject),
        is_ca=_is_ca(extensions),
        points=points(points_value) if points_value else Points(),
        key_weakness=weak_key,
        weakness=weak_key or _weak_signature(parsed),
    )


def _value(extensions: x509.Extensions, kind: type[ValueT]) -> ValueT | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _key_id(extensions: x509.Extensions) -> bytes:
    found = _value(extensions, x509.SubjectKeyIdentifier)
    return found.digest if found else b""


def _is_ca(extensions: x509.Extensions) -> bool:
    found = _value(extensions, x509.BasicConstraints)
    return bool(found and found.ca)


def _uses(extensions: x509.Extensions) -> Uses:
    usage = _value(extensions, x509.KeyUsage)
    extended = _value(extensions, x509.ExtendedKeyUsage)
    said = frozenset(each.dotted_string for each in extended) if extended else None
    if usage is None:  # then nothing is restricted
        return Uses(
            *(True, True, True, True, True, True),
            extended=said,
        )
    return Uses(
        digital_signature=usage.digital_signature,
        content_commitment=usage.content_commitment,
        key_encipherment=usage.key_encipherment,
        key_agreement=usage.key_agreement,
        cert_sign=usage.key_cert_sign,
        crl_sign=usage.crl_sign,
        extended=said,
    )


def _key(parsed: x509.Certificate) -> tuple[str, str]:
    """Return the key's kind and size, and why it is weak, if it is."""
    try:
        key = parsed.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "unsupported", "the key is of a kind that is not supported"
    if isinstance(key, RSAPublicKey):
        if key.key_size > MAX_RSA_BITS:
            raise X509Error(f"the key is too long (RSA may have {MAX_RSA_BITS} bits)")
        short = f"the key is too short (RSA needs {MIN_RSA_BITS} bits or more)"
        return f"RSA {key.key_size}", short if key.key_size < MIN_RSA_BITS else ""
    if isinstance(key, EllipticCurvePublicKey):
        known = _CURVES.get(key.curve.name, "")
        return known or key.curve.name, "" if known else "the key's curve is not supported"
    if isinstance(key, DSAPublicKey):
        return f"DSA {key.key_size}", "the key is of a kind that is given up (DSA)"
    if isinstance(key, Ed25519PublicKey):
        return "Ed25519", ""
    return "unsupported", "the key is of a kind that is not supported"


def _weak_signature(parsed: x509.Certificate) -> str:
    try:
        used = parsed.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        return "the certificate's own signature is of a kind that is not supported"
    if used is not None and used.name in FORGEABLE:
        return "the certificate's own signature is made with MD5 or SHA-1, which can be forged"
    return ""


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
