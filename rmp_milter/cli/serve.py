"""``rmp serve``: keeper, milter and courier under one command."""

import sys

import click

from rmp_milter.cli.options import configured
from rmp_milter.config import Config
from rmp_milter.host import logs
from rmp_milter.host.supervisor import Program, supervise
from rmp_milter.linux.limits import limit_itself
from rmp_milter.linux.notify import Notifier


@click.command()
@configured
def serve(config: Config) -> None:
    """Run all three processes in the foreground, until SIGTERM or Ctrl-C.

    A process that ends is started again. Prints one line when mail can come.
    """
    logs.set_up(config.log.level)
    limit_itself(with_memory=True)
    notifier = Notifier()  # of this process: its children tell nobody

    def ready() -> None:
        click.echo(f"ready for {config.service.addresses[0]}")
        notifier.ready()

    supervise(parts(config), ready)


def parts(config: Config) -> list[Program]:
    """Return the three processes as they are started."""
    return [
        Program("keeper", _command(config, "keeper"), config.sockets.keeper),
        Program("milter", _command(config, "milter"), config.sockets.milter),
        Program("courier", _command(config, "courier")),
    ]


def _command(config: Config, part: str) -> tuple[str, ...]:
    isolated = ("-I",) if sys.flags.isolated else ()  # as /usr/bin/rmp of the package
    own = (sys.executable, *isolated, "-m", "rmp_milter.cli")
    return (*own, part, "--supervised", "--config", str(config.file))
