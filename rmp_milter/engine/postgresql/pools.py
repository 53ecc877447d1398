"""The connections on which moments are read: of a process with many threads, and of one with none.

A pool's own threads would hear the signals that a process without threads waits for between two
pieces of work; so such a process keeps the few connections that it needs itself.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from psycopg_pool import ConnectionPool, PoolTimeout

from rmp_milter.engine.failures import StoreError, StoreFailed
from rmp_milter.engine.postgresql.connecting import (
    Connection,
    connect,
    make_ready,
    parameters,
)

if TYPE_CHECKING:
    from rmp_milter.engine.postgresql.place import PostgresqlPlace

__all__ = ["FewConnections", "PoolTimeout", "ReadingConnections", "for_threads"]

PAUSE_SECONDS = 0.2


class ReadingConnections(Protocol):
    """Connections that are lent and given back."""

    def getconn(self, timeout: float) -> Connection:
        """Lend one; raises :class:`StoreFailed`, ``PoolTimeout`` or psycopg's errors."""

    def putconn(self, connection: Connection) -> None:
        """Take one back; a broken one is replaced."""

    def close(self) -> None:
        """Close all that were given back, now and from now on."""


def for_threads(place: PostgresqlPlace) -> ReadingConnections:
    """Return a pool for as many threads as like."""
    return ConnectionPool(
        connection_class=Connection,
        kwargs={"autocommit": True, **parameters(place)},
        configure=make_ready,
        min_size=0,
        max_size=place.snapshots,
        max_idle=120,
        timeout=place.patience,
        open=True,
        name="rmp-milter",
    )


class FewConnections:
    """Connections of one thread: a second one only for a moment within a moment."""

    def __init__(self, place: PostgresqlPlace) -> None:
        self._place = place
        self._idle: list[Connection] = []
        self._closed = False

    def getconn(self, timeout: float) -> Connection:
        """Lend one, a new one where none is there; raises :class:`StoreFailed`."""
        if self._idle:
            return self._idle.pop()
        deadline = time.monotonic() + timeout
        while True:
            try:
                return connect(self._place)
            except StoreError as error:
                if time.monotonic() + PAUSE_SECONDS > deadline:
                    raise StoreFailed("failed", str(error)) from error
                time.sleep(PAUSE_SECONDS)

    def putconn(self, connection: Connection) -> None:
        """Take one back."""
        if self._closed or connection.closed:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close them."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
