"""Which engine keeps the log: the one place that chooses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rmp_milter.engine.failures import StoreError
from rmp_milter.keeper.log.lmdb_log import LmdbLog

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.keeper.log.place import LeadOfLog, LogPlace
    from rmp_milter.keeper.log.postgresql_log import PostgresqlLog


class LogSettings(Protocol):
    """What the configuration says of the log's engine: its section ``[keeper]``."""

    @property
    def engine(self) -> str:
        """Which it is: ``lmdb``, or ``postgresql``."""

    @property
    def host(self) -> str:
        """Of the server: a name, several with commas, or the folder of its socket."""

    @property
    def port(self) -> int:
        """The server's port; it names the socket as well."""

    @property
    def database(self) -> str:
        """The database's name."""

    @property
    def schema(self) -> str:
        """The schema's name, which the log has for itself."""

    @property
    def service(self) -> str:
        """An entry of libpq's service file, which says what is not said here."""


def log_at(folder: Path, settings: LogSettings) -> LogPlace:
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


def is_served(settings: LogSettings) -> bool:
    """Whether a server keeps the log."""
    return settings.engine == "postgresql"


def server_log(folder: Path, settings: LogSettings) -> PostgresqlLog:
    """Return the log on the server that the settings name, whichever engine they name.

    Raises :class:`.StoreError` where its driver is not installed.
    """
    try:
        from rmp_milter.engine.postgresql.place import (  # noqa: PLC0415 -- only who has it needs it
            PostgresqlPlace,
        )
        from rmp_milter.keeper.log.postgresql_log import (  # noqa: PLC0415 -- as above
            PostgresqlLog,
        )
    except ImportError as error:
        line = (
            f"PostgreSQL's driver is not there ({error.name}): install rmp-milter[postgresql]"
        )
        raise StoreError(line) from error
    place = PostgresqlPlace(
        host=settings.host,
        port=settings.port,
        dbname=settings.database,
        schema=settings.schema,
        service=settings.service,
        what="access log",
    )
    return PostgresqlLog(folder, place)
