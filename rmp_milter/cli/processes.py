"""What the three long-running commands have in common."""

import functools
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import click

from rmp_milter.cli.options import configured
from rmp_milter.config import Config
from rmp_milter.host import logs
from rmp_milter.host.owners import become_owner
from rmp_milter.linux.limits import limit_itself
from rmp_milter.linux.orphans import end_with_parent

Part = Literal["keeper", "milter", "courier", "tunnel"]

NICE = 5
"""The courier's nice value: receipts wait where deposits come in faster than all can go."""


def as_process(part: Part) -> Callable[[Callable[[Config], int]], Callable[..., int]]:
    """Make a command of a function that runs ``part`` until it is told to end.

    Root becomes the owner of the part's folder before anything is opened.
    """

    def decorate(function: Callable[[Config], int]) -> Callable[..., int]:
        @click.option("--supervised", is_flag=True, hidden=True)
        @configured
        @functools.wraps(function)
        def command(config: Config, *, supervised: bool) -> int:
            logs.set_up(config.log.level)
            become_owner(folder_of(config, part))
            # Of several children the supervisor speaks; the courier holds only what is sealed.
            limit_itself(with_memory=not supervised and part != "courier")
            if supervised:
                end_with_parent(os.getppid())
            return function(config)

        return command

    return decorate


def folder_of(config: Config, part: Part) -> Path:
    """Return the folder that belongs to the part's user."""
    folders: dict[Part, Path] = {
        "keeper": config.paths.keeper,
        "milter": config.paths.milter,
        "courier": config.paths.courier,
        "tunnel": config.tunnel.folder,
    }
    return folders[part]


def give_way() -> None:
    """Run at a lower priority from now on, the threads to come too.

    The systemd unit has done so already and allows no change.
    """
    if os.getpriority(os.PRIO_PROCESS, 0) < NICE:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
