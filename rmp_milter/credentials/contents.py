"""What a certificate of either kind says of itself."""

import hashlib
from typing import NamedTuple

from rmp_milter import certificates
from rmp_milter.certificates import read_certificate
from rmp_milter.credentials import mail_certificates
from rmp_milter.credentials.failure import X509_WORDS, CredentialError, one_error
from rmp_milter.credentials.kinds import CertificateKind, kind_of
from rmp_milter.credentials.mail_certificates import is_card_signing
from rmp_milter.x509.pem import CERTIFICATE

_PRIVATE = b"PRIVATE KEY-----"
_ARMOR, _BYTE_ORDER_MARK = b"-----BEGIN PGP ", b"\xef\xbb\xbf"


class CredentialFacts(NamedTuple):
    """One certificate; ``binary`` is its transferable form, identifiers are lower-case hex.

    ``key_ids`` are what signatures made with it may name: of X.509 the fingerprint. ``names``
    are the user ids, or the subject. ``issuer`` is empty of OpenPGP. ``rpps`` is what the
    subject of a CPS card claims, and ``is_card`` says that it is one's, for signing.
    """

    kind: CertificateKind
    binary: bytes
    fingerprint: str
    key_ids: tuple[str, ...]
    names: tuple[str, ...]
    algorithm: str
    created_at: int
    issuer: str = ""
    rpps: str = ""
    is_card: bool = False


def file_kind(data: bytes) -> CertificateKind:
    """Return the kind of a certificate as it lies in a file, binary or as text.

    What is binary is of the kind as which it is stored, whatever text is in it.
    """
    is_text = data[:1].isascii() or data.startswith(_BYTE_ORDER_MARK)
    if is_text and CERTIFICATE.search(data) and _ARMOR not in data:
        return CertificateKind.SMIME
    return kind_of(data)


def read_credential(data: bytes) -> CredentialFacts:
    """Read exactly one certificate: OpenPGP, armored or binary, or X.509, PEM or DER.

    Raises :class:`CredentialError`.
    """
    with one_error():
        if file_kind(data) is CertificateKind.SMIME:
            if _PRIVATE in data and kind_of(data) is not CertificateKind.SMIME:
                raise CredentialError("secret", X509_WORDS["private-key"])
            return _x509(data)
        found = read_certificate(data)
        return CredentialFacts(
            kind=CertificateKind.OPENPGP,
            binary=found.binary,
            fingerprint=found.fingerprint,
            key_ids=found.key_ids,
            names=found.user_ids,
            algorithm=found.algorithm,
            created_at=found.created_at,
        )


def _x509(data: bytes) -> CredentialFacts:
    found = mail_certificates.read(data)
    return CredentialFacts(
        kind=CertificateKind.SMIME,
        binary=found.der,
        fingerprint=found.digest,
        key_ids=(found.digest,),
        names=(found.subject,),
        algorithm=found.key_kind.replace(" ", "").lower(),
        created_at=found.not_before,
        issuer=found.issuer,
        rpps=found.rpps,
        is_card=is_card_signing(found),
    )


def addresses(data: bytes) -> frozenset[str]:
    """Return the mail addresses of a stored certificate, case folded.

    Raises :class:`CredentialError`.
    """
    with one_error():
        if kind_of(data) is CertificateKind.SMIME:
            return frozenset(mail_certificates.read(data).mail_addresses)
        return certificates.addresses(data)


def _sha1_of(data: bytes) -> str:
    """Return the SHA-1 of a stored X.509 certificate, by which Outlook and Windows show it.

    For a person to say which one he means, and for nothing that is to be proved.
    """
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def stated_names(certificate: CredentialFacts) -> frozenset[str]:
    """Return by which fingerprints a mail may state a certificate that it encloses.

    Of X.509 by SHA-1 as well, which is all that Outlook shows: the certificate itself is there and
    its path is judged, so the fingerprint only says which one is meant.
    """
    found = {certificate.fingerprint}
    if certificate.kind is CertificateKind.SMIME:
        found.add(_sha1_of(certificate.binary))
    return frozenset(found)


def fingerprint_of(data: bytes) -> str:
    """Return a stored certificate's fingerprint; raise :class:`CredentialError`.

    Nothing is verified for it: nearly every mail brings its sender's key, and nearly none is new.
    """
    with one_error():
        if kind_of(data) is CertificateKind.SMIME:
            return mail_certificates.read(data).digest
        return certificates.fingerprint_of(data)
