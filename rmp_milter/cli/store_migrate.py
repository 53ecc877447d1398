"""``rmp store migrate``: the store moved to the format of this version."""

import sys

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.options import configured
from rmp_milter.cli.stores import reachable, store_keys
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.store import migrating
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.migrating import Move
from rmp_milter.store.steps import STEPS


@click.command("migrate")
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
@configured
def migrate(config: Config, *, dry_run: bool) -> None:
    """Move the store to the format of this version; milter and courier must be stopped.

    A copy is moved, verified and put in the store's place, so the file system must have room
    for a second store. Whatever happens meanwhile, the store is there, in the one format or
    in the other. The old file is kept beside the new one.
    """
    folder = config.paths.store
    become_owner(folder)
    with reachable():
        move = migrating.planned(folder, STEPS)
    if move.steps and not dry_run:
        move = _moved(config)
    if not move.steps:  # or another call has taken them meanwhile
        click.echo(f"nothing to do: format {move.wanted}")
    elif dry_run:
        _say_plan(config, move)
    else:
        _say_done(config, move)


def _moved(config: Config) -> Move:
    with reachable():
        keys = store_keys(config)
    with refusing(StoreError):
        return migrating.migrate(config.paths.store, keys, STEPS, _progress)


def _say_plan(config: Config, move: Move) -> None:
    size = (config.paths.store / migrating.DATA).stat().st_size
    click.echo(f"would move the store from format {move.found} to {move.wanted}, by steps:")
    for number in range(move.found, move.wanted):
        click.echo(f"    {number} to {number + 1}")
    click.echo(f"over a copy of at most {size} bytes; nothing was changed")


def _say_done(config: Config, move: Move) -> None:
    data = config.paths.store / migrating.DATA
    old = migrating.kept(config.paths.store, move.found)
    click.echo(f"moved from format {move.found} to {move.wanted} and verified")
    click.echo("start the services; once all is well, remove what the store was before:")
    click.echo(f"    rm {old}")
    click.echo("the way back, with the services stopped, loses what came since:")
    click.echo(f"    mv {old} {data}")


def _progress(what: str, done: int, total: int) -> None:
    """Show how far it is, to a person at a terminal only."""
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        click.echo(f"\r{what}: {done} of {total}{end}", err=True, nl=False)
