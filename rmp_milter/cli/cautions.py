"""What commands on the directory say of a key that is taken, or was, and what may come of it."""

from collections.abc import Iterable

import click

from rmp_milter.cli.output import moment, visible
from rmp_milter.credentials import (
    CertificateKind,
    CredentialError,
    cautions,
    check_enrollable,
    check_usable,
    kind_of,
)
from rmp_milter.dossier.model import Credential, Doctor


def of_key(doctor: Doctor, now: int) -> list[str]:
    """Return what is to be said of a doctor's certificates at ``now``, a sentence each."""
    try:
        check_usable(doctor.certificate, now)
    except CredentialError as error:
        said = [f"the key cannot be used: {error}"]
    else:
        said = _said(doctor.certificate, "the key", doctor.mail, now)
    for each in doctor.credentials:
        said += _of_another(each, doctor.mail, now)
    return said


def _of_another(credential: Credential, mail: str, now: int) -> list[str]:
    """Return what is to be said of a certificate that answers do not go to."""
    named = f"the certificate {credential.fingerprint[:16].upper()}"
    try:
        check_enrollable(credential.certificate, now)
    except CredentialError as error:
        return [f"{named} cannot be used: {error}"]
    return _said(credential.certificate, named, mail, now)


def _said(certificate: bytes, named: str, mail: str, now: int) -> list[str]:
    found = cautions(certificate, mail, now)
    is_openpgp = kind_of(certificate) is CertificateKind.OPENPGP
    said: list[str] = []
    if found.lacks_address and is_openpgp:
        said.append(
            f"no user id of {named} names {mail}: mail clients may not find it for that"
        )
    elif found.lacks_address:
        said.append(f"{named} does not name {mail}: mail clients may not take it for that")
    if found.expires:
        end = moment(found.expires)[:10]
        what = "have it prolonged before" if is_openpgp else "enter the renewed one before"
        said.append(f"{named} expires on {end}: {what}")
    return said


def warn(lines: Iterable[str]) -> None:
    """Print each line to stderr, as a warning: what was asked for is done all the same."""
    for line in lines:
        click.echo(f"rmp: warning: {visible(line)}", err=True)
