"""What is handed out held to what is used: the certificate for doctors, the record for the DNS."""

import time
from collections.abc import Iterator

from rmp_milter.certificates import (
    CertificateError,
    bound_key_ids,
    check_usable,
    parse,
    read_certificate,
)
from rmp_milter.config import Config
from rmp_milter.host.hints import BACKUP, for_file, named_in
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import service_certificate
from rmp_milter.postfix.facts import PostfixFinding, error, warning

CERTIFICATE, RECORD = "service.asc", "dkim.txt"


def check_certificate(config: Config) -> Iterator[PostfixFinding]:
    """See that doctors can encrypt to what is handed out, and find it by the address."""
    file = config.paths.public / CERTIFICATE
    try:
        certificate = read_certificate(file.read_bytes())
        check_usable(certificate.binary, int(time.time()))
    except OSError as fault:
        yield error(f"{file}: {fault.strerror}", for_file(file))
        return
    except CertificateError as fault:
        yield error(f"{file}: {fault}", BACKUP)
        return
    address = config.service.addresses[0]
    if not any(f"<{address}>" in user_id for user_id in certificate.user_ids):
        yield warning(
            f"{file}: is not made out to {address}",
            "mail clients look for the key by the address",
        )


def check_is_the_keepers(config: Config) -> Iterator[PostfixFinding]:
    """See that the keeper opens what is encrypted to the certificate; as the keeper's user."""
    file = config.paths.public / CERTIFICATE
    try:
        handed = parse(file.read_bytes()).to_bytes()
        own = service_certificate(config.paths.keeper)
    except (OSError, CertificateError, KeyFileError):
        return  # said by those who look at each alone
    if not {*bound_key_ids(handed)} <= {*bound_key_ids(own)}:
        yield error(
            f"{file}: is not of {config.paths.keeper / 'service.key'}: what doctors send "
            "cannot be opened",
            "one of the two is another service's: put both back from one backup",
        )


def key_fault(fault: Exception) -> PostfixFinding:
    """Return a key file's fault, with what to do about that file."""
    return error(str(fault), getattr(fault, "hint", "") or named_in(str(fault)))
