"""Where tables are in PostgreSQL, and how long it is waited for. No secret is ever part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

PATIENCE_SECONDS = 45
"""How long a lost server is waited for: a client's mail server waits longer for our answer."""

MOST_SNAPSHOTS = 64
"""Connections of one open store beside the one that writes: a snapshot holds one."""

TURN_SECONDS = 60
"""How long a turn to write is waited for: the others' transactions take milliseconds."""

LEASE_SECONDS = 15.0
"""How long nobody has what a process that was killed had leased."""


@dataclass(frozen=True)
class PostgresqlPlace:
    """A schema of a database, and who we are there.

    What is empty is what libpq takes by itself: the service file, the environment, the user of
    this process. A password is in the file that ``passfile`` names, or nowhere (``peer``,
    certificates). ``what`` is how messages call what lies there; ``turn_wait`` is for how
    many seconds a turn to write is waited for; who waited in vain ends turns of our own role that
    lay ``still`` for so many seconds (0: none). ``lease`` is how long what is leased is, unless it
    is renewed.
    """

    host: str = ""
    port: int = 0
    dbname: str = ""
    user: str = ""
    service: str = ""
    passfile: str = ""
    schema: str = "rmp"
    patience: float = PATIENCE_SECONDS
    snapshots: int = MOST_SNAPSHOTS
    what: str = "store"
    turn_wait: int = TURN_SECONDS
    still: int = 0
    lease: float = LEASE_SECONDS

    def __str__(self) -> str:
        """Return how messages name it."""
        database = self.dbname or self.service or "the default database"
        at = f" on {self.host}" if self.host else ""
        return f"schema {self.schema} of {database}{at}"

    @property
    def next(self) -> Self:
        """Where that lies which is to follow under this name."""
        return replace(self, schema=f"{self.schema}_next")

    @property
    def before(self) -> Self:
        """Where this lies once something has followed."""
        return replace(self, schema=f"{self.schema}_before")

    def parameters(self) -> dict[str, str | int]:
        """Return libpq's own words for it, those that are said."""
        said: dict[str, str | int] = {
            "host": self.host,
            "port": self.port,
            "dbname": self.dbname,
            "user": self.user,
            "service": self.service,
            "passfile": self.passfile,
        }
        if self.host and not self.host.startswith("/") and not self.service:
            said["sslmode"] = "verify-full"  # libpq's own default would speak to anybody
        return {word: value for word, value in said.items() if value}
