"""Locks of places, for one process after the other, over all that have a schema open.

They are a session's (advisory), so they end with its connection: who was killed leaves them at
once, and who stands still when the server ends a session over which nothing came for
``HELD_SECONDS``. Who sees the server's locks sees numbers of places.

Such a lock can be lost while it is held, with its session or with the server, of which a standby
takes over and knows none. It gives an order; what was read under it must be compared at the commit.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from rmp_milter.engine.failures import NotInTimeError, StoreError
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.exchange import Exchange
from rmp_milter.engine.postgresql.failures import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace

log = logging.getLogger("rmp.engine")

MOST_HELD = 8
"""Connections with locks at once, of one process; who wants one more waits for it."""

HELD_SECONDS = 30
"""How long nothing may come from who holds locks: less than others wait for them."""

_PAUSE_SECONDS = 0.2
_LEAVE_SECONDS = 5.0

_ENDED_AFTER = b"SELECT set_config('idle_session_timeout', %b, false)"
# Rows come in the order of the array, so all wait for their places in one order.
_TAKE = b"SELECT pg_advisory_lock(hashtext(%b::text), place) FROM unnest(%b::int4[]) AS place"
_LEAVE = b"SELECT pg_advisory_unlock_all()"


class PostgresqlLocks:
    """The locks of one work in a schema, for the threads of this process."""

    def __init__(
        self, place: PostgresqlPlace, work: str, held_seconds: float = HELD_SECONDS
    ) -> None:
        self._place = place
        self._work = f"rmp {place.schema} {work}"
        self._held = f"{int(1000 * held_seconds)}ms"
        self._free = threading.BoundedSemaphore(MOST_HELD)
        self._idle: list[Connection] = []
        self._closed = False

    @contextmanager
    def held(self, places: Sequence[int], until: float) -> Iterator[None]:
        """Hold places for the block, waiting for them one after the other, in this order.

        Raises :class:`NotInTimeError` on entering, when they are not ours at ``until``
        (monotonic), or the server cannot be reached until then.
        """
        if not self._free.acquire(timeout=max(0.0, until - time.monotonic())):
            raise NotInTimeError("others of this process wait on the server")
        try:
            connection = self._taken(places, until)
            try:
                yield
            finally:
                self._leave(connection)
        finally:
            self._free.release()

    def close(self) -> None:
        """Close the connections, those that hold something when they are given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _taken(self, places: Sequence[int], until: float) -> Connection:
        while True:
            try:
                return self._asked(places, until)
            except (psycopg.Error, StoreError) as error:
                if isinstance(error, psycopg.errors.QueryCanceled):
                    raise NotInTimeError("others were before it") from error
                if time.monotonic() + _PAUSE_SECONDS > until:
                    raise NotInTimeError(one_line(error)) from error
            time.sleep(_PAUSE_SECONDS)

    def _asked(self, places: Sequence[int], until: float) -> Connection:
        connection = self._lent()
        exchange = Exchange(connection)
        exchange.execute(_ENDED_AFTER, (self._held,))
        exchange.execute(_TAKE, (self._work, "{" + ",".join(map(str, places)) + "}"))
        try:
            exchange.done(until)
        except BaseException:
            connection.close()
            raise
        return connection

    def _lent(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return connect(self._place)

    def _leave(self, connection: Connection) -> None:
        """Give the locks back; with the connection, where nothing else will do."""
        exchange = Exchange(connection)
        exchange.execute(_LEAVE)
        exchange.execute(_ENDED_AFTER, ("0",))
        try:
            exchange.done(time.monotonic() + _LEAVE_SECONDS)
        except psycopg.Error as error:
            connection.close()
            log.warning(
                "%s: a turn was lost while it was held: %s", self._place, one_line(error)
            )
            return
        self._idle.append(connection)
        if self._closed:
            self.close()
