"""``rmp key rotate metadata``, ``index`` and ``outbox``: the store anew under another key."""

import time

import click

from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import progress_shown
from rmp_milter.cli.stores import engine_of, reachable
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.store.format.former_keys import former_file
from rmp_milter.store.format.succession import Rotated, Succession, unfinished, unfinished_told


@click.command("metadata")
@configured
def metadata(config: Config) -> None:
    """Seal names, dossiers and entries anew under another milter/metadata.key.

    Milter and courier must be stopped. A second store is written beside the first, verified, and
    put in its place with the key, so the file system must have room for both. After an
    interruption give it again: it ends, or begins anew. The key of before is kept, for backups
    of before.
    """
    _rotated(config, Rotated.METADATA)


@click.command("index")
@configured
def index(config: Config) -> None:
    """Have all look-ups go on under another milter/index.key.

    As rmp key rotate metadata. Nothing is forgotten: mails that are done, tries that count. The
    file holds the keys of before as well, which are needed for that; without the new one they
    find nothing.
    """
    _rotated(config, Rotated.INDEX)


@click.command("outbox")
@configured
def outbox(config: Config) -> None:
    """Seal the answers that wait anew under another shared/outbox.key.

    As rmp key rotate metadata. Bounces of what was sent under the key of before are recognised by
    it for 30 days.
    """
    _rotated(config, Rotated.OUTBOX)


def _rotated(config: Config, which: Rotated) -> None:
    paths = config.paths
    succession = Succession(paths.milter, paths.outbox_key, which, int(time.time()))
    become_owner(paths.store, succession.file.stat().st_gid)
    try:
        with reachable(), unfinished_told(paths.milter, paths.outbox_key, which):
            rotation = engine_of(config).rotate(succession, progress_shown)
    except OSError as error:
        hint = unfinished(paths.milter, paths.outbox_key)
        raise CommandError(str(error), hint) from error
    done = "keyed" if which is Rotated.INDEX else "sealed"
    said = (
        "the rotation that was interrupted is ended"
        if rotation.ended
        else f"{done} anew and verified"
    )
    click.echo(f"{said}: {succession.file} is another key")
    click.echo("start the services; then back up store and keys: rmp backup DIR --keys DIR2")
    click.echo("backups of before open by the key of before; once you keep none of them:")
    click.echo(f"    rm {succession.before}")
    for line in rotation.clear:
        click.echo("this too is under the key of before; once you need it no more:")
        click.echo(f"    {line}")
    if which is Rotated.OUTBOX:
        click.echo("by the key of before, bounces are recognised for 30 days:")
        click.echo(f"    {former_file(paths.outbox_key)}")
