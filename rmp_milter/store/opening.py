"""Which engine keeps the store: the one place that chooses it.

Everybody else has the :class:`~rmp_milter.store.engines.Engine` that is given here.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rmp_milter.engine.server import ServerSettings, driver_needed, server_place
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.lmdb_engine import LmdbEngine

if TYPE_CHECKING:
    from rmp_milter.store.engines import Engine


class EngineSettings(ServerSettings, Protocol):
    """What the configuration says of the engine: its section ``[store]``."""

    @property
    def map_bytes(self) -> int:
        """The most that the store may ever hold."""


def engine_at(folder: Path, settings: EngineSettings) -> Engine:
    """Return the engine of the store in ``folder``; nothing is opened or looked at.

    Raises :class:`StoreError` where its driver is not installed.
    """
    return _ENGINES[settings.engine](folder, settings)


def load_driver(settings: EngineSettings) -> None:
    """Load what the engine needs, if it is there; that it is not is said where it is opened."""
    with suppress(StoreError):
        _ENGINES[settings.engine](Path(), settings)


def other_engine(folder: Path, settings: EngineSettings) -> tuple[str, Engine]:
    """Return the engine that the settings do not name, and its name: where a store comes from."""
    (name,) = _ENGINES.keys() - {settings.engine}
    return name, _ENGINES[name](folder, settings)


def _lmdb(folder: Path, settings: EngineSettings) -> Engine:
    return LmdbEngine(folder, settings.map_bytes)


def _postgresql(folder: Path, settings: EngineSettings) -> Engine:
    with driver_needed():
        from rmp_milter.store.postgresql_engine import (  # noqa: PLC0415 -- only who has it needs it
            PostgresqlEngine,
        )
    return PostgresqlEngine(server_place(settings, "store"), folder)


_ENGINES = {"lmdb": _lmdb, "postgresql": _postgresql}
