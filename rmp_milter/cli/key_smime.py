"""``rmp key smime``: the certificate by which Outlook and its like write to the service."""

import time
from collections.abc import Callable
from pathlib import Path

import click
import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.key_smime_show import print_folder, windows_print
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_error, spaced_fingerprint
from rmp_milter.config import Config
from rmp_milter.host.owners import as_owner, become_owner
from rmp_milter.host.smime import (
    SMIME_PUBLIC,
    import_smime,
    make_smime,
    publish_smime,
    request_smime,
)
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.service_certificates import ServiceCertificate, answering
from rmp_milter.keeper.keys.smime_answers import MAX_ANSWER, AnswerError, read_answer
from rmp_milter.keeper.keys.smime_folder import SMIME, SmimeFolder, read_smime
from rmp_milter.keeper.keys.smime_making import KeyKind
from rmp_milter.x509 import X509, read_x509
from rmp_milter.x509.paths import prepare
from rmp_milter.x509.signatures import parsed

RESTART = "start the keeper anew: it reads its keys when it starts"
UNTRUSTED = (
    "nobody vouches for this certificate: each doctor's mail program asks, or refuses, until he"
    " trusts it by hand"
)
_MAKE_ONE = (
    "rmp key smime csr asks an authority for one, rmp key smime new makes one for a trial"
)
_Path = click.Path(path_type=Path, dir_okay=False, exists=True)
kind_option = click.option(
    "--kind",
    type=click.Choice([kind.value for kind in KeyKind]),
    help="The key; rsa-3072 unless said: old programs know nothing else.",
)


class SmimeAdded(msgspec.Struct):
    """What was done as the keeper's user: what to say of it, or why nothing was.

    ``present`` is the certificate (DER) that answers use from now on, if there is one.
    """

    lines: list[str] = []
    present: bytes = b""
    refused: str = ""


@click.group()
def smime() -> None:
    """Make, ask for and hand out the service's S/MIME certificate."""


@smime.command("new")
@kind_option
@configured
def new(config: Config, *, kind: str | None) -> None:
    """Make a key and a certificate of its own making, beside what is there.

    For trials, and for hosts without an authority: it is valid for three years, and doctors
    must trust it by hand.
    """
    now = _now()
    chosen = KeyKind(kind or KeyKind.RSA)
    _do(config, lambda: _described(config, make_smime(config, chosen, now), now))
    print_error(UNTRUSTED, "for daily use: rmp key smime csr")


@smime.command("csr")
@kind_option
@configured
def csr(config: Config, *, kind: str | None) -> None:
    """Print the request for an authority, in PEM; the key waits for the answer.

    While a key waits, its request is printed again.
    """
    become_owner(config.paths.keeper)
    with refusing(KeyFileError):
        request, file = request_smime(config, KeyKind(kind) if kind else None)
    click.echo(request, nl=False)
    click.echo(f"{file}: waits; take the answer in with rmp key smime import", err=True)


@smime.command("import")
@click.argument("files", nargs=-1, required=True, type=_Path, metavar="FILE...")
@configured
def import_(config: Config, files: tuple[Path, ...]) -> None:
    """Take in the issued certificate, with all certificates up to its root.

    Each FILE is PEM, DER or PKCS#7 (.p7b). If anything is not right nothing is changed.
    """
    contents = [_read(file) for file in files]
    prepare()  # while the modules can be read
    now = _now()
    _do(config, lambda: _imported(config, files, contents, now))


def _imported(
    config: Config, files: tuple[Path, ...], contents: list[bytes], now: int
) -> list[str]:
    found: list[X509] = []
    for file, content in zip(files, contents, strict=True):
        try:
            found += read_answer(content)
        except AnswerError as error:
            raise AnswerError(f"{file}: {error}") from None
    certificate, fresh = import_smime(config, found, now)
    return _described(config, certificate, now) if fresh else ["is here already"]


@smime.command("show")
@json_option
@configured
def show(config: Config, *, as_json: bool) -> None:
    """Show the certificates and what each is good for, and the keys that wait for one."""
    print_folder(_folder(config), _now(), as_json=as_json)


@smime.command("export")
@click.option("--der", is_flag=True, help="As a .cer file for Windows.")
@click.option("--p7b", is_flag=True, help="With its chain, as a .p7b file.")
@configured
def export(config: Config, *, der: bool, p7b: bool) -> None:
    """Print the certificate that answers are signed with, in PEM, as a file for doctors."""
    if der and p7b:
        raise click.UsageError("either --der or --p7b")
    present = answering(_folder(config).certificates, _now())
    if present is None:
        raise CommandError("no S/MIME certificate of the service is valid now", _MAKE_ONE)
    click.echo(_exported(present, der=der, p7b=p7b), nl=False)


def _exported(present: ServiceCertificate, *, der: bool, p7b: bool) -> bytes:
    if der:
        return present.certificate
    first, *chain = (parsed(read_x509(each)) for each in (present.certificate, *present.chain))
    if p7b:
        return pkcs7.serialize_certificates([first, *chain], Encoding.DER)
    return first.public_bytes(Encoding.PEM)


def _folder(config: Config) -> SmimeFolder:
    """Read the folder; root becomes the keeper's owner first."""
    become_owner(config.paths.keeper)
    with refusing(KeyFileError):
        return read_smime(config.paths.keeper / SMIME)


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_ANSWER + 1)


def _do(config: Config, action: Callable[[], list[str]]) -> None:
    """Do what adds to the keeper's folder, as its owner; lay out what answers use from now on."""
    added = as_owner(config.paths.keeper, lambda: _kept(config, action), SmimeAdded)
    if added.refused:
        raise CommandError(added.refused, "nothing was changed")
    for line in added.lines:
        click.echo(line)
    if added.present:
        _lay_out(config, added.present)
    click.echo(RESTART)


def _kept(config: Config, action: Callable[[], list[str]]) -> SmimeAdded:
    try:
        lines = action()
        present = answering(read_smime(config.paths.keeper / SMIME).certificates, _now())
    except (AnswerError, KeyFileError) as error:
        return SmimeAdded(refused=str(error))
    return SmimeAdded(lines, present.certificate if present else b"")


def _now() -> int:
    return int(time.time())


def _lay_out(config: Config, present: bytes) -> None:
    """Put the certificate beside ``service.asc``, for which one must own that folder."""
    try:
        publish_smime(config, present)
    except OSError as error:
        file = config.paths.public / SMIME_PUBLIC
        raise CommandError(
            f"the certificate is in place, but {file}: {error.strerror}",
            f"as root: rmp key smime export --der > {file}; then {RESTART}",
        ) from error


def _described(config: Config, certificate: X509, now: int) -> list[str]:
    """Return what to say of a certificate that was added: its prints, and what it is good for."""
    there = read_smime(config.paths.keeper / SMIME)
    present = answering(there.certificates, now)
    answers = bool(present and present.certificate == certificate.der)
    return [
        f"{there.files[certificate.der]}: {certificate.subject}",
        f"fingerprint (SHA-256): {spaced_fingerprint(certificate.digest)}",
        f"fingerprint (SHA-1, as Windows shows it): {windows_print(certificate.der)}",
        "answers use it" if answers else "answers use another one; this one only opens mail",
    ]
