"""``rmp key smime show``: the certificates with their prints, and the keys that wait."""

import hashlib

import click

from rmp_milter.cli.output import Json, moment, print_json, print_pairs, spaced_fingerprint
from rmp_milter.keeper.keys.service_certificates import (
    ServiceCertificate,
    in_use,
    stated_capabilities,
)
from rmp_milter.keeper.keys.smime_folder import SmimeFolder, WaitingKey
from rmp_milter.keeper.keys.smime_making import kind_of
from rmp_milter.x509 import read_x509


def print_folder(folder: SmimeFolder, now: int, *, as_json: bool) -> None:
    """Print what lies there, with what each certificate is good for at ``now``."""
    certificates = [_certificate(each, folder, now) for each in folder.certificates]
    waiting = [_waiting(each) for each in folder.waiting]
    if as_json:
        print_json({"certificates": certificates, "waiting": waiting})
        return
    for each in (*certificates, *waiting):
        print_pairs((name.replace("_", " "), _plain(value)) for name, value in each.items())
        click.echo()
    if not certificates:
        click.echo("no S/MIME certificate: rmp key smime new, or rmp key smime csr")


def windows_print(certificate: bytes) -> str:
    """Return the SHA-1 of a certificate (DER) as Windows and Outlook show it: the thumbprint."""
    return hashlib.sha1(certificate, usedforsecurity=False).hexdigest()


def _certificate(one: ServiceCertificate, folder: SmimeFolder, now: int) -> dict[str, Json]:
    read = read_x509(one.certificate)
    return {
        "use": in_use(one, folder.certificates, now).value,
        "sha256": spaced_fingerprint(read.digest),
        "sha1": windows_print(one.certificate),
        "subject": read.subject,
        "issuer": read.issuer,
        "serial": f"{one.key.serial:x}",
        "self_made": one.self_made,
        "key": read.key_kind,
        "addresses": read.mail_addresses,
        "not_before": moment(one.not_before),
        "not_after": moment(one.not_after),
        "capabilities": stated_capabilities(read),
        "file": str(folder.files[one.certificate]),
    }


def _waiting(key: WaitingKey) -> dict[str, Json]:
    kind = kind_of(key.private)
    return {"use": "waits", "key": kind.value if kind else "", "file": str(key.file)}


def _plain(value: Json) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
