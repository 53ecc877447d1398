"""``rmp key rotate log``: another key that signs the access log, by a hand-over in the log."""

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.options import configured
from rmp_milter.config import Config
from rmp_milter.host import log_rotation
from rmp_milter.host.key_replacing import command
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.keys.keys import LOG, LOG_NEXT
from rmp_milter.keeper.log.journal import JournalError


@click.command("log")
@click.option("--end", is_flag=True, help="Take the former key's file away.")
@configured
def log(config: Config, *, end: bool) -> None:
    """Hand the access log over to another key; its name and its entries stay.

    First without an option: keeper/log-next.key is made. Back it up, start the keeper anew: it
    writes an entry that names the new key and has both keys sign the log up to it. From then on the
    new key signs alone. Auditors are told by the checkpoints' mails, and every export has the
    hand-over; what the former key signed before it stays good. Then --end: the former key's file
    goes. Each may be given again. Needs root.
    """
    with refusing(KeyFileError, JournalError):
        if end:
            for name in log_rotation.end(config):
                click.echo(f"keeper/{name} is gone")
            return
        vkey = log_rotation.begin(config)
    click.echo(f"keeper/{LOG_NEXT} is the next key: back it up, then start the keeper anew")
    click.echo("what auditors will hold from then on (read it out to them):")
    click.echo(f"    {vkey}")
    click.echo(f"once they have it: {command(LOG, '--end')}")
