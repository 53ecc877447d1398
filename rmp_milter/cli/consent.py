"""``rmp consent``: the texts to which patients consent, a version each, none of them changed."""

import re
from pathlib import Path

import click

from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.options import configured, json_option
from rmp_milter.cli.output import print_json, print_table
from rmp_milter.config import Config
from rmp_milter.config.sections import CONSENT_VERSION
from rmp_milter.host.consent_texts import (
    ConsentTextError,
    fault_of,
    keep_text,
    kept_versions,
    text_file,
)


@click.group()
def consent() -> None:
    """Keep the texts to which patients consent."""


@consent.command("add")
@click.argument("version", metavar="VERSION")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@configured
def add(config: Config, *, version: str, file: Path) -> None:
    """Keep FILE, a text in UTF-8, as VERSION; it stays for ever as it is.

    From when on doctors are told it, [consent] version in rmp.toml says.
    """
    if not re.fullmatch(CONSENT_VERSION, version):
        raise click.UsageError("a version has 1 to 32 letters, digits, dots and hyphens")
    with refusing(ConsentTextError, hint="another text needs another version"):
        keep_text(config.paths.public, version, file.read_bytes())
    click.echo(text_file(config.paths.public, version))
    if version != config.consent.version:
        click.echo(f'in force is {config.consent.version}: set [consent] version = "{version}"')


@consent.command("list")
@json_option
@configured
def list_(config: Config, *, as_json: bool) -> int:
    """List the versions that are kept; status 1 where a text is not what was kept."""
    public, current = config.paths.public, config.consent.version
    found = [(each, each == current, fault_of(public, each)) for each in kept_versions(public)]
    if as_json:
        print_json(
            [{"version": name, "in_force": now, "fault": fault} for name, now, fault in found]
        )
    else:
        rows = [(name, "yes" if now else "-", fault or "as kept") for name, now, fault in found]
        print_table(("VERSION", "IN FORCE", "TEXT"), rows)
    return Status.REFUSED if any(fault for *_, fault in found) else Status.OK


@consent.command("show")
@click.argument("version", metavar="[VERSION]", required=False)
@configured
def show(config: Config, *, version: str | None) -> None:
    """Print the text of VERSION, or the one in force; a dossier names its own."""
    wanted = version or config.consent.version
    if wanted not in kept_versions(config.paths.public):
        raise CommandError(f"no text of version {wanted} is kept", "rmp consent list")
    if fault := fault_of(config.paths.public, wanted):
        raise CommandError(f"version {wanted}: {fault}", "put it back from a backup")
    click.echo(text_file(config.paths.public, wanted).read_text(), nl=False)
