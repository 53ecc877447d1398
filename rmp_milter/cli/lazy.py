"""Command groups that import a command's module only when it is called.

Each process then has in memory only what it needs: the milter and the courier never
import the code that handles private keys, and ``rmp --help`` is quick.
"""

import importlib
from collections.abc import Mapping
from typing import NamedTuple

import click


class CommandPlace(NamedTuple):
    """Where a command is defined, and its line in the list of commands."""

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """A group whose commands are named by ``places``, in the order they are listed."""

    def __init__(
        self,
        name: str | None = None,
        *,
        places: Mapping[str, CommandPlace],
        help: str | None = None,  # noqa: A002 -- click's name
    ) -> None:
        super().__init__(name, help=help)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order in which an admin meets them."""
        return [*self._places, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, importing its module."""
        place = self._places.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        command = getattr(importlib.import_module(place.module), place.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{place.module}.{place.attribute} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's signature
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(self.lines())

    def lines(self) -> list[tuple[str, str]]:
        """Return each command's name and its line in the list of commands."""
        return [(name, place.help) for name, place in self._places.items()]
