"""``rmp key rotate pepper``: another key for cards, and for the slots under patients' codes."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from rmp_milter.cli.as_store_owner import with_keeper_and_store
from rmp_milter.cli.by_and_by import Progress, RecordsMoved
from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import print_error
from rmp_milter.cli.recarding import CardsMoved, Recarding
from rmp_milter.config import Config
from rmp_milter.host import pepper_rotation
from rmp_milter.host.key_replacing import check_taken_up, command, former_of
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import ACTS, PEPPER
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.surface import Store


@click.command("pepper")
@click.option("--end", is_flag=True, help="Make all cards anew; no card of before counts then.")
@click.option("--end-codes", is_flag=True, help="Say how many codes are under a former pepper.")
@click.option("--yes", is_flag=True, help="With --end-codes: end these codes.")
@configured
def pepper(config: Config, *, end: bool, end_codes: bool, yes: bool) -> int:
    """Give cards and patients' codes another pepper; what is under the former one counts still.

    First without an option: keeper/pepper.key is a new one, the former is beside it, with the
    day in its name. Back both up, start the keeper anew. Then --end: all cards are made anew
    while mails come in, and no card of before counts. Codes open on: each goes over when its
    patient is given another. --end-codes says how many have not, and with --yes ends these: their
    patients need new ones. Each may be interrupted and given again. Needs root.
    """
    if (end and end_codes) or (yes and not end_codes):
        raise CommandError("--end or --end-codes, --yes with the latter", status=Status.USAGE)
    with refusing(KeyFileError, JournalError, StoreError):
        if end:
            return _ended(config)
        if end_codes:
            return _without_codes(config, yes=yes)
        name = pepper_rotation.begin_pepper(config)
    click.echo(f"keeper/{name} is the former pepper: back it up with keeper/{PEPPER}")
    click.echo(f"and keeper/{ACTS}, start the keeper anew, then: {command(PEPPER, '--end')}")
    return Status.OK


def _ended(config: Config) -> int:
    if not former_of(config, PEPPER) and pepper_rotation.is_any_kept(config):
        _close(config)
        return Status.OK
    check_taken_up(config, PEPPER)
    with _progress("cards") as told:

        def moved(keeper: HostKeeper, store: Store) -> CardsMoved:
            return _moved(Recarding(keeper, store, int(time.time()), told))

        done = with_keeper_and_store(config, moved, CardsMoved)
    click.echo(
        f"cards made anew: {done.dossiers} of dossiers, {done.persons} of persons,"
        f" {done.waiting} of deposits that wait"
    )
    for line in done.refused:
        print_error(line)
    if done.refused:
        return Status.REFUSED
    _close(config)
    return Status.OK


def _moved(recarding: Recarding) -> CardsMoved:
    """Make all anew; once more, to see that nothing is left under the former pepper."""
    first = recarding.everything()
    if first.refused or not first.count:
        return first
    again = recarding.everything()
    if again.count and not again.refused:
        raise CommandError("cards were found under the former pepper again", "give it again")
    return CardsMoved(first.persons, first.dossiers, first.waiting, again.refused)


def _without_codes(config: Config, *, yes: bool) -> int:
    if former_of(config, PEPPER):
        line = "cards may be under a former pepper still"
        raise KeyFileError(line, command(PEPPER, "--end"))
    count = pepper_rotation.codes_of_before(config)
    if count and not yes:
        click.echo(f"codes of patients under a former pepper, which would be ended: {count}")
        then = command(PEPPER, "--end-codes --yes")
        click.echo(f"{then} ends them: each patient needs a new one")
        return Status.REFUSED
    if count:
        return _codes_ended(config)
    _close(config)
    return Status.OK


def _codes_ended(config: Config) -> int:
    present = pepper_rotation.present_id(config)
    with _progress("codes") as told:

        def moved(keeper: HostKeeper, store: Store) -> RecordsMoved:
            return Recarding(keeper, store, int(time.time()), told).without_codes(present)

        done = with_keeper_and_store(config, moved, RecordsMoved)
    click.echo(f"codes ended: {done.count}")
    for line in done.refused:
        print_error(line)
    _close(config)
    return Status.REFUSED if done.refused else Status.OK


def _close(config: Config) -> None:
    """Take away what is in use no more, and say what is."""
    for name in pepper_rotation.end(config):
        click.echo(f"keeper/{name} is gone: no card is under it; start the keeper anew")
    if count := pepper_rotation.codes_of_before(config):
        click.echo(f"codes of patients that open by a former pepper still: {count}")
        click.echo(f"each ends with a new one; {command(PEPPER, '--end-codes')} ends them now")
    else:
        click.echo("no patient's code is under a former pepper")


@contextmanager
def _progress(label: str) -> Iterator[Progress]:
    # The bar is made before the command becomes the store's owner, who need not read all of Python.
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def told(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield told
