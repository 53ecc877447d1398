"""Which engine keeps the log: the one place that chooses it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.server import driver_needed, server_place
from rmp_milter.keeper.log.lmdb_log import LmdbLog

if TYPE_CHECKING:
    from rmp_milter.engine.server import ServerSettings
    from rmp_milter.keeper.log.epoch import LogStanding
    from rmp_milter.keeper.log.place import LeadOfLog, LogPlace
    from rmp_milter.keeper.log.postgresql_log import PostgresqlLog


def log_at(folder: Path, settings: ServerSettings) -> LogPlace:
    """Return where the log of ``folder`` is; nothing is opened or looked at.

    Raises :class:`.StoreError` where the driver that it takes is not installed.
    """
    return server_log(folder, settings) if is_served(settings) else LmdbLog(folder)


def lead_of(place: LogPlace) -> LeadOfLog | None:
    """Return the lead of a log that several keepers could write, None for a file's."""
    if isinstance(place, LmdbLog):
        return None
    from rmp_milter.keeper.log.leading import LogLead  # noqa: PLC0415 -- only who has it needs it
    from rmp_milter.keeper.log.postgresql_log import PostgresqlLog  # noqa: PLC0415 -- as above

    if not isinstance(place, PostgresqlLog):
        raise TypeError("a log of no engine")
    return LogLead(place)


def standing_at(folder: Path, settings: ServerSettings) -> LogStanding:
    """Return which keeper has the log on the server that the settings name.

    Raises :class:`.StoreError`, and :class:`~.tree.LogFault` where it cannot be read.
    """
    log = server_log(folder, settings)
    from rmp_milter.keeper.log.standing import standing_of  # noqa: PLC0415 -- only who has it needs it

    return standing_of(log)


def load_driver(settings: ServerSettings) -> None:
    """Load what the engine needs, if it is there; that it is not is said where it is opened."""
    with suppress(StoreError):
        log_at(Path(), settings)


def is_served(settings: ServerSettings) -> bool:
    """Whether a server keeps the log."""
    return settings.engine == "postgresql"


def server_log(folder: Path, settings: ServerSettings) -> PostgresqlLog:
    """Return the log on the server that the settings name, whichever engine they name.

    Raises :class:`.StoreError` where its driver is not installed.
    """
    with driver_needed():
        from rmp_milter.keeper.log.postgresql_log import (  # noqa: PLC0415 -- only who has it needs it
            PostgresqlLog,
        )
    return PostgresqlLog(folder, server_place(settings, "access log"))
