"""Which engine keeps the store: the one place that chooses it.

Everybody else has the :class:`~rmp_milter.store.surface.Engine` that is given here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rmp_milter.store.lmdb_engine import LmdbEngine

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.store.surface import Engine


class EngineSettings(Protocol):
    """What the configuration says of the engine: its section ``[store]``."""

    @property
    def map_bytes(self) -> int:
        """The most that the store may ever hold."""


def engine_at(folder: Path, settings: EngineSettings) -> Engine:
    """Return the engine of the store in ``folder``; nothing is opened or looked at."""
    return LmdbEngine(folder, settings.map_bytes)
