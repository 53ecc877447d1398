"""What commands print: tables for people, JSON for programs, errors on stderr."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TypeAlias

import click

from rmp_milter.cli.language import in_words
from rmp_milter.host.logs import to_journal
from rmp_milter.phrases.phrase import Phrase

_JOURNAL_ERROR = "<3>"  # sd-daemon(3)
_BETWEEN = "  "
_program: ContextVar[str] = ContextVar("program", default="rmp")
_LONG = 20_000
"""Of so many entries it is worth while to say how far they are read."""

Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None


def print_json(value: Json) -> None:
    """Print a value as JSON, in UTF-8, for a program; what could steer a terminal is escaped."""
    lines = json.dumps(value, ensure_ascii=False, indent=2).split("\n")
    click.echo("\n".join(line if line.isprintable() else _escaped(line) for line in lines))


def _escaped(line: str) -> str:
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)


def print_table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    least: Mapping[str, int] | None = None,
    wide: bool = True,
) -> None:
    """Print columns as wide as they need to be; control characters are shown as ``?``.

    On a terminal that is narrower, and unless ``wide``, the columns that ``least`` names are
    shortened, in its order, each to its least width as far as that is needed; where that is 0,
    the column goes.
    """
    head = tuple(in_words(each) for each in heads)
    table = [head, *(tuple(visible(_spoken(cell)) for cell in row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    if least and not wide and sys.stdout.isatty():
        columns = shutil.get_terminal_size().columns
        widths = fitted(heads, widths, least, columns)
    for row in table:
        cells = (_cut(cell, width) for cell, width in zip(row, widths, strict=True) if width)
        click.echo(_BETWEEN.join(cells).rstrip())


def _spoken(cell: str) -> str:
    """Return a value in the language of the command, if it is a phrase and not a datum."""
    return in_words(cell) if isinstance(cell, Phrase) else cell


def fitted(
    heads: Sequence[str], widths: Sequence[int], least: Mapping[str, int], columns: int
) -> list[int]:
    """Return widths that take no more than ``columns`` together, where ``least`` allows it."""
    fitting = list(widths)
    excess = sum(widths) + len(_BETWEEN) * (len(widths) - 1) - columns
    for head, floor in least.items():
        at = heads.index(head) if head in heads and excess > 0 else -1
        if at >= 0 and not floor:
            excess -= fitting[at] + len(_BETWEEN)
            fitting[at] = 0
        elif at >= 0:
            given_up = min(excess, max(fitting[at] - floor, 0))
            fitting[at] -= given_up
            excess -= given_up
    return fitting


def _cut(cell: str, width: int) -> str:
    return cell.ljust(width) if len(cell) <= width else f"{cell[: width - 1]}…"


def print_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Print names and values under each other."""
    shown = [(visible(in_words(name)), visible(_spoken(value))) for name, value in pairs]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        click.echo(f"{name.ljust(width)}  {value}".rstrip())


def call_program(name: str) -> None:
    """Begin errors with this name from now on."""
    _program.set(name)


def print_error(line: str, hint: str = "") -> None:
    """Print one line to stderr, and a second one with what to do: in the journal as errors."""
    level = _JOURNAL_ERROR if to_journal(os.environ, 2) else ""
    click.echo(f"{level}{_program.get()}: {visible(in_words(line))}", err=True)
    if hint:
        click.echo(f"{level}{in_words('hint')}: {visible(in_words(hint))}", err=True)


def progress_shown(what: str, done: int, total: int) -> None:
    """Show how far something is, to a person at a terminal only."""
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        line = Phrase("{what}: {done} of {total}", what=what, done=done, total=total)
        click.echo(f"\r{in_words(line)}{end}", err=True, nl=False)


def reading_shown(done: int, total: int) -> None:
    """Show how far a log is read, if it is long."""
    if total >= _LONG:
        progress_shown(Phrase("reading"), done, total)


def writing_shown(done: int, total: int) -> None:
    """Show how far a log is written, if it is long."""
    if total >= _LONG:
        progress_shown(Phrase("writing"), done, total)


def say(line: str, *, err: bool = False) -> None:
    """Print a line for people, in the language of the command."""
    click.echo(visible(in_words(line)), err=err)


def visible(text: str) -> str:
    """Return the text with what could steer a terminal replaced."""
    return "".join(char if char.isprintable() else "?" for char in text)


def moment(seconds: int) -> str:
    """Return epoch seconds as ISO 8601 in UTC, or nothing for 0; as they are beyond all years."""
    if not seconds:
        return ""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def spaced_fingerprint(fingerprint: str) -> str:
    """Return a fingerprint in groups of four, to be read out on the phone."""
    upper = fingerprint.upper()
    return " ".join(upper[at : at + 4] for at in range(0, len(upper), 4))
