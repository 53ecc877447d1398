"""What the configuration says of a PostgreSQL server, for whatever is kept there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rmp_milter.engine.failures import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.postgresql.place import PostgresqlPlace


class ServerSettings(Protocol):
    """A section that names an engine, and where the server is if that is ``postgresql``."""

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
        """The name of the schema, which what is kept has for itself."""

    @property
    def service(self) -> str:
        """An entry of libpq's service file, which says what is not said here."""


@contextmanager
def driver_needed() -> Iterator[None]:
    """Import in it what needs the driver; raises :class:`.StoreError` where that is missing."""
    try:
        yield
    except ImportError as error:
        line = (
            f"PostgreSQL's driver is not there ({error.name or 'libpq'}): apt install libpq5 with"
            " Debian's package, else pip install 'rmp-milter[postgresql]'"
        )
        raise StoreError(line) from error


def server_place(settings: ServerSettings, what: str) -> PostgresqlPlace:
    """Return where the settings say it is, whichever engine they name; ``what`` messages call it.

    Nothing is opened or looked at.
    """
    from rmp_milter.engine.postgresql.place import (  # noqa: PLC0415 -- only who has it needs it
        PostgresqlPlace,
    )

    return PostgresqlPlace(
        host=settings.host,
        port=settings.port,
        dbname=settings.database,
        schema=settings.schema,
        service=settings.service,
        what=what,
    )
