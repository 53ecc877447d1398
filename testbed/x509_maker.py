"""X.509 certificates of a trial: authorities, S/MIME users, CPS cards, revocation lists.

Everything is made for this run and signed by keys made for it, at a time that the caller
gives. Nothing here is IGC-Santé's: its names and layout alone are imitated (smime.md). A
:class:`Maker` keeps the keys that it made, so that many certificates cost little; keep one for
a session.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from testbed import x509_parts as parts
from testbed.x509_parts import Extension, PrivateKey

DAY = 86_400
Digest = SHA256 | SHA384 | SHA512
EMAIL = (ExtendedKeyUsageOID.EMAIL_PROTECTION,)
CARD_LOGIN = (ExtendedKeyUsageOID.CLIENT_AUTH,)
_SHA256 = SHA256()


class Made(NamedTuple):
    """A certificate and its private key."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key in PEM (PKCS#8, no passphrase), as openssl takes it."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def name(self) -> x509.Name:
        """Whose it is."""
        return self.certificate.subject

    @property
    def serial(self) -> int:
        """Its serial number."""
        return self.certificate.serial_number


class Maker:
    """Makes certificates that are valid from a day before ``now`` (epoch seconds)."""

    def __init__(self, now: int, kind: str = "P-256") -> None:
        """Take the kind of keys to make: ``P-256``, ``P-384`` or ``RSA`` (2048)."""
        self.now = now
        self._kind = kind
        self._serials = itertools.count(0x1000_0000)

    def key(self, kind: str = "") -> PrivateKey:
        """Make a private key; ``kind`` as in the constructor, or ``RSA 1024``."""
        kind = kind or self._kind
        if kind.startswith("RSA"):
            return rsa.generate_private_key(65537, int(kind.removeprefix("RSA") or 2048))
        return ec.generate_private_key(ec.SECP384R1() if kind == "P-384" else ec.SECP256R1())

    def sign(  # noqa: PLR0913 -- each is a field of a certificate that some test sets
        self,
        subject: x509.Name,
        issuer: Made | None,
        extensions: Iterable[Extension],
        *,
        key: PrivateKey | None = None,
        start: int | None = None,
        days: int = 365,
        digest: Digest = _SHA256,
        serial: int = 0,
    ) -> Made:
        """Sign a certificate with just these extensions; ``issuer`` None makes it self-signed.

        ``start`` is in epoch seconds, by default a day before now. ``serial`` 0 takes the next.
        """
        own = key or self.key()
        begins = self.now - DAY if start is None else start
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.name if issuer else subject)
            .public_key(own.public_key())
            .serial_number(serial or next(self._serials))
            .not_valid_before(parts.at(begins))
            .not_valid_after(parts.at(begins + days * DAY))
        )
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)
        return Made(own, builder.sign(issuer.key if issuer else own, digest))

    def authority(  # noqa: PLR0913 -- as above
        self,
        name: str,
        issuer: Made | None = None,
        *,
        points: Sequence[str] = (),
        days: int = 3650,
        key: PrivateKey | None = None,
        extended: Sequence[ObjectIdentifier] = (),
    ) -> Made:
        """Make a CA: a root, or below ``issuer``; ``points`` are URLs of the list it stands in."""
        own = key or self.key()
        extensions = [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (parts.usage("key_cert_sign", "crl_sign"), True),
            *parts.identifiers(own, issuer.key if issuer else own),
            *parts.extended(extended),
            *parts.points(points),
        ]
        return self.sign(
            parts.named(("CN", name), ("O", "Essai"), ("C", "FR")),
            issuer,
            extensions,
            key=own,
            days=days,
        )

    def user(  # noqa: PLR0913 -- as above
        self,
        address: str,
        issuer: Made,
        *,
        uses: Sequence[str] = ("digital_signature", "key_encipherment", "key_agreement"),
        extended: Sequence[ObjectIdentifier] = EMAIL,
        points: Sequence[str] = (),
        start: int | None = None,
        days: int = 365,
        key: PrivateKey | None = None,
        digest: Digest = _SHA256,
    ) -> Made:
        """Make an S/MIME certificate as a public CA issues them, for ``address``.

        Of ``uses``, ``key_agreement`` is left out for RSA and ``key_encipherment`` for curves.
        """
        own = key or self.key()
        if isinstance(own, rsa.RSAPrivateKey):
            uses = [each for each in uses if each != "key_agreement"]
        else:
            uses = [each for each in uses if each != "key_encipherment"]
        extensions = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (parts.usage(*uses), True),
            (x509.SubjectAlternativeName([x509.RFC822Name(address)]), False),
            *parts.identifiers(own, issuer.key),
            *parts.extended(extended),
            *parts.points(points),
        ]
        subject = parts.named(("CN", address.partition("@")[0]), ("C", "FR"))
        return self.sign(
            subject, issuer, extensions, key=own, start=start, days=days, digest=digest
        )

    def card(  # noqa: PLR0913 -- as above
        self,
        rpps: str,
        issuer: Made,
        *,
        signing: bool = True,
        surname: str = "MOREL",
        given_name: str = "ANNE",
        title: str = "Médecin",
        prefix: str = "8",
        points: Sequence[str] = (),
        start: int | None = None,
        days: int = 365,
        key: PrivateKey | None = None,
    ) -> Made:
        """Make one of a CPS card's two certificates: for signing, or for authentication."""
        own = key or self.key()
        extensions = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (parts.usage("content_commitment" if signing else "digital_signature"), True),
            *parts.identifiers(own, issuer.key),
            *parts.extended(EMAIL if signing else CARD_LOGIN),
            *parts.points(points),
        ]
        subject = parts.card_subject(f"{prefix}{rpps}", surname, given_name, title)
        return self.sign(subject, issuer, extensions, key=own, start=start, days=days)

    def revocation_list(  # noqa: PLR0913 -- each is a field of a list that some test sets
        self,
        issuer: Made,
        serials: Iterable[int] = (),
        *,
        number: int = 1,
        start: int | None = None,
        days: int = 7,
        extensions: Iterable[Extension] = (),
        digest: Digest = _SHA256,
    ) -> bytes:
        """Sign a complete list in DER; ``start`` (epoch seconds) is by default an hour ago."""
        begins = self.now - 3600 if start is None else start
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.name)
            .last_update(parts.at(begins))
            .next_update(parts.at(begins + days * DAY))
            .add_extension(x509.CRLNumber(number), critical=False)
        )
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)
        when = parts.at(begins)
        entries = [
            x509.RevokedCertificateBuilder().serial_number(each).revocation_date(when).build()
            for each in serials
        ]
        # Given whole: the builder copies what it has at each entry that is added.
        builder._revoked_certificates = entries  # noqa: SLF001 -- as the line above says
        return builder.sign(issuer.key, digest).public_bytes(Encoding.DER)


class Authorities(NamedTuple):
    """Who issues: a public CA for mail, and look-alikes of IGC-Santé's; each root apart."""

    public_root: Made
    public: Made
    igc_root: Made
    igc: Made


def authorities(maker: Maker, points: Sequence[str] = ()) -> Authorities:
    """Make both trees, each with one CA below its root."""
    public_root = maker.authority("Racine d'essai")
    igc_root = maker.authority("AC RACINE IGC-SANTE FORT")
    return Authorities(
        public_root,
        maker.authority("AC mail d'essai", public_root, points=points),
        igc_root,
        maker.authority("AC IGC-SANTE FORT PERSONNES", igc_root, points=points),
    )
