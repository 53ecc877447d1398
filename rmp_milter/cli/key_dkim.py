"""``rmp key dkim``: what is to stand in the DNS for the key that signs the answers."""

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.options import configured
from rmp_milter.config import Config
from rmp_milter.courier.dkim_key import (
    DKIM_KEY,
    DKIM_RECORD,
    DkimKeyError,
    dns_record,
    read_dkim_key,
)
from rmp_milter.disk.new_files import replace_whole
from rmp_milter.host.owners import as_owner


@click.command("dkim")
@click.option("--publish", is_flag=True, help="Write it into public/dkim.txt as well.")
@configured
def dkim(config: Config, *, publish: bool) -> None:
    """Print the DNS record of the DKIM key, as a line of a zone file."""
    with refusing(DkimKeyError):
        record = as_owner(config.paths.courier, lambda: _record(config), str)
    if publish:
        replace_whole(config.paths.public / DKIM_RECORD, record.encode(), 0o644)
    click.echo(record, nl=False)


def _record(config: Config) -> str:
    key = read_dkim_key(config.paths.courier / DKIM_KEY)
    return dns_record(key, config.dkim.domain, config.dkim.selector)
