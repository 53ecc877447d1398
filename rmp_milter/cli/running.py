"""A command line that is run to its end: the last stop of every error, and the exit status."""

import os

import click

from rmp_milter.cli.errors import CommandError, Status
from rmp_milter.cli.language import speak, usage_line
from rmp_milter.cli.output import call_program, print_error
from rmp_milter.config import ConfigErrors
from rmp_milter.phrases.phrase import line_of

INTERRUPTED = 128 + 2
"""As a shell reports SIGINT."""


def run_command(command: click.Group, name: str, arguments: list[str]) -> int:
    """Run what ``arguments`` name of the program called ``name``; return the exit status."""
    speak("en")
    call_program(name)
    try:
        return _status(command.main(arguments, prog_name=name, standalone_mode=False))
    except click.ClickException as error:
        return _report_usage(error, name)
    except click.exceptions.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        return _leave_pipe()
    except (CommandError, ConfigErrors, OSError) as error:
        return _report(error)


def _status(result: object) -> int:
    return result if isinstance(result, int) else Status.OK


def _report_usage(error: click.ClickException, name: str) -> Status:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
    else:
        path = (
            error.ctx.command_path
            if isinstance(error, click.UsageError) and error.ctx
            else name
        )
        print_error(usage_line(error), f"{path} --help")
    return Status.USAGE


def _report(error: CommandError | ConfigErrors | OSError) -> Status:
    if isinstance(error, ConfigErrors):
        return _report_config(error)
    if isinstance(error, CommandError):
        print_error(error.line, error.hint)
        return error.status
    print_error(line_of(error))
    return Status.REFUSED


def _report_config(errors: ConfigErrors) -> Status:
    for line in errors.lines:
        print_error(line)
    print_error("the configuration cannot be used", "rmp.toml(5) describes every setting")
    return Status.USAGE


def _leave_pipe() -> Status:
    """Say nothing more, not even at exit: the reader of our output went away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return Status.REFUSED
