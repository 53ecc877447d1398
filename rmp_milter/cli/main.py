"""The ``rmp`` command: the list of what it can do, and the last stop of every error."""

import os
import sys

import click

from rmp_milter import __version__
from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.lazy import CommandPlace, LazyGroup
from rmp_milter.cli.options import config_option
from rmp_milter.cli.output import print_error
from rmp_milter.config import ConfigErrors

INTERRUPTED = 128 + 2
"""As a shell reports SIGINT."""

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
    """Run the command line and exit with its status (:class:`Status`)."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command that ``arguments`` name and return the exit status."""
    try:
        return _status(rmp.main(arguments, prog_name="rmp", standalone_mode=False))
    except click.ClickException as error:
        return _report_usage(error)
    except click.exceptions.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        return _leave_pipe()
    except (CommandError, ConfigErrors, OSError) as error:
        return _report(error)


def _status(result: object) -> int:
    return result if isinstance(result, int) else Status.OK


def _report_usage(error: click.ClickException) -> Status:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
    else:
        path = (
            error.ctx.command_path
            if isinstance(error, click.UsageError) and error.ctx
            else "rmp"
        )
        print_error(error.format_message(), f"{path} --help")
    return Status.USAGE


def _report(error: CommandError | ConfigErrors | OSError) -> Status:
    if isinstance(error, ConfigErrors):
        return _report_config(error)
    if isinstance(error, CommandError):
        print_error(error.line, error.hint)
        return error.status
    print_error(_line_of(error))
    return Status.REFUSED


def _report_config(errors: ConfigErrors) -> Status:
    for line in errors.lines:
        print_error(line)
    print_error("the configuration cannot be used", "rmp.toml(5) describes every setting")
    return Status.USAGE


def _line_of(error: OSError) -> str:
    """Return what failed and on which file."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def _leave_pipe() -> Status:
    """Say nothing more, not even at exit: the reader of our output went away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return Status.REFUSED
