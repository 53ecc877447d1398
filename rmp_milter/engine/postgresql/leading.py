"""Which of all processes that have a store open does a work that only one may do.

A lock of a session's, which ends with its connection: whoever holds it leads, and when he is gone
the next who asks does. A leader that was cut off may be at his work still for a moment while
another begins: what only one may do must be harmless twice.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg

from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.postgresql.connecting import connect

if TYPE_CHECKING:
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace

_TAKE = "SELECT pg_try_advisory_lock(hashtextextended(%b, 0))"
_END_IDLE = "SELECT set_config('idle_session_timeout', %s, false)"


class PostgresqlLead:
    """The lead of one work, by its name, in a schema.

    With ``lease`` the server ends a connection over which nothing came for so many seconds: who
    leads and stands still leads no more.
    """

    def __init__(self, place: PostgresqlPlace, work: str, lease: int = 0) -> None:
        self._place = place
        self._lease = lease
        self._said = f"rmp {place.schema} {work}"
        self._turn = threading.Lock()
        self._connection: Connection | None = None
        self._held = False

    def held(self) -> bool:
        """Whether it is ours; asked for anew where it was not. A lost server leads nobody."""
        with self._turn:
            try:
                self._held = self._ask()
            except (psycopg.Error, StoreError):
                self._drop()
            return self._held

    def close(self) -> None:
        """Leave it to another, at once: the server takes a moment to end a connection."""
        with self._turn:
            if self._connection is not None:
                with suppress(psycopg.Error):
                    self._connection.execute("SELECT pg_advisory_unlock_all()")
            self._drop()

    def _ask(self) -> bool:
        if self._connection is None:
            self._connection = connect(self._place)
            if self._lease:
                self._connection.execute(_END_IDLE, (f"{self._lease}s",))
        if self._held:
            self._connection.execute("SELECT 1")
            return True
        return self._connection.execute(_TAKE, (self._said,)).fetchone() == (True,)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._held = None, False
