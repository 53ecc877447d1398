"""The ``rmp-audit`` command: what auditors run, and nothing of the service.

The same code as ``rmp access``, in a package of its own (``docs/packaging.md``): on an exported
folder, offline, without configuration, libmilter, LMDB or a compiler.
"""

import sys

import click

from rmp_milter import __version__
from rmp_milter.cli.access import AUDITORS
from rmp_milter.cli.language import SpokenGroup, lang_option
from rmp_milter.cli.lazy import CommandPlace
from rmp_milter.cli.running import run_command

NAME = "rmp-audit"

rmp_audit = SpokenGroup(
    NAME,
    help="The tamper-evident log of who read and wrote what.",
    places={
        **AUDITORS,
        "new-key": CommandPlace(
            "rmp_milter.cli.access_new_key", "new", "Make a key for the reasons of emergencies."
        ),
    },
)
lang_option(rmp_audit)
click.version_option(__version__, prog_name=NAME, message="%(prog)s %(version)s")(rmp_audit)


def main() -> None:
    """Run the command line and exit with its status (:class:`~.errors.Status`)."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command that ``arguments`` name and return the exit status."""
    return run_command(rmp_audit, NAME, arguments)
