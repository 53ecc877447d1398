"""Two persons who answer, by name, for what the host does where the rules ask of two."""

import click

from rmp_milter.cli.directory import words_of
from rmp_milter.dossier.identity import fold

MAX_NAME = 100
WITNESSES = 2


def two(witnesses: tuple[str, ...]) -> tuple[str, ...]:
    """Return the two names; raises :class:`click.UsageError` unless they are two persons'."""
    try:
        names = tuple(map(words_of, witnesses))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    different = {fold(name) for name in names if len(name) <= MAX_NAME} - {""}
    if len(names) != WITNESSES or len(different) != WITNESSES:
        raise click.UsageError("name two different persons: --witness NAME --witness NAME")
    return names
