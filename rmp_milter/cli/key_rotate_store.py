"""``rmp key rotate metadata``, ``index`` and ``outbox``: the store anew under another key."""

import functools
import os
import time
from collections.abc import Callable
from typing import NamedTuple

import click

from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import moment, progress_shown
from rmp_milter.cli.store_move import print_groundwork
from rmp_milter.cli.stores import engine_of, reachable
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.store.engines import Engine, PreparedRotation, Rotation
from rmp_milter.store.format.failures import InUseError
from rmp_milter.store.format.former_keys import former_file
from rmp_milter.store.format.succession import Rotated, Succession, unfinished, unfinished_told

NICER = 10
"""What goes on beside the services lets them go first."""


class Step(NamedTuple):
    """What is to be done instead of what is next."""

    finish: bool
    abandon: bool
    sql: bool


def _steps(function: Callable[[Config, Step], None]) -> Callable[..., None]:
    """Give a command the options that all three have."""

    @click.option(
        "--finish", is_flag=True, help="Milter and courier are stopped: end what is prepared."
    )
    @click.option("--abandon", is_flag=True, help="Throw away what is prepared; the key stays.")
    @click.option(
        "--sql",
        is_flag=True,
        help="Store on a server: print what its administrator gives psql now.",
    )
    @functools.wraps(function)
    def command(config: Config, *, finish: bool, abandon: bool, sql: bool) -> None:
        if finish + abandon + sql > 1:
            raise click.UsageError("one of --finish, --abandon and --sql")
        function(config, Step(finish, abandon, sql))

    return command


@click.command("metadata")
@configured
@_steps
def metadata(config: Config, asked: Step) -> None:
    """Seal names, dossiers and entries anew under another milter/metadata.key.

    While the services run, a copy of the store is verified, sealed anew and verified again
    beside it. Then stop milter and courier and give it with --finish, which brings over what was
    changed since, and puts copy and key in their places: seconds. The file system must have room
    for two more stores. Where they are stopped, and nothing is prepared, one call does it all.

    A store on a server: its administrator first gives psql what --sql prints, which makes a
    schema beside the store's; a copy is written there as well. Other hosts may have the store
    open, which is not seen from here, so only --finish ends it: when milter and courier are
    stopped on all of them. Then --sql prints what gives that schema the store's name, and the key
    goes to the other hosts.

    After an interruption give it again: it ends, goes on, or begins anew. The key of before is
    kept, for backups of before.
    """
    _rotated(config, Rotated.METADATA, asked)


@click.command("index")
@configured
@_steps
def index(config: Config, asked: Step) -> None:
    """Have all look-ups go on under another milter/index.key.

    As rmp key rotate metadata. Nothing is forgotten: mails that are done, tries that count. The
    file holds the keys of before as well, which are needed for that; without the new one they
    find nothing.
    """
    _rotated(config, Rotated.INDEX, asked)


@click.command("outbox")
@configured
@_steps
def outbox(config: Config, asked: Step) -> None:
    """Seal the answers that wait anew under another shared/outbox.key.

    As rmp key rotate metadata. Bounces of what was sent under the key of before are recognised by
    it for 30 days.
    """
    _rotated(config, Rotated.OUTBOX, asked)


def _rotated(config: Config, which: Rotated, asked: Step) -> None:
    if asked.sql:
        print_groundwork(config, lambda *roles: _groundwork(config, *roles))
        return
    paths = config.paths
    succession = Succession(paths.milter, paths.outbox_key, which, int(time.time()))
    become_owner(paths.store, succession.file.stat().st_gid)
    try:
        with reachable(), unfinished_told(paths.milter, paths.outbox_key, which):
            if asked.abandon:
                _abandoned(engine_of(config), succession)
                return
            done = _done(engine_of(config), succession, finish=asked.finish)
    except OSError as error:
        hint = unfinished(paths.milter, paths.outbox_key)
        raise CommandError(str(error), hint) from error
    if isinstance(done, PreparedRotation):
        _say_prepared(done)
    else:
        _say_rotated(config, succession, done)


def _groundwork(config: Config, milter: str, courier: str) -> str:
    become_owner(config.paths.store)  # who may look whether the store has its name
    return engine_of(config).rotation_groundwork(milter, courier)


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


def _say_nameless(config: Config, succession: Succession) -> None:
    """Say what there is to do before any process opens a server's store again."""
    click.echo("give its schema the name of the one that it follows, as who made it:")
    psql = f"psql {config.store.database}".rstrip()
    click.echo(f"    rmp key rotate {succession.which} --sql | sudo -u postgres {psql}")
    click.echo(f"bring the key to every other host that has it: {succession.file}")


def _say_rotated(config: Config, succession: Succession, rotation: Rotation) -> None:
    done = "keyed" if succession.which is Rotated.INDEX else "sealed"
    said = (
        "the rotation that was interrupted is ended"
        if rotation.ended
        else f"{done} anew and verified"
    )
    click.echo(f"{said}: {succession.file} is another key")
    if rotation.nameless:
        _say_nameless(config, succession)
    click.echo("start the services; then back up store and keys: rmp backup DIR --keys DIR2")
    click.echo("backups of before open by the key of before; once you keep none of them:")
    click.echo(f"    rm {succession.before}")
    for line in rotation.clear:
        click.echo("this too is under the key of before; once you need it no more:")
        click.echo(f"    {line}")
    if succession.which is Rotated.OUTBOX:
        click.echo("by the key of before, bounces are recognised for 30 days:")
        click.echo(f"    {former_file(config.paths.outbox_key)}")
