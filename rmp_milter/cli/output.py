"""What commands print: tables for people, JSON for programs, errors on stderr."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import click

from rmp_milter.host.logs import to_journal

_JOURNAL_ERROR = "<3>"  # sd-daemon(3)

Json: TypeAlias = str | int | bool | Sequence["Json"] | Mapping[str, "Json"] | None


def print_json(value: Json) -> None:
    """Print a value as JSON, in UTF-8, for a program."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns as wide as they need to be; control characters are shown as ``?``."""
    table = [tuple(heads), *(tuple(visible(cell) for cell in row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def print_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Print names and values under each other."""
    shown = [(name, visible(value)) for name, value in pairs]
    width = max(len(name) for name, _ in shown)
    for name, value in shown:
        click.echo(f"{name.ljust(width)}  {value}".rstrip())


def print_error(line: str, hint: str = "") -> None:
    """Print one line to stderr, and a second one with what to do: in the journal as errors."""
    level = _JOURNAL_ERROR if to_journal(os.environ, 2) else ""
    click.echo(f"{level}rmp: {visible(line)}", err=True)
    if hint:
        click.echo(f"{level}hint: {visible(hint)}", err=True)


def visible(text: str) -> str:
    """Return the text with what could steer a terminal replaced."""
    return "".join(char if char.isprintable() else "?" for char in text)


def moment(seconds: int) -> str:
    """Return epoch seconds as ISO 8601 in UTC, or nothing for 0."""
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def spaced_fingerprint(fingerprint: str) -> str:
    """Return a fingerprint in groups of four, to be read out on the phone."""
    upper = fingerprint.upper()
    return " ".join(upper[at : at + 4] for at in range(0, len(upper), 4))
