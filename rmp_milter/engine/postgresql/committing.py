"""A statement that is waited for until a moment and no longer, by the connection itself.

A thread that watches over each commit would cost as much as the commit does.
"""

from __future__ import annotations

import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors
from psycopg.pq import ConnStatus, ExecStatus

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

    from rmp_milter.engine.postgresql.connecting import Connection

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


def status_of(connection: Connection, statement: bytes, deadline: float) -> bytes:
    """Say one statement, without parameters, and return what the server says is done.

    At ``deadline`` (monotonic) it is cancelled, and the server's answer waited for all the same.
    Raises psycopg's errors; a connection that is lost is an ``OperationalError``.
    """
    pgconn = connection.pgconn
    pgconn.send_query(statement)
    while pgconn.flush():
        _wait(pgconn.socket, select.POLLOUT, None)
    cancelled = False
    while pgconn.is_busy():
        left = None if cancelled else max(0.0, deadline - time.monotonic())
        if _wait(pgconn.socket, select.POLLIN, left):
            pgconn.consume_input()
        else:
            cancelled = True
            with suppress(psycopg.Error):
                connection.cancel_safe()
    results: list[PGresult] = []
    while result := pgconn.get_result():
        results.append(result)
    return _judged(connection, results)


def _wait(fd: int, event: int, seconds: float | None) -> bool:
    poll = select.poll()  # file descriptors of any number
    poll.register(fd, event)
    return bool(poll.poll(None if seconds is None else 1000 * seconds))


def _judged(connection: Connection, results: list[PGresult]) -> bytes:
    if connection.pgconn.status != ConnStatus.OK or not results:
        raise psycopg.OperationalError("the connection was lost")
    last = results[-1]
    if last.status not in _DONE:
        raise errors.error_from_result(last)
    return last.command_status or b""
