"""``rmp access key new``: a key for reasons, made by the auditors on a machine of theirs."""

from pathlib import Path

import click

from rmp_milter.audit.reasons import fingerprint, new_auditor_key, read_public
from rmp_milter.cli.errors import refusing
from rmp_milter.cli.language import lang_option
from rmp_milter.cli.output import spaced_fingerprint
from rmp_milter.disk.new_files import write_new

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("new")
@click.argument("file", type=FILE)
@lang_option
def new(file: Path) -> None:
    """Make a new auditors' key, on their own machine: FILE to keep, FILE.pub for the host.

    FILE opens the reasons of all emergencies from the day on which the host installs
    FILE.pub. Nothing is ever replaced.
    """
    made = new_auditor_key()
    public = file.with_name(f"{file.name}.pub")
    with refusing(OSError):
        write_new(file, made.private, 0o600)
        write_new(public, made.public, 0o644)
    click.echo(f"{public}: {spaced_fingerprint(fingerprint(read_public(made.public)))}")
