"""Turns to write whose process stands still: ended by who waits for them.

A process that was stopped in its turn keeps the lock, and everybody waits. The server's own time
limit for that (``idle_in_transaction_session_timeout``) begins behind a statement, and not behind
a pipeline of several. In the middle of one the server calls it active, and waits for the client,
whose next words, of which each statement has a megabyte at most, do not come for so long.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import psycopg
from psycopg.sql import SQL, Identifier

from rmp_milter.engine.postgresql.failures import failure
from rmp_milter.engine.postgresql.statements import TURN

if TYPE_CHECKING:
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace

log = logging.getLogger("rmp.engine")

_END = """
SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
WHERE a.usename = current_user AND a.datname = current_database() AND a.pid <> pg_backend_pid()
    AND (a.state LIKE 'idle in transaction%%'
        OR a.state = 'active' AND a.wait_event_type = 'Client')
    AND a.state_change < clock_timestamp() - make_interval(secs => %b)
    AND l.relation = %b::regclass AND l.mode = 'RowShareLock' AND l.granted
"""


def end_still_turns(connection: Connection, place: PostgresqlPlace, seconds: int) -> None:
    """End the turns of our own role over which nothing came for so many seconds.

    What was not committed is lost to them, and they hear so. Raises :class:`.StoreFailed`.
    """
    turn = SQL("{}").format(Identifier(place.schema, TURN)).as_string(None)
    try:
        row = connection.execute(_END, (float(seconds), turn)).fetchone()
    except psycopg.Error as error:
        raise failure(error) from error
    if row and row[0]:
        log.warning("%s: ended %s turns that stood still", place, row[0])
