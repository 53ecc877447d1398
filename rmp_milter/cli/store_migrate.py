"""``rmp store migrate``: the store moved to the format of this version."""

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import progress_shown
from rmp_milter.cli.stores import engine_of, reachable, store_keys
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.store.engines import Earlier, Migration
from rmp_milter.store.format.failures import StoreError

_EARLIER = {
    Earlier.FITS: "go on where a call before was cut off",
    Earlier.FOREIGN: (
        "begin anew: what a call before has left is of the store as it was then, "
        "or by another version"
    ),
}


@click.command("migrate")
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
@configured
def migrate(config: Config, *, dry_run: bool) -> None:
    """Move the store to the format of this version; milter and courier must be stopped.

    A copy is moved, verified and put in the store's place, so the file system must have room
    for a second store. Whatever happens meanwhile, the store is there, in the one format or
    in the other. The old file is kept beside the new one.
    """
    become_owner(config.paths.store)
    with reachable():
        move = engine_of(config).planned()
    if move.steps and not dry_run:
        move = _moved(config, move)
    if not move.steps:  # or another call has taken them meanwhile
        click.echo(f"nothing to do: format {move.wanted}")
    elif dry_run:
        _say_plan(move)
    else:
        _say_done(move)


def _moved(config: Config, move: Migration) -> Migration:
    with reachable():
        keys = store_keys(config)
    if said := _EARLIER.get(move.earlier):
        click.echo(f"will {said}")
    with refusing(StoreError):
        return engine_of(config).migrate(keys, progress_shown)


def _say_plan(move: Migration) -> None:
    click.echo(f"would move the store from format {move.found} to {move.wanted}, by steps:")
    for number in move.steps:
        click.echo(f"    {number} to {number + 1}")
    click.echo(f"over a copy of at most {move.room} bytes; nothing was changed")
    if said := _EARLIER.get(move.earlier):
        click.echo(f"would {said}")


def _say_done(move: Migration) -> None:
    click.echo(f"moved from format {move.found} to {move.wanted} and verified")
    click.echo("start the services; once all is well, remove what the store was before:")
    click.echo(f"    {move.clear}")
    click.echo("the way back, with the services stopped, loses what came since:")
    click.echo(f"    {move.back}")
