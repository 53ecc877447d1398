"""``rmp key rotate custody``: another key for the slots that open a dossier in an emergency."""

import sys
import time
from pathlib import Path

import click

from rmp_milter.cli.as_store_owner import with_keeper_and_store
from rmp_milter.cli.by_and_by import Progress, RecordsMoved
from rmp_milter.cli.errors import CommandError, Status, refusing
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.cli.options import configured
from rmp_milter.cli.output import print_error
from rmp_milter.cli.reslotting import reslot_all
from rmp_milter.config import Config
from rmp_milter.host.custody_moves import CustodyMoved, places, to_credential, to_token
from rmp_milter.host.key_replacing import begin, check_taken_up, command, former_of, take_away
from rmp_milter.host.sealed_credentials import SealedCredentialError
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import CUSTODY
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.store.surface import Store


@click.command("custody")
@click.option(
    "--end", is_flag=True, help="Seal all slots to the new key; take the former away."
)
@click.option(
    "--token",
    metavar="URI",
    help="The new key lies on a PKCS#11 token (pkcs11:token=NAME;object=NAME).",
)
@click.option(
    "--credential",
    type=click.Path(path_type=Path, dir_okay=False, exists=False),
    help="The new key stands in this new file alone, a credential for the keeper's unit.",
)
@configured
def custody(config: Config, *, end: bool, token: str | None, credential: Path | None) -> int:
    """Give dossiers another custody key; both open them until all slots are under the new one.

    First without --end: keeper/custody.key is a new one, or says where the new one lies; the
    former is beside it, with the day in its name. Back both up, start the keeper anew. Then
    --end: all dossiers' slots are sealed to the new key while mails come in, and the former key
    goes when none is under it. It may be interrupted and given again. Needs root.
    """
    if sum(map(bool, (end, token, credential))) > 1:
        raise click.UsageError("one of --end, --token and --credential")
    with refusing(KeyFileError, JournalError, SealedCredentialError):
        if end:
            return _ended(config)
        if token:
            _say_token(to_token(config, token, _pin_of(config)))
        elif credential:
            _say_credential(to_credential(config, credential.absolute()), credential.absolute())
        else:
            name = begin(config, CUSTODY)
            click.echo(f"keeper/{name} is the former key: back it up with keeper/{CUSTODY},")
    click.echo(f"start the keeper anew, then: {command(CUSTODY, '--end')}")
    return Status.OK


def _pin_of(config: Config) -> str:
    """Return the PIN as it is typed, where only the keeper's unit is given it."""
    if not config.keeper.token_pin.startswith("credential:"):
        return ""
    return str(click.prompt("the token's PIN", hide_input=True, err=True))


def _say_token(moved: CustodyMoved) -> None:
    click.echo(f"keeper/{moved.former} is the former key: back it up.")
    click.echo(f"The new key lies on the token ({moved.place}),")
    click.echo("of which no backup has a copy: see to one by the token's own means.")


def _say_credential(moved: CustodyMoved, file: Path) -> None:
    click.echo(f"keeper/{moved.former} is the former key: back it up.")
    click.echo(f"The new key stands in {file} alone, sealed to this machine.")
    click.echo("Put a copy where your copies of the keys are, or it ends with this machine:")
    click.echo(f"  systemd-creds decrypt --name={file.name} {file} MEDIUM/custody.key")
    click.echo("Give it to the keeper: systemctl edit rmp-keeper.service")
    click.echo(f"  [Service]\n  LoadCredentialEncrypted={file.name}:{file}")


def _ended(config: Config) -> int:
    check_taken_up(config, CUSTODY)
    # The bar is made before the command becomes the store's owner, who need not read all of Python.
    with click.progressbar(length=1, label="dossiers", file=sys.stderr) as bar:

        def told(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        def moved(keeper: HostKeeper, store: Store) -> RecordsMoved:
            return _moved(keeper, store, told)

        done = with_keeper_and_store(config, moved, RecordsMoved)
    click.echo(f"dossiers with slots under the new key since: {done.count}")
    for line in done.refused:
        print_error(line)
    if done.refused:
        return Status.REFUSED
    away = places(config)
    for name in (former := former_of(config, CUSTODY)):
        click.echo(f"keeper/{name} is gone: no slot is under it; start the keeper anew")
        if name in away:
            click.echo(f"the key itself is still there: {away[name]}")
    take_away(config, former)
    return Status.OK


def _moved(keeper: HostKeeper, store: Store, told: Progress) -> RecordsMoved:
    """Go through all dossiers; once more, to see that nothing is left under a former key."""
    now = int(time.time())
    first = reslot_all(keeper, store, now, told)
    if first.refused or not first.count:
        return first
    again = reslot_all(keeper, store, now, told)
    if again.count and not again.refused:
        raise CommandError("slots were found under a former key again", "give it again")
    return RecordsMoved(first.count + again.count, again.refused)
