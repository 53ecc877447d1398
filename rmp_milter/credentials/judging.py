"""What a stored certificate of either kind may be used for, and until when."""

from collections.abc import Callable
from contextlib import suppress

from rmp_milter import certificates
from rmp_milter.certificates import Cautions
from rmp_milter.certificates.forewarning import SOON
from rmp_milter.credentials import mail_certificates
from rmp_milter.credentials.failure import CredentialError, one_error
from rmp_milter.credentials.kinds import CertificateKind, kind_of
from rmp_milter.x509 import X509, X509Error

EARLY_SECONDS = 86_400
"""How much later than now a certificate may begin and counts all the same.

A key that was made an hour ago by a clock that is right is of the future for one that is two hours
slow. Writing to it harms nobody; a signature has the same tolerance (``CLOCK_SKEW``).
"""


def _though_early(check: Callable[[bytes, int], None], data: bytes, now: int) -> None:
    """Check at ``now``, or where it begins soon after that, when it has begun."""
    try:
        check(data, now)
    except CredentialError as error:
        if error.reason not in {"not-yet-valid", "no-self-signature"}:
            raise
        begun = signed_at(data)
        if not now < begun <= now + EARLY_SECONDS:
            raise
        check(data, begun)


def check_usable(data: bytes, now: int) -> None:
    """Raise :class:`CredentialError` with the reason why nobody can be written to by it.

    One that begins within :data:`EARLY_SECONDS` is judged as of then.
    """
    _though_early(_check_usable, data, now)


def _check_usable(data: bytes, now: int) -> None:
    with one_error():
        if kind_of(data) is CertificateKind.SMIME:
            mail_certificates.check_encrypts(mail_certificates.read(data), now)
        else:
            certificates.check_usable(data, now)


def check_enrollable(data: bytes, now: int) -> None:
    """Raise :class:`CredentialError` with the reason why it is not one of somebody's.

    Beside what he is written to by, X.509 certificates are taken that sign alone; with OpenPGP
    certificates that cannot be encrypted to nobody has a use here. Early ones as
    :func:`check_usable`.
    """
    _though_early(_check_enrollable, data, now)


def _check_enrollable(data: bytes, now: int) -> None:
    if kind_of(data) is not CertificateKind.SMIME:
        _check_usable(data, now)
        return
    with one_error():
        mail_certificates.check_signs_or_encrypts(mail_certificates.read(data), now)


def usable(data: bytes, now: int) -> bool:
    """Return whether an enrolled certificate can be encrypted to at ``now`` (epoch seconds).

    Early ones as :func:`check_usable`.
    """
    if kind_of(data) is not CertificateKind.SMIME:
        if certificates.usable(data, now):
            return True
        with suppress(CredentialError):
            begun = signed_at(data)
            return now < begun <= now + EARLY_SECONDS and certificates.usable(data, begun)
        return False
    try:
        check_usable(data, now)
    except CredentialError:
        return False
    return True


def x509_for_reader(data: bytes, now: int) -> X509:
    """Return an enrolled certificate to encrypt to, which may begin after ``now``.

    Somebody's clock is wrong then, his or ours (:mod:`rmp_milter.certificates.early`). Raises
    :class:`CredentialError`.
    """
    with one_error():
        found = mail_certificates.read(data)
    mail_certificates.check_encrypts(found, max(now, found.not_before))
    return found


def reachable(data: bytes, now: int) -> bool:
    """Return whether something can be encrypted to it, now or when it has begun."""
    if kind_of(data) is not CertificateKind.SMIME:
        return certificates.reachable(data, now)
    try:
        x509_for_reader(data, now)
    except CredentialError:
        return False
    return True


def signed_at(data: bytes) -> int:
    """Return when its owner last signed something of it (0 for never), in epoch seconds.

    Of X.509, which he does not sign, from when it is valid. Raises :class:`CredentialError`.
    """
    with one_error():
        if kind_of(data) is CertificateKind.SMIME:
            return mail_certificates.read(data).not_before
        return certificates.signed_at(data)


def ends_at(data: bytes, now: int) -> int:
    """Return when its time is over, in epoch seconds; 0 for never.

    Raises :class:`CredentialError`.
    """
    with one_error():
        if kind_of(data) is CertificateKind.SMIME:
            return mail_certificates.read(data).not_after
        return certificates.ends_at(data, now)


def cautions(data: bytes, mail: str, now: int) -> Cautions:
    """Return what is to be said of a certificate that is enrolled.

    ``mail`` is its owner's address in the directory; a CPS card's certificate names none, which
    is no surprise. Raises :class:`CredentialError`.
    """
    with one_error():
        if kind_of(data) is not CertificateKind.SMIME:
            return certificates.cautions(data, mail, now)
        found = mail_certificates.read(data)
    own = mail.lower() if mail.isascii() else mail  # as the certificate's are
    lacks = own not in found.mail_addresses
    return Cautions(
        lacks_address=lacks and not mail_certificates.is_card_signing(found),
        expires=found.not_after if found.not_after <= now + SOON else 0,
    )


def may_sign(data: bytes) -> bool:
    """Return whether mail may be signed with it; of OpenPGP each key says it for itself."""
    with one_error():
        if kind_of(data) is CertificateKind.SMIME:
            return mail_certificates.read(data).may_sign
    return True


def prolonged(present: bytes, brought: bytes, now: int) -> bytes | None:
    """Return what takes the place of a present certificate; None where the other one counts not.

    Of OpenPGP as :func:`rmp_milter.certificates.prolonged`, which holds by the key's own
    signatures. Of X.509 the one brought, if by its names it is the present one renewed, and valid
    at ``now``: that proves nothing before its path is verified, which is the caller's to do.
    """
    kinds = {kind_of(present), kind_of(brought)}
    if kinds == {CertificateKind.OPENPGP}:
        return certificates.prolonged(present, brought, now)
    if kinds != {CertificateKind.SMIME}:
        return None
    try:
        old, new = mail_certificates.read(present), mail_certificates.read(brought)
        mail_certificates.check_signs_or_encrypts(new, now)
    except (X509Error, CredentialError):
        return None
    return new.der if mail_certificates.renewed(old, new) else None
