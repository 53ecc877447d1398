"""``rmp key dkim``: what is to stand in the DNS for the key that signs the answers."""

import click

from rmp_milter.cli.errors import CommandError, refusing
from rmp_milter.cli.options import configured
from rmp_milter.config import Config
from rmp_milter.courier.dkim_key import DkimKeyError
from rmp_milter.host import dkim_rotation

RESTART = "start the courier anew: it reads its key when it starts"


@click.command("dkim")
@click.option("--publish", is_flag=True, help="Write it into public/dkim.txt as well.")
@configured
def dkim(config: Config, *, publish: bool) -> None:
    """Print the DNS record of the DKIM key, as a line of a zone file."""
    with refusing(DkimKeyError):
        record = (dkim_rotation.end_old if publish else dkim_rotation.present_record)(config)
    click.echo(record, nl=False)


@click.command("dkim")
@click.option("--activate", is_flag=True, help="The DNS has the new record: sign by its key.")
@click.option("--end", is_flag=True, help="Leave the old record out of public/dkim.txt.")
@configured
def rotate_dkim(config: Config, *, activate: bool, end: bool) -> None:
    """Give the answers another DKIM key, with a selector of its own beside the old one.

    First without an option: the new key is made, public/dkim.txt holds both records, the new one
    is printed, for the DNS. When the DNS has it: --activate, and start the courier anew. A week
    later: --end, and take the old record out of the DNS. Each may be given again.
    """
    if activate and end:
        raise click.UsageError("either --activate or --end")
    with refusing(DkimKeyError):
        if activate:
            _activated(config)
        elif end:
            click.echo(f"left: {dkim_rotation.end_old(config)}", nl=False)
        else:
            click.echo(dkim_rotation.begin(config), nl=False)
            click.echo("publish it beside the old one, then: --activate", err=True)


def _activated(config: Config) -> None:
    if not dkim_rotation.activate(config):
        raise CommandError("no new DKIM key waits", "rmp key rotate dkim makes one")
    click.echo(f"the new key is in place; {RESTART}")
