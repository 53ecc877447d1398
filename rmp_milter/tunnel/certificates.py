"""Who may be at the other end: certificates that the admin carried over, each trusted by itself.

No authority is asked: a host makes its own certificate, and the other host has a copy of it. It is
trusted as what its folder says, a keeper's host or a milter's, and for nothing else.
"""

import hashlib
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rmp_milter.tunnel.frames import PROTOCOL, TunnelError

KEY, CERTIFICATE = "tunnel.key", "tunnel.crt"
"""A host's own, in the tunnel's folder."""
NEXT_KEY, NEXT_CERTIFICATE = "next.key", "next.crt"
"""Those that come after them, as long as the other hosts do not all have the certificate."""
KEEPERS, MILTERS = "keepers", "milters"
"""Folders of the certificates of keepers' hosts (a file each, by its name) and of milters'."""
ENDING = ".crt"
DAYS = 730
EARLIER = timedelta(hours=1)
"""How long before it is made a certificate begins, for hosts whose clock is late."""
_MOST_BYTES = 1 << 16


class CertificateFileError(Exception):
    """A file that cannot be used; ``str`` is one line."""


class OwnPair(NamedTuple):
    """A private key and the certificate for it, in PEM."""

    key: bytes
    certificate: bytes


class Pinned(NamedTuple):
    """A certificate that is trusted, by the name of its file."""

    name: str
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """Its octets, which alone are trusted."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def until(self) -> datetime:
        """When it ends."""
        return self.certificate.not_valid_after_utc


def make_own(host: str, now: datetime) -> OwnPair:
    """Make a key and a certificate of this ``host``, by itself, for two years from ``now``.

    It is no authority's (RFC 5280, 4.2.1.9): who trusts it trusts nothing that it signed.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        # By these OpenSSL tells a host's next certificate from the one before.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False
        )
        .sign(private, hashes.SHA256())
    )
    key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return OwnPair(key, made.public_bytes(Encoding.PEM))


def read_pinned(file: Path) -> list[Pinned]:
    """Return the certificates in a file, one or several in PEM.

    Raises :class:`CertificateFileError`.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise CertificateFileError(f"{file}: is too large for certificates")
        found = x509.load_pem_x509_certificates(data)
    except OSError as error:
        raise CertificateFileError(f"{file}: {error.strerror}") from error
    except ValueError:
        raise CertificateFileError(f"{file}: holds no certificate in PEM") from None
    return [Pinned(file.stem, each) for each in found]


def pinned_in(folder: Path) -> Iterator[Pinned]:
    """Yield the certificates of a folder's files; raises :class:`CertificateFileError`."""
    try:
        files = sorted(folder.glob(f"*{ENDING}"))
    except OSError as error:
        raise CertificateFileError(f"{folder}: {error.strerror}") from error
    for file in files:
        yield from read_pinned(file)


def keepers_certificates(folder: Path, name: str) -> list[Pinned]:
    """Return what the keeper's host of this name may show: raises :class:`CertificateFileError`.

    ``folder`` is the tunnel's.
    """
    return read_pinned(folder / KEEPERS / f"{name}{ENDING}")


def context(folder: Path, trusted: Sequence[Pinned], *, server: bool) -> ssl.SSLContext:
    """Return what makes TLS 1.3 connections with this host's certificate, to these alone.

    ``folder`` is the tunnel's. Raises :class:`CertificateFileError`.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.check_hostname = False  # not a name is trusted but the certificate
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # nobody's issuer is asked for
    made.set_alpn_protocols([PROTOCOL])
    if server:
        made.num_tickets = 0  # each connection shows its certificate
    try:
        made.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    except (OSError, ssl.SSLError) as error:
        why = error.strerror or error
        raise CertificateFileError(f"{folder}: its own key and certificate: {why}") from error
    # The library sees to dates, purpose and possession; which ones, :func:`whose`.
    for each in trusted:
        made.load_verify_locations(cadata=each.der)
    return made


def whose(connection: ssl.SSLSocket, trusted: Sequence[Pinned]) -> str:
    """Return the name by which the other end's very certificate is trusted.

    Raises :class:`TunnelError` for one that is not, and for another version of the tunnel.
    """
    if connection.selected_alpn_protocol() != PROTOCOL:
        raise TunnelError("speaks another version of the tunnel")
    shown = connection.getpeercert(binary_form=True) or b""
    for each in trusted:
        if each.der == shown:
            return each.name
    raise TunnelError(f"shows a certificate that is not trusted: {fingerprint(shown)}")


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 by which people compare certificates."""
    return hashlib.sha256(der).hexdigest()


def moment() -> datetime:
    """Return now, as certificates say it."""
    return datetime.now(UTC)
