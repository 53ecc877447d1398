"""What commands on the directory say of a key that is taken, or was, and what may come of it."""

from collections.abc import Iterable

import click

from rmp_milter.certificates import CertificateError, cautions, check_usable
from rmp_milter.cli.output import moment, visible
from rmp_milter.dossier.model import Doctor


def of_key(doctor: Doctor, now: int) -> list[str]:
    """Return what is to be said of a doctor's key at ``now``, a sentence each."""
    try:
        check_usable(doctor.certificate, now)
    except CertificateError as error:
        return [f"the key cannot be used: {error}"]
    found = cautions(doctor.certificate, doctor.mail, now)
    said: list[str] = []
    if found.lacks_address:
        said.append(
            f"no user id of the key names {doctor.mail}: mail clients may not find it for that"
        )
    if found.expires:
        said.append(
            f"the key expires on {moment(found.expires)[:10]}: have it prolonged before"
        )
    return said


def warn(lines: Iterable[str]) -> None:
    """Print each line to stderr, as a warning: what was asked for is done all the same."""
    for line in lines:
        click.echo(f"rmp: warning: {visible(line)}", err=True)
