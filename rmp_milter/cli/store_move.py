"""``rmp store init`` and ``rmp store move``: a store in the engine that is configured."""

import pwd
from collections.abc import Callable

import click

from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import progress_shown
from rmp_milter.cli.stores import engine_of, reachable, store_keys
from rmp_milter.config import Config
from rmp_milter.host.owners import become_owner
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.opening import other_engine


@click.command("init")
@click.option("--sql", is_flag=True, help="Print what the server's administrator gives psql.")
@configured
def init(config: Config, *, sql: bool) -> None:
    """Make an empty store, by the keys that are there, in the engine that rmp.toml names.

    With --sql only print what makes its schema, its tables, and the rights of two roles that
    are called as the users of milter and courier are.
    """
    if sql:
        print_groundwork(config, engine_of(config).groundwork)
        return
    become_owner(config.paths.store)
    with reachable():
        engine_of(config).create(store_keys(config))
    click.echo(f"an empty store is there ({config.store.engine})")


def print_groundwork(config: Config, says: Callable[[str, str], str]) -> None:
    """Print what a server's administrator gives psql; it ``says`` it of two roles.

    They are called as the users of milter and courier are. Raises :class:`CommandError`, also
    where there is no server.
    """
    users = (config.paths.store, config.paths.courier)
    with refusing(OSError), refusing(StoreError):
        milter, courier = (pwd.getpwuid(folder.stat().st_uid).pw_name for folder in users)
        said = says(milter, courier)
    if not said:
        raise CommandError("rmp.toml names no server for the store", "engine in [store]")
    click.echo(said, nl=False)


@click.command("move")
@configured
def move(config: Config) -> None:
    """Take the store over from the other engine; milter and courier must be stopped.

    rmp.toml names the engine to move to. Every record is copied, compared and verified before
    the store is there; a call that was cut off is gone on with. Then the other engine's is no
    store any more: its records stay until the host removes them.
    """
    with reachable():
        name, other = other_engine(config.paths.store, config.store)
        become_owner(config.paths.store)
        keys = store_keys(config)
        with other.leaving() as left:
            engine_of(config).take_over(keys, left, progress_shown)
            left.settle()
    there = config.store.engine
    click.echo(f"moved from {name} to {there}, compared and verified: start the services")
