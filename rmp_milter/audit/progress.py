"""How far a long walk is: whoever calls may want to show it."""

from collections.abc import Callable
from typing import TypeAlias

Told: TypeAlias = Callable[[int, int], None]
"""Told how many entries of how many are done."""


def untold(_done: int, _total: int) -> None:
    """Tell nobody."""
