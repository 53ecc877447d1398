"""Leases in PostgreSQL: who has something for himself, and until when, by the server's clock.

Each step is one transaction that the server ends by itself, whatever becomes of who asked: so no
lock is held longer than that takes, and nobody needs to pass over one. What was granted is on
the disk, and on the standbys that the server waits for: a server that is promoted knows it too.
"""

from __future__ import annotations

import threading
import time
import uuid
from typing import TYPE_CHECKING, cast

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.exchange import Exchange
from rmp_milter.engine.postgresql.failures import failure
from rmp_milter.engine.postgresql.statements import LEASES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace


_DEFINITION = SQL(
    "CREATE TABLE {leases} (what bytea PRIMARY KEY, holder uuid NOT NULL,"
    " until timestamptz NOT NULL) WITH (fillfactor = 50)"
)
# What is not free changes nothing, and costs no flush. Rows are locked in their order.
_TAKE = SQL("""
INSERT INTO {leases} AS old (what, holder, until)
SELECT what, $2::uuid, clock_timestamp() + $3::float8 * interval '1 s' FROM (
    SELECT what FROM unnest($1::bytea[]) WITH ORDINALITY AS wanted (what, place)
    WHERE NOT EXISTS (SELECT FROM {leases} AS there WHERE there.what = wanted.what
        AND there.until > clock_timestamp() AND there.holder <> $2::uuid)
    ORDER BY place LIMIT $4::integer) AS free
ORDER BY what
ON CONFLICT (what) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE old.until <= clock_timestamp() OR old.holder = excluded.holder
RETURNING what
""")
_RENEW = SQL("""
UPDATE {leases} SET until = clock_timestamp() + $3::float8 * interval '1 s'
WHERE what = ANY($1::bytea[]) AND holder = $2 RETURNING what
""")
_GIVE_BACK = SQL("DELETE FROM {leases} WHERE what = ANY($1::bytea[]) AND holder = $2")


def lease_table(schema: str) -> Composed:
    """Return what makes the table."""
    return _DEFINITION.format(leases=Identifier(schema, LEASES))


def check_leases(connection: Connection, place: PostgresqlPlace) -> None:
    """Raise :class:`StoreError` where the table is not there: others are as they were before it."""
    there = "SELECT 1 FROM pg_tables WHERE schemaname = %b AND tablename = %b"
    try:
        if connection.execute(there, (place.schema, LEASES)).fetchone():
            return
    except psycopg.Error as error:
        raise failure(error) from error
    raise StoreError(f"{place} lacks table {LEASES}: rmp store init --sql says how it is made")


class PostgresqlLeases:
    """The leases of one holder, named by chance. May be used from many threads at once."""

    def __init__(self, place: PostgresqlPlace) -> None:
        self.seconds = place.lease
        self._place = place
        leases = Identifier(place.schema, LEASES)
        self._take, self._renew, self._give_back = (
            said.format(leases=leases).as_bytes(None) for said in (_TAKE, _RENEW, _GIVE_BACK)
        )
        self._own = uuid.uuid4()
        self._turn = threading.Lock()
        self._connection: Connection | None = None
        self._warned = False

    def take(self, wanted: Sequence[bytes], most: int) -> frozenset[bytes]:
        """Have leased up to ``most`` of what nobody else has, in this order; return them.

        None where the server does not say so: what it did all the same ends by itself.
        """
        return self._changed(self._take, wanted, self.seconds, most) or frozenset()

    def renew(self, held: Collection[bytes]) -> frozenset[bytes] | None:
        """Have what is ours still leased for as long as if it were new; return what that is.

        None where nobody can say.
        """
        return self._changed(self._renew, held, self.seconds)

    def give_back(self, held: Collection[bytes]) -> bool:
        """Have others take it at once; return whether the server said so."""
        return self._changed(self._give_back, held) is not None

    def close(self) -> None:
        """Give the connection back; what is leased ends by itself."""
        with self._turn:
            self._drop()

    def _changed(
        self, said: bytes, wanted: Collection[bytes], *more: float
    ) -> frozenset[bytes] | None:
        with self._turn:
            try:
                exchange = Exchange(self._connected())
                self._warned = False
                done = exchange.execute(said, (list(wanted), self._own, *more))
                exchange.done(time.monotonic() + self.seconds)
            except (psycopg.Error, StoreError):
                self._drop()
                return None
            if self._warned:  # it is done here, and on no standby
                return None
            return frozenset(cast("bytes", row[0]) for row in done.rows)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = connect(self._place)
            self._connection.add_notice_handler(self._hear)
        return self._connection

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        self._warned |= notice.severity_nonlocalized == "WARNING"

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
