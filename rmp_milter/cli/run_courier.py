"""``rmp courier``: the process that sends the answers."""

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.processes import as_process, give_way, stop_on_signal
from rmp_milter.config import Config
from rmp_milter.courier.dkim_key import DkimKeyError
from rmp_milter.courier.sending import run
from rmp_milter.store.format.failures import StoreError


@click.command()
@as_process("courier")
def courier(config: Config) -> int:
    """Run the courier in the foreground."""
    give_way()
    with refusing(StoreError, DkimKeyError):
        return run(config, stop_on_signal())
