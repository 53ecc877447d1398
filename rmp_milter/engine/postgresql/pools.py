"""The connections on which moments are read: lent to one thread each, and given back.

No thread of its own: a process that has none waits for signals between two pieces of work, which
another thread would hear. Who was given back last is lent first, so few of the server's processes
are at work, and what they know of tables and statements is at hand.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from psycopg.pq import TransactionStatus

from rmp_milter.engine.failures import StoreError, StoreFailed
from rmp_milter.engine.postgresql.connecting import connect

if TYPE_CHECKING:
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace

PAUSE_SECONDS = 0.2

IDLE_SECONDS = 120
"""What nobody has needed for so long is closed when the next one is given back."""

OLDEST_SECONDS = 3600
"""After so long another is made: a server's process only grows."""


class Connections:
    """As many as are lent at one time, up to ``place.snapshots``; for any number of threads."""

    def __init__(self, place: PostgresqlPlace) -> None:
        self._place = place
        self._room = threading.BoundedSemaphore(place.snapshots)
        self._changing = threading.Lock()
        self._idle: list[tuple[float, Connection]] = []
        self._closed = False

    def getconn(self, timeout: float) -> Connection:
        """Lend one, a new one where none is there; raises :class:`StoreFailed`."""
        deadline = time.monotonic() + timeout
        if not self._room.acquire(timeout=max(0.0, timeout)):
            raise StoreFailed("failed", "no connection came free in time")
        try:
            return self._kept() or self._made(deadline)
        except BaseException:
            self._room.release()
            raise

    def putconn(self, connection: Connection) -> None:
        """Take one back; what a moment left in it goes with it."""
        now = time.monotonic()
        with self._changing:
            gone = [each for since, each in self._idle if now - since > IDLE_SECONDS]
            self._idle = [each for each in self._idle if now - each[0] <= IDLE_SECONDS]
            if self._is_good(connection, now):
                self._idle.append((now, connection))
            else:
                gone.append(connection)
        for each in gone:
            each.close()
        self._room.release()

    def close(self) -> None:
        """Close all that were given back, now and from now on."""
        with self._changing:
            self._closed = True
            gone, self._idle = [each for _, each in self._idle], []
        for each in gone:
            each.close()

    def _kept(self) -> Connection | None:
        with self._changing:
            return self._idle.pop()[1] if self._idle else None

    def _made(self, deadline: float) -> Connection:
        while True:
            try:
                return connect(self._place)
            except StoreError as error:  # a standby, too: it may be the primary in a moment
                if time.monotonic() + PAUSE_SECONDS > deadline:
                    raise StoreFailed("failed", str(error)) from error
                time.sleep(PAUSE_SECONDS)

    def _is_good(self, connection: Connection, now: float) -> bool:
        return (
            not self._closed
            and connection.pgconn.transaction_status == TransactionStatus.IDLE
            and now - connection.made_at <= OLDEST_SECONDS
        )
