"""Connections to the one server that may decide: what is refused, and what each is set to."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import psycopg
from psycopg.rows import tuple_row

from rmp_milter.engine.failures import NotReachedError, StoreError
from rmp_milter.engine.postgresql.failures import failure, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.pq.abc import PGconn
    from psycopg.rows import RowFactory

    from rmp_milter.engine.postgresql.place import PostgresqlPlace

OLDEST = 150000
"""The oldest server, as it numbers itself: PostgreSQL 15."""

CONNECT_SECONDS = 10

IDLE_SECONDS = 900
"""How long a transaction may lie still, its process stopped, before the server ends it.

Behind a pipeline it may lie still for longer: then who waits for the turn ends it (:mod:`.still`).
"""

_SETTINGS = {
    "client_min_messages": "warning",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "statement_timeout": "0",
    # Who vanished holds no lock for long.
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
    "tcp_user_timeout": "40000",
    # Every statement goes by the primary key, and is planned once.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "default_transaction_isolation": "read\\ committed",
    "default_transaction_read_only": "off",
}

_WHO = """
SELECT pg_backend_pid(), pg_is_in_recovery(),
    set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit')
        IN ('off', 'local', 'remote_write') THEN 'on' ELSE current_setting('synchronous_commit')
        END, false)
"""


class RefusedServerError(StoreError):
    """A server that must not be used, whoever waits for it."""


class PostgresqlConnection(psycopg.Connection[tuple[object, ...]]):
    """A connection, and by which names its server knows statements (:mod:`.exchange`).

    The driver prepares none: after a ROLLBACK it would have the server forget all of them.
    """

    def __init__(
        self, pgconn: PGconn, row_factory: RowFactory[tuple[object, ...]] = tuple_row
    ) -> None:
        super().__init__(pgconn, row_factory)
        self.prepare_threshold = None
        self.prepared: dict[bytes, bytes] = {}
        self.made_at = time.monotonic()


Connection: TypeAlias = PostgresqlConnection


def parameters(place: PostgresqlPlace) -> dict[str, str | int]:
    """Return how to connect: libpq's own words, and what must hold for every connection.

    A server that is gone is noticed within a minute; of several hosts the primary is taken.
    """
    own = {"lock_timeout": f"{place.turn_wait}s"}
    settings = " ".join(f"-c {name}={value}" for name, value in (_SETTINGS | own).items())
    return {
        "connect_timeout": CONNECT_SECONDS,
        "target_session_attrs": "primary",
        "keepalives_idle": 20,
        "keepalives_interval": 5,
        "keepalives_count": 4,
        "tcp_user_timeout": 40_000,
        "application_name": "rmp-milter",
        "client_encoding": "UTF8",
        "options": settings,
        **place.parameters(),
    }


def connect(place: PostgresqlPlace) -> Connection:
    """Return a connection that is ready.

    Raises :class:`StoreError`, its :class:`NotReachedError` where the server is not reached.
    """
    try:
        said = parameters(place)
        connection = Connection.connect("", autocommit=True, **said)  # type: ignore[arg-type] # psycopg types its own options alone, and hands on all that libpq has
    except psycopg.Error as error:
        raise NotReachedError(
            f"cannot reach the {place.what} in {place}: {one_line(error)}"
        ) from error
    try:
        make_ready(connection)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def connected(place: PostgresqlPlace) -> Iterator[Connection]:
    """Give a connection for a while; what the driver raises over it is a :class:`StoreError`."""
    with connect(place) as connection:
        try:
            yield connection
        except psycopg.Error as error:
            raise failure(error) from error


def make_ready(connection: Connection) -> None:
    """Set a new connection up; raises :class:`RefusedServerError` for one of the wrong kind.

    A commit waits for the disk, and for the standbys that the server names, whatever the role's
    or the database's setting is: what is weaker is raised here.
    """
    if connection.info.server_version < OLDEST:
        raise RefusedServerError("PostgreSQL 15 or newer is needed")
    row = connection.execute(_WHO, prepare=False).fetchone()
    pid, standby = row[:2] if row else (0, True)
    if standby:
        raise RefusedServerError("it is a standby, on which nothing can be decided")
    if pid != connection.info.backend_pid:
        # What a pooler that shares servers out by the transaction does to sessions, locks and
        # prepared statements shows seldom and late; so none is taken, of whatever mode.
        raise RefusedServerError(
            "a connection pooler answers for it (PgBouncer?): connect to the server itself"
        )
