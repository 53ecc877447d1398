"""The ``rmp`` command: the list of what it can do."""

import sys

import click

from rmp_milter import __version__
from rmp_milter.cli.lazy import CommandPlace, LazyGroup
from rmp_milter.cli.options import config_option
from rmp_milter.cli.running import run_command

_HERE = "rmp_milter.cli"

rmp = LazyGroup(
    "rmp",
    help="Shared medical summary in encrypted mail: the host's command.",
    places={
        "init": CommandPlace(f"{_HERE}.init", "init", "Make keys, store and configuration."),
        "check": CommandPlace(f"{_HERE}.check", "check", "Check everything without starting."),
        "status": CommandPlace(f"{_HERE}.status", "status", "How the service stands, now."),
        "setup": CommandPlace(
            f"{_HERE}.setup", "setup", "Write what stands around it: Postfix."
        ),
        "serve": CommandPlace(f"{_HERE}.serve", "serve", "Run all three processes in front."),
        "keeper": CommandPlace(f"{_HERE}.run_keeper", "keeper", "Run the keeper in front."),
        "milter": CommandPlace(f"{_HERE}.run_milter", "milter", "Run the milter in front."),
        "courier": CommandPlace(f"{_HERE}.run_courier", "courier", "Run the courier in front."),
        "tunnel": CommandPlace(
            f"{_HERE}.tunnel", "tunnel", "Calls between milters' and keepers' hosts."
        ),
        "key": CommandPlace(f"{_HERE}.key", "key", "The service's certificate, for doctors."),
        "doctor": CommandPlace(f"{_HERE}.doctor", "doctor", "The directory of doctors."),
        "dossier": CommandPlace(f"{_HERE}.dossier", "dossier", "Dossiers, by their reference."),
        "trust": CommandPlace(f"{_HERE}.trust", "trust", "Whose cards and certificates count."),
        "store": CommandPlace(f"{_HERE}.store", "store", "Verify and measure the store."),
        "backup": CommandPlace(f"{_HERE}.backup", "backup", "Copy the service, verify copies."),
        "restore": CommandPlace(
            f"{_HERE}.backup_restore", "restore", "Put a copy of the service back."
        ),
        "outbox": CommandPlace(f"{_HERE}.outbox", "outbox", "Answers that wait to be sent."),
        "access": CommandPlace(f"{_HERE}.access", "access", "The access log, for auditors."),
        "consent": CommandPlace(
            f"{_HERE}.consent", "consent", "The texts to which patients consent."
        ),
        "pending": CommandPlace(
            f"{_HERE}.pending", "pending", "Deposits that wait for a dossier."
        ),
        "chores": CommandPlace(
            f"{_HERE}.chores", "chores", "Adopt, expire, send digests: once."
        ),
        "inspect": CommandPlace(f"{_HERE}.inspect", "inspect", "Say what shape a mail has."),
    },
)
config_option(rmp)
click.version_option(__version__, prog_name="rmp", message="%(prog)s %(version)s")(rmp)


def main() -> None:
    """Run the command line and exit with its status (:class:`~.errors.Status`)."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command that ``arguments`` name and return the exit status."""
    return run_command(rmp, "rmp", arguments)
