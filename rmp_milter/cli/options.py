"""Options that several commands take: ``--config`` and ``--json``."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from rmp_milter.config import Config, load

DEFAULT_CONFIG = "/etc/rmp/rmp.toml"
CONFIG_VARIABLE = "RMP_CONFIG"

P = ParamSpec("P")
ResultT = TypeVar("ResultT")

_FILE = click.Path(path_type=Path, dir_okay=False)

config_option = click.option(
    "--config",
    type=_FILE,
    envvar=CONFIG_VARIABLE,
    default=DEFAULT_CONFIG,
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
"""For the outermost group; commands take :func:`configured`."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")

wide_option = click.option(
    "--wide", is_flag=True, help="Shorten nothing, however narrow the terminal is."
)


def configured(
    function: Callable[Concatenate[Config, P], ResultT],
) -> Callable[P, ResultT]:
    """Give ``function`` the configuration first, and the command its own ``--config``."""

    @click.option("--config", "config_file", type=_FILE, help="The configuration file.")
    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> ResultT:
        own = kwargs.pop("config_file", None)
        file = own if isinstance(own, Path) else outermost_config()
        config = load(file)
        _load_drivers(config)
        return function(config, *args, **kwargs)

    return wrapper


def _load_drivers(config: Config) -> None:
    """Load what opens store and log while we are who we are: root's command becomes another user.

    A command that opens neither has not loaded what chooses the engine, and needs none.
    """
    for chooser, section in (
        ("rmp_milter.store.opening", config.store),
        ("rmp_milter.keeper.log.places", config.keeper),
    ):
        if chooser in sys.modules:
            sys.modules[chooser].load_driver(section)


def outermost_config() -> Path:
    """Return the configuration file that was named before the first command."""
    value = click.get_current_context().find_root().params.get("config", DEFAULT_CONFIG)
    return Path(value)
