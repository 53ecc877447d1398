"""Which of all processes that have a store open does a work that only one may do.

A lock of a session's, which ends with its connection: whoever holds it leads, and when he is gone
the next who asks does. A leader that was cut off may be at his work still for a moment while
another begins: what only one may do must be harmless twice.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.failures import failure
from rmp_milter.linux.hosts import short_name

if TYPE_CHECKING:
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace

_TAKE = "SELECT pg_try_advisory_lock(hashtextextended(%b, 0))"
_SET = (
    "SELECT set_config('idle_session_timeout', %s, false),"
    " set_config('application_name', %s, false)"
)
_SEEN = """
SELECT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted
        AND l.objsubid = 1 AND l.database = a.datid
        AND ((l.classid::int8 << 32) | l.objid::int8) = hashtextextended(%b, 0)),
    a.application_name
FROM pg_stat_activity a WHERE a.datname = current_database() AND a.usename = current_user
    AND a.pid <> pg_backend_pid()
"""


class SeenLeading(NamedTuple):
    """Whether anybody leads at this moment, and on which hosts others wait for it."""

    led: bool
    waiting: tuple[str, ...]


def seen_leading(place: PostgresqlPlace, work: str) -> SeenLeading:
    """Ask the server who of our own role leads, and who stands by; nobody is disturbed.

    Who stands by is known by what a lead with a lease calls its connection. Raises
    :class:`.StoreError`.
    """
    try:
        with connect(place) as connection:
            rows = connection.execute(_SEEN, (_lock_of(place, work),)).fetchall()
    except psycopg.Error as error:
        raise failure(error) from error
    begins = f"rmp {work} "
    names = (str(name) for held, name in rows if not held)
    waiting = sorted(name.removeprefix(begins) for name in names if name.startswith(begins))
    return SeenLeading(any(held for held, _ in rows), (*waiting,))


def _lock_of(place: PostgresqlPlace, work: str) -> str:
    return f"rmp {place.schema} {work}"


class PostgresqlLead:
    """The lead of one work, by its name, in a schema.

    With ``lease`` the server ends a connection over which nothing came for so many seconds: who
    leads and stands still leads no more; and the server shows the connection under the name of
    the work and of this host.
    """

    def __init__(self, place: PostgresqlPlace, work: str, lease: int = 0) -> None:
        self._place = place
        self._lease = lease
        self._said = _lock_of(place, work)
        self._name = f"rmp {work} {short_name()}"
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
                self._connection.execute(_SET, (f"{self._lease}s", self._name))
        if self._held:
            self._connection.execute("SELECT 1")
            return True
        return self._connection.execute(_TAKE, (self._said,)).fetchone() == (True,)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._held = None, False
