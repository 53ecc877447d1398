"""X.509 certificates for mail: what one may be used for at a time, its path aside.

Whether the issuer is one that the host trusts, and whether it was revoked since, is asked with
anchors and lists (:mod:`rmp_milter.x509.paths`).
"""

from rmp_milter.credentials.failure import X509_WORDS, CredentialError
from rmp_milter.x509 import X509, CardUse, read_x509
from rmp_milter.x509.reading import ANY_EKU, EMAIL_PROTECTION, MAIL_CURVES

_NOT_SUPPORTED = "not supported"


def read(data: bytes) -> X509:
    """Read exactly one certificate, PEM or DER; raise :class:`~rmp_milter.x509.X509Error`."""
    return read_x509(data)


def is_card_signing(certificate: X509) -> bool:
    """Whether by its subject it is a CPS card's certificate for signing."""
    return certificate.holder is not None and certificate.card_use is CardUse.SIGNING


def check_made_for_mail(certificate: X509) -> None:
    """Raise :class:`CredentialError` for what nobody signs mail with or is written to by."""
    if certificate.weakness:
        unsupported = _NOT_SUPPORTED in certificate.weakness
        raise CredentialError("unsupported" if unsupported else "weak", certificate.weakness)
    if certificate.is_ca:
        raise CredentialError("wrong-purpose", X509_WORDS["authority"])
    if not certificate.key_kind.startswith("RSA") and certificate.key_kind not in MAIL_CURVES:
        raise CredentialError("unsupported")
    extended = certificate.uses.extended
    for_mail = extended is None or bool(extended & {EMAIL_PROTECTION, ANY_EKU})
    if for_mail or is_card_signing(certificate):
        return
    is_login = certificate.card_use is CardUse.AUTHENTICATION and certificate.holder
    raise CredentialError("wrong-purpose", X509_WORDS["card-login"] if is_login else "")


def check_signs_or_encrypts(certificate: X509, now: int) -> None:
    """Raise :class:`CredentialError` for what cannot be enrolled, even for signing alone."""
    check_made_for_mail(certificate)
    if not certificate.may_sign and not certificate.may_encrypt:
        raise CredentialError("wrong-purpose")
    _check_time(certificate, now)


def check_encrypts(certificate: X509, now: int) -> None:
    """Raise :class:`CredentialError` where nothing can be encrypted to it at ``now``."""
    check_made_for_mail(certificate)
    if not certificate.may_encrypt:
        raise CredentialError("no-encryption-key")
    _check_time(certificate, now)


def _check_time(certificate: X509, now: int) -> None:
    """Judge the days of validity, both ends included (RFC 5280, 4.1.2.5)."""
    if certificate.not_before > now:
        raise CredentialError("not-yet-valid")
    if certificate.not_after < now:
        raise CredentialError("expired")


def renewed(old: X509, new: X509) -> bool:
    """Whether ``new`` is what the same authority issued to the same person in place of ``old``.

    By names alone, which anybody can write: who calls has the path of both to one anchor
    verified, or has proved nothing. A certificate that names neither a number nor an address
    names nobody, and is never renewed so.
    """
    same = (
        (old.subject_der, old.issuer_der) == (new.subject_der, new.issuer_der)
        and old.rpps == new.rpps
        and {*old.mail_addresses} == {*new.mail_addresses}
        and old.uses == new.uses
    )
    names_somebody = bool(new.rpps or new.mail_addresses)
    return same and names_somebody and new.not_before > old.not_before
