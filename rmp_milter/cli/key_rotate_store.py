"""``rmp key rotate metadata``, ``index`` and ``outbox``: the store anew under another key."""

import os
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import moment, progress_shown
from rmp_milter.cli.stores import engine_of, reachable
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.store.engines import Engine, PreparedRotation, Rotation
from rmp_milter.store.format.failures import InUseError
from rmp_milter.store.format.former_keys import former_file
from rmp_milter.store.format.succession import Rotated, Succession, unfinished, unfinished_told

P = ParamSpec("P")
ResultT = TypeVar("ResultT")

NICER = 10
"""What goes on beside the services lets them go first."""


def _steps(function: Callable[P, ResultT]) -> Callable[P, ResultT]:
    """Give a command the options that all three have."""
    finish = click.option(
        "--finish", is_flag=True, help="Milter and courier are stopped: end what is prepared."
    )
    abandon = click.option(
        "--abandon", is_flag=True, help="Throw away what is prepared; the key stays."
    )
    return finish(abandon(function))


@click.command("metadata")
@_steps
@configured
def metadata(config: Config, *, finish: bool, abandon: bool) -> None:
    """Seal names, dossiers and entries anew under another milter/metadata.key.

    While the services run, a copy of the store is verified, sealed anew and verified again
    beside it. Then stop milter and courier and give it with --finish, which brings over what was
    changed since, and puts copy and key in their places: seconds. The file system must have room
    for two more stores. Where they are stopped, and nothing is prepared, one call does it all.

    After an interruption give it again: it ends, goes on, or begins anew. The key of before is
    kept, for backups of before.
    """
    _rotated(config, Rotated.METADATA, finish=finish, abandon=abandon)


@click.command("index")
@_steps
@configured
def index(config: Config, *, finish: bool, abandon: bool) -> None:
    """Have all look-ups go on under another milter/index.key.

    As rmp key rotate metadata. Nothing is forgotten: mails that are done, tries that count. The
    file holds the keys of before as well, which are needed for that; without the new one they
    find nothing.
    """
    _rotated(config, Rotated.INDEX, finish=finish, abandon=abandon)


@click.command("outbox")
@_steps
@configured
def outbox(config: Config, *, finish: bool, abandon: bool) -> None:
    """Seal the answers that wait anew under another shared/outbox.key.

    As rmp key rotate metadata. Bounces of what was sent under the key of before are recognised by
    it for 30 days.
    """
    _rotated(config, Rotated.OUTBOX, finish=finish, abandon=abandon)


def _rotated(config: Config, which: Rotated, *, finish: bool, abandon: bool) -> None:
    if finish and abandon:
        raise click.UsageError("either --finish or --abandon")
    paths = config.paths
    succession = Succession(paths.milter, paths.outbox_key, which, int(time.time()))
    become_owner(paths.store, succession.file.stat().st_gid)
    try:
        with reachable(), unfinished_told(paths.milter, paths.outbox_key, which):
            if abandon:
                _abandoned(engine_of(config), succession)
                return
            done = _done(engine_of(config), succession, finish=finish)
    except OSError as error:
        hint = unfinished(paths.milter, paths.outbox_key)
        raise CommandError(str(error), hint) from error
    if isinstance(done, PreparedRotation):
        _say_prepared(done)
    else:
        _say_rotated(config, succession, done)


def _done(
    engine: Engine, succession: Succession, *, finish: bool
) -> Rotation | PreparedRotation:
    """Do all of it where nobody has the store open, else what can be done beside."""
    try:
        return engine.rotate(succession, progress_shown, prepared_only=finish)
    except InUseError:
        if finish:
            raise
    os.nice(NICER)
    return engine.prepare_rotation(succession, progress_shown)


def _abandoned(engine: Engine, succession: Succession) -> None:
    there = engine.abandon_rotation(succession)
    click.echo("thrown away: all stays as it is" if there else "nothing was prepared")


def _say_prepared(done: PreparedRotation) -> None:
    if done.thrown_away:
        click.echo(f"what was prepared before is thrown away: {done.thrown_away}")
    begun = moment(done.at)
    click.echo(f"prepared beside the store of {begun}: {done.room} bytes more, until the end")
    click.echo("now stop milter and courier, then at once:")
    click.echo(f"    rmp key rotate {done.which} --finish")
    click.echo("it takes seconds; the longer you wait, the more there is to be brought over")


def _say_rotated(config: Config, succession: Succession, rotation: Rotation) -> None:
    done = "keyed" if succession.which is Rotated.INDEX else "sealed"
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
    if succession.which is Rotated.OUTBOX:
        click.echo("by the key of before, bounces are recognised for 30 days:")
        click.echo(f"    {former_file(config.paths.outbox_key)}")
