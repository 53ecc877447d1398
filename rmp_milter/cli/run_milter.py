"""``rmp milter``: the process that Postfix asks. Imports no code for private keys."""

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.processes import as_process
from rmp_milter.config import Config
from rmp_milter.milter.process import run
from rmp_milter.store.format.failures import StoreError


@click.command()
@as_process("milter")
def milter(config: Config) -> int:
    """Run the milter in the foreground."""
    with refusing(StoreError):
        return run(config)
