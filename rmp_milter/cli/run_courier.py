"""``rmp courier``: the process that sends the answers."""

import threading

import click

from rmp_milter.cli.errors import refusing
from rmp_milter.cli.processes import as_process, give_way
from rmp_milter.config import Config
from rmp_milter.courier.dkim_key import DkimKeyError
from rmp_milter.courier.sending import run
from rmp_milter.linux.ending import when_told_to_end
from rmp_milter.linux.notify import Notifier
from rmp_milter.status.pulse import Beating, Heart, Life
from rmp_milter.store.format.failures import StoreError


@click.command()
@as_process("courier")
def courier(config: Config) -> int:
    """Run the courier in the foreground."""
    give_way()
    life = Life(Heart(config.paths.store, Beating.COURIER), Notifier())
    with refusing(StoreError, DkimKeyError):
        told = threading.Event()
        when_told_to_end(life.stopping, told.set)
        return run(config, told, life)
