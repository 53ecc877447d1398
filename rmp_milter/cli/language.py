"""The language in which a command speaks: auditors' follow ``--lang``, or else the locale.

All other commands speak English.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from copy import copy
from typing import cast

import click

from rmp_milter.cli.lazy import LazyGroup
from rmp_milter.phrases.french_click import in_french, metavars_in_french
from rmp_milter.phrases.french_help import HEADS, HELP
from rmp_milter.phrases.phrase import LANGUAGES, Language, Phrase, told

_OPTION = "--lang"
_spoken: ContextVar[Language] = ContextVar("spoken", default="en")


def language() -> Language:
    """Return the language of the command that runs."""
    return _spoken.get()


def speak(chosen: Language) -> None:
    """Speak this language from now on."""
    _spoken.set(chosen)


def in_words(line: str) -> str:
    """Return a line in the language that is spoken."""
    return told(line, language())


def of_locale(environment: Mapping[str, str]) -> Language:
    """Return the language of messages, as the environment has it (locale(7)); English if none."""
    names = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, names), "C")
    if locale.partition(".")[0] not in {"C", "POSIX"}:
        locale = environment.get("LANGUAGE") or locale  # the first of a list counts
    return "fr" if locale.lower().startswith("fr") else "en"


def _asked(arguments: Sequence[str]) -> Language | None:
    """Return the language that a command line asks for, however wrong the rest of it is."""
    found = None
    for at, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == _OPTION:
            value = value if equals else "".join(arguments[at + 1 : at + 2])
            found = value if value in LANGUAGES else found
    return found


lang_option = click.option(
    _OPTION,
    type=click.Choice(LANGUAGES),
    expose_value=False,
    help="Speak this language, not that of the locale.",
)
"""For each command of a :class:`SpokenGroup`, which reads it before anything else is read."""


class SpokenGroup(LazyGroup):
    """A group whose commands speak French where that is asked for; so do their errors and help."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find out the language first: what is wrong with the rest is said in it."""
        speak(_asked(args) or of_locale(os.environ))
        if language() == "fr":
            ctx.formatter_class = _FrenchFormatter
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, which helps in the language that is spoken."""
        command = super().get_command(ctx, cmd_name)
        spoken = command is None or language() == "en"
        return command if spoken else _in_french(cast("click.Command", command), cmd_name)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's signature
        """Write what the group is for."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(in_words(self.help or ""))

    def lines(self) -> list[tuple[str, str]]:
        """Return each command's name and its line, in the language that is spoken."""
        return [(name, in_words(line)) for name, line in super().lines()]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        own = self.params
        if language() == "fr":
            self.params = [_param_in_french(param, "") for param in own]
        try:
            super().format_options(ctx, formatter)
        finally:
            self.params = own


def _in_french(command: click.Command, path: str) -> click.Command:
    """Return the command as it helps in French; ``path`` is its name below the spoken group."""
    spoken = copy(command)
    spoken.help = HELP.get(path, command.help)
    spoken.params = [_param_in_french(param, path) for param in command.params]
    spoken.context_class = _FrenchContext
    if isinstance(spoken, click.Group):
        spoken.commands = {
            name: _in_french(each, f"{path} {name}") for name, each in spoken.commands.items()
        }
    return spoken


def _param_in_french(param: click.Parameter, path: str) -> click.Parameter:
    spoken = copy(param)
    if isinstance(spoken, click.Option):
        name = spoken.opts[-1]
        spoken.help = HELP.get(f"{path} {name}") or HELP.get(name, spoken.help)
    return spoken


class _FrenchFormatter(click.HelpFormatter):
    """Writes help under French heads."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, metavars_in_french(args), prefix or "Utilisation : ")

    def write_text(self, text: str) -> None:
        super().write_text(metavars_in_french(text))

    def write_heading(self, heading: str) -> None:
        super().write_heading(HEADS.get(heading, heading))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl(
            [(metavars_in_french(name), _spoken_help(said)) for name, said in rows],
            col_max,
            col_spacing,
        )


def _spoken_help(said: str) -> str:
    """Return click's own words in a line of help in French."""
    for english, french in HEADS.items():
        said = said.replace(english, french)
    return metavars_in_french(said)


class _FrenchContext(click.Context):
    formatter_class = _FrenchFormatter


def usage_line(error: click.ClickException) -> str:
    """Return what is wrong with a command line, in the language that is spoken."""
    if language() == "en":
        return error.format_message()
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        return f"valeur refusée{_of_param(error)} : {_said(error.message)}"
    if isinstance(error, click.MissingParameter):
        return metavars_in_french(_said(error.format_message()))
    said = error.message
    return _said(said if isinstance(said, Phrase) else error.format_message())


def _said(line: str) -> str:
    return told(line, "fr") if isinstance(line, Phrase) else in_french(told(line, "fr"))


def _of_param(error: click.BadParameter) -> str:
    hint = error.param_hint
    if hint is None and error.param is not None:
        hint = error.param.get_error_hint(error.ctx or click.get_current_context())
    if not hint:
        return ""
    return f" pour {metavars_in_french(hint if isinstance(hint, str) else ', '.join(hint))}"
