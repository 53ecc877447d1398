"""``rmp key rotate waiting``: another key for deposits that wait, and for what is translated."""

import time

import click

from rmp_milter.cli.as_store_owner import with_keeper_and_store
from rmp_milter.cli.errors import Status, refusing
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import moment, print_error
from rmp_milter.cli.translations import Translations, move_all
from rmp_milter.config import Config
from rmp_milter.host import waiting_rotation
from rmp_milter.host.key_replacing import begin, check_taken_up, command
from rmp_milter.host.waiting_rotation import StillNeeded
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import WAITING
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.surface import Store


@click.command("waiting")
@click.option("--end", is_flag=True, help="Take former keys away under which nothing waits.")
@configured
def waiting(config: Config, *, end: bool) -> int:
    """Give deposits that wait another key; the former one opens what waits under it.

    First without an option: keeper/waiting.key is a new one, the former is beside it, with the
    day in its name. Back both up, start the keeper anew. Then --end, as often as you like: what
    is sealed to be translated is sealed to the new key, and the former one goes when no deposit
    waits under it. Needs root.
    """
    with refusing(KeyFileError, JournalError, StoreError):
        if end:
            return _ended(config)
        name = begin(config, WAITING)
    click.echo(f"keeper/{name} is the former key: back it up with keeper/waiting.key,")
    click.echo(f"start the keeper anew, then: {command(WAITING, '--end')}")
    return Status.OK


def _ended(config: Config) -> int:
    check_taken_up(config, WAITING)
    moved = with_keeper_and_store(config, _moved, Translations)
    click.echo(f"to be translated, sealed to the new key: {moved.documents}")
    if moved.refused:
        for line in moved.refused:
            print_error(line)
        return Status.REFUSED
    for each in waiting_rotation.end(config):
        _tell(each)
    return Status.OK


def _tell(each: StillNeeded) -> None:
    if each.documents:
        last = f"the last until {moment(each.until)}"
        click.echo(f"keeper/{each.name} stays: {each.documents} documents wait, {last}")
    else:
        click.echo(f"keeper/{each.name} is gone: nothing waits under it; start the keeper anew")


def _moved(keeper: HostKeeper, store: Store) -> Translations:
    return move_all(keeper, store, int(time.time()))
