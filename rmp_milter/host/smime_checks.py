"""What ``rmp check`` says of the service's S/MIME certificate."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rmp_milter.config import Config
from rmp_milter.host.smime import SMIME_PUBLIC, published_smime
from rmp_milter.keeper.keys.service_certificates import (
    ServiceCertificate,
    answering,
    stated_capabilities,
)
from rmp_milter.postfix.rules import PostfixFinding, Severity
from rmp_milter.x509 import X509, read_x509

SOON = 30 * 86_400
"""Seconds before its end in which a certificate is to be renewed."""
RENEW = "rmp key smime csr, an authority, then rmp key smime import"
_ASK = "rmp key smime csr asks for another one"


def smime_findings(
    certificates: tuple[ServiceCertificate, ...], config: Config, now: int
) -> Iterator[PostfixFinding]:
    """Yield what is to be said of the service's S/MIME certificates; a service may have none."""
    if not certificates:
        return
    present = answering(certificates, now)
    if present is None:
        line = "S/MIME: no certificate of the service is valid now"
        yield PostfixFinding(Severity.ERROR, line, RENEW)
        return
    read = read_x509(present.certificate)
    for line, hint in (*_time(present, now), *_content(present, read, config)):
        yield PostfixFinding(Severity.WARNING, f"S/MIME: the certificate {line}", hint)
    if published_smime(config) != present.certificate:
        file = config.paths.public / SMIME_PUBLIC
        line = f"{file}: is not the certificate that answers are signed with"
        yield PostfixFinding(
            Severity.WARNING, line, f"as root: rmp key smime export --der > {file}"
        )


def _time(present: ServiceCertificate, now: int) -> Iterator[tuple[str, str]]:
    if present.not_after - now < SOON:
        until = datetime.fromtimestamp(present.not_after, UTC)
        yield f"expires on {until:%Y-%m-%d}", RENEW


def _content(
    present: ServiceCertificate, read: X509, config: Config
) -> Iterator[tuple[str, str]]:
    if present.self_made:
        yield "is self-made: mail programs ask each doctor whether he trusts it", RENEW
    lacking = [each for each in config.service.addresses if each not in read.mail_addresses]
    if lacking:
        yield f"is not made out to {', '.join(lacking)}", _ASK
    if not stated_capabilities(read):
        yield (
            "does not say what the service can open (SMIMECapabilities)",
            "until a doctor has had an answer, Outlook may encrypt with 3DES, which is refused",
        )
