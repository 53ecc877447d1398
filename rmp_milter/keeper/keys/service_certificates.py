"""The service's S/MIME certificates: which one answers, which still open, which only say so.

Old and new stand side by side. A mail to a certificate that expired is opened for a month more:
it was written before, and waited in a queue or on a laptop that was closed. Later ones come from
a program that does not look at dates and would go on for years, with a key that nobody promised
to guard that long; then the writer is told that the certificate is an old one of ours, and takes
the present one. So such a key is kept too, to know its name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from cryptography import x509

from rmp_milter.cms.errors import CmsError
from rmp_milter.cms.small import checked
from rmp_milter.keeper.cms import capabilities
from rmp_milter.keeper.cms.keys import CmsKey, PrivateKey, cms_key
from rmp_milter.x509 import X509
from rmp_milter.x509.comparing import comparable
from rmp_milter.x509.signatures import parsed

GRACE = 30 * 86_400
"""Seconds after its end in which a certificate's key still opens mail."""


class InUse(StrEnum):
    """What a certificate of the service is good for at a moment; the value is for the host."""

    ANSWERS = "answers"  # the one that answers are signed with, and that doctors are to use
    OPENS = "opens"  # what comes for it is opened
    OLD = "old"  # what comes for it is refused, with this reason


@dataclass(frozen=True)
class PublicCertificate:
    """A certificate of the service, for whoever has not its key: ``rmp inspect``.

    ``certificate`` is DER. ``not_before`` and ``not_after`` are epoch seconds, both included;
    ``self_made`` says that no authority issued it.
    """

    certificate: bytes = field(repr=False)
    not_before: int
    not_after: int
    may_sign: bool
    self_made: bool

    def is_valid(self, now: int) -> bool:
        """Whether it is neither too early nor too late for it."""
        return self.not_before <= now <= self.not_after

    def may_open(self, now: int) -> bool:
        """Whether what is encrypted to it is opened: also before its time, and in the grace."""
        return now <= self.not_after + GRACE


@dataclass(frozen=True, repr=False)
class ServiceCertificate(PublicCertificate):
    """A certificate of the service with its key; its repr shows nothing secret.

    ``chain`` are DER, from its issuer up to the root, empty where it is self-made.
    """

    key: CmsKey = field(repr=False)
    chain: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"ServiceCertificate(serial {self.key.serial:x})"


CertificateT = TypeVar("CertificateT", bound=PublicCertificate)


def public_certificate_of(certificate: X509) -> PublicCertificate:
    """Return a certificate as one of the service's."""
    return PublicCertificate(
        certificate=certificate.der,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        may_sign=certificate.may_sign,
        self_made=is_self_issued(certificate),
    )


def service_certificate_of(
    private: PrivateKey, certificate: X509, chain: Iterable[X509]
) -> ServiceCertificate:
    """Put a key and its certificate together; raise :class:`CmsError` if they do not fit."""
    return ServiceCertificate(
        key=cms_key(private, certificate.der),
        certificate=certificate.der,
        chain=tuple(each.der for each in chain),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        may_sign=certificate.may_sign,
        self_made=is_self_issued(certificate),
    )


def is_self_issued(certificate: X509) -> bool:
    """Whether a certificate names its own subject as its issuer."""
    return comparable(certificate.issuer_der) == comparable(certificate.subject_der)


def in_order(certificates: Iterable[CertificateT]) -> tuple[CertificateT, ...]:
    """Return those of an authority first, then the newest: a trial does not displace them."""
    return tuple(
        sorted(
            certificates,
            key=lambda each: (
                each.self_made,
                -each.not_before,
                -each.not_after,
                each.certificate,
            ),
        )
    )


def answering(certificates: tuple[CertificateT, ...], now: int) -> CertificateT | None:
    """Return the one that answers are signed with at ``now``: the first that is valid."""
    fit = (each for each in certificates if each.is_valid(now) and each.may_sign)
    return next(fit, None)


def opening(certificates: tuple[CertificateT, ...], now: int) -> tuple[CertificateT, ...]:
    """Return those whose keys open mail at ``now``; the others are old ones of ours."""
    return tuple(each for each in certificates if each.may_open(now))


def in_use(one: CertificateT, certificates: tuple[CertificateT, ...], now: int) -> InUse:
    """Return what ``one`` of the certificates is good for at ``now``."""
    if one == answering(certificates, now):
        return InUse.ANSWERS
    return InUse.OPENS if one.may_open(now) else InUse.OLD


def stated_capabilities(certificate: X509) -> tuple[str, ...]:
    """Return the names of the ciphers that a certificate says its owner can open (RFC 4262)."""
    wanted = x509.ObjectIdentifier(capabilities.OID)
    try:
        value = parsed(certificate).extensions.get_extension_for_oid(wanted).value
        if not isinstance(value, x509.UnrecognizedExtension):
            return ()
        return capabilities.read_capabilities(checked(value.value))
    except (x509.ExtensionNotFound, CmsError):
        return ()
