"""Statements that go to the server in one go, and what it answers to each.

The driver's cursors convert, remember and send each statement by itself, which costs more than what
the server does with it. What is said here is octets, numbers and a few words; each statement is
prepared once a connection, and all of an exchange leave in as few packets as they fit in.

https://www.postgresql.org/docs/15/libpq-pipeline-mode.html
"""

from __future__ import annotations

import math
import re
import select
import time
from contextlib import suppress
from functools import cache
from itertools import count
from struct import Struct
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus

from rmp_milter.engine.postgresql.statements import done_in_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg.pq.abc import PGresult

    from rmp_milter.engine.postgresql.connecting import Connection

Octets: TypeAlias = bytes | memoryview
Said: TypeAlias = Octets | list[bytes] | str | int | float | UUID
"""A value of a statement."""

Statement: TypeAlias = "tuple[bytes, Sequence[Said]]"
"""What is said (``%b`` for each value), and its values."""

Row: TypeAlias = tuple[object, ...]
Taker: TypeAlias = "Callable[[PGresult], psycopg.Error | None]"
"""Takes one result, and returns what it says went wrong."""

TEXT, BINARY = 0, 1
BYTEA = 17

_ARRAY, _LENGTH = Struct("!iiiii"), Struct("!i")
_EMPTY_ARRAY = Struct("!iii").pack(0, 0, BYTEA)

UNSENT_BYTES = 1 << 20
"""So much may wait to be sent before more is added to it: a body is not held a second time."""

MOST_PREPARED = 100
"""Statements of a connection, beyond which what can be said by smaller ones is.

One for a whole commit takes the server a fifth of a megabyte.
"""

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class UnansweredError(psycopg.OperationalError):
    """The connection was lost before all was answered: what became of it, nobody said."""


class Answered:
    """What was answered to one statement, once its exchange is done."""

    def __init__(self) -> None:
        self.skipped = False
        self._result: PGresult | None = None

    def take(self, result: PGresult) -> psycopg.Error | None:
        """Keep what came; return what it says went wrong."""
        self._result = result
        self.skipped = result.status == ExecStatus.PIPELINE_ABORTED
        return _error_in(result)

    @property
    def status(self) -> bytes:
        """What the server says it has done, in its own word."""
        return (self._result and self._result.command_status) or b""

    @property
    def rows(self) -> list[Row]:
        """The rows that came."""
        if self._result is None:
            raise AssertionError("an exchange is read before it is done")
        return list(_rows(self._result))


class Exchange:
    """Statements that are sent together by :meth:`done`, and not before.

    Where one fails the server passes over all that follow it. Used once, by one thread.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._said: list[tuple[bytes, Sequence[Said], Answered]] = []
        self._cancelled_at = math.inf
        self._failed: list[psycopg.Error] = []

    def execute(self, query: bytes, params: Sequence[Said] = (), /) -> Answered:
        """Add a statement (``%b`` for each value); return where its answer will be."""
        answer = Answered()
        self._said.append((_numbered(query), params, answer))
        return answer

    def has_room_for(self, query: bytes) -> bool:
        """Whether a statement is known to the server, or there are few such."""
        known = self._connection.prepared
        return query in known or len(known) < MOST_PREPARED

    def done(self, until: float = math.inf, least: float = 0.0) -> None:
        """Send all, and wait for all answers.

        What the server is at when it is ``until`` (monotonic), and ``least`` seconds after all was
        sent, is cancelled; what it says then is waited for all the same.

        Raises the psycopg error of the first statement that failed, all being answered; and
        :class:`UnansweredError`, the connection being closed then.
        """
        try:
            self._pgconn.enter_pipeline_mode()
            self._take(self._send(), until, least)
            self._pgconn.exit_pipeline_mode()
        except psycopg.Error as lost:
            self._connection.close()
            raise UnansweredError(str([*self._failed, lost][0])) from lost
        except BaseException:
            self._connection.close()
            raise
        if self._failed:
            raise self._failed[0]

    def _send(self) -> list[Taker]:
        """Send everything; return who takes each of the results that will come."""
        takers = list[Taker]()
        known, unsent = dict(self._connection.prepared), 0
        for statement, values, answer in self._said:
            if (name := known.get(statement)) is None:
                name = known[statement] = b"rmp_%d" % len(known)
                self._pgconn.send_prepare(name, statement)
                takers.append(_Prepared(self._connection, statement, name).take)
            encoded = [_encoded(value) for value in values]
            octets, formats = [each[0] for each in encoded], [each[1] for each in encoded]
            self._pgconn.send_query_prepared(name, octets, formats, BINARY)
            takers.append(answer.take)
            unsent += sum(map(len, octets))
            if unsent >= UNSENT_BYTES:
                self._flush()
                unsent = 0
        self._pgconn.pipeline_sync()
        self._flush()
        return takers

    def _take(self, takers: list[Taker], until: float, least: float) -> None:
        """Give each result to who takes it; note what went wrong."""
        self._cancelled_at = max(until, time.monotonic() + least)
        for take in takers:
            if error := take(self._result()):
                self._failed.append(error)
            if self._pgconn.get_result() is not None:
                raise psycopg.OperationalError("a statement was answered twice")
        if (result := self._result()).status != ExecStatus.PIPELINE_SYNC:
            # What was said without BEGIN is committed behind the last answer, and may fail there.
            self._failed.append(errors.error_from_result(result))
            self._pgconn.get_result()  # nothing, which stands between two answers
            if self._result().status != ExecStatus.PIPELINE_SYNC:
                raise psycopg.OperationalError("the connection was lost")

    def _result(self) -> PGresult:
        while self._pgconn.is_busy():
            if self._ready(select.POLLIN, self._cancelled_at):
                self._pgconn.consume_input()
            else:
                self._cancelled_at = math.inf
                with suppress(psycopg.Error):
                    self._connection.cancel_safe()
        result = self._pgconn.get_result()
        if result is None:
            raise psycopg.OperationalError("the connection was lost")
        return result

    def _flush(self) -> None:
        while self._pgconn.flush():
            # The server may be waiting for us to read what it answers.
            if self._ready(select.POLLIN | select.POLLOUT, math.inf) & select.POLLIN:
                self._pgconn.consume_input()

    def _ready(self, events: int, until: float) -> int:
        """Wait for the connection; return what it is ready for, 0 where it is too late."""
        poll = select.poll()  # file descriptors of any number
        poll.register(self._pgconn.socket, events)
        left = None if until == math.inf else 1000 * max(0.0, until - time.monotonic())
        found = poll.poll(left)
        return found[0][1] if found else 0


class _Prepared:
    """A statement that is being prepared; it is known by its name once it has been."""

    def __init__(self, connection: Connection, statement: bytes, name: bytes) -> None:
        self._connection, self._statement, self._name = connection, statement, name

    def take(self, result: PGresult) -> psycopg.Error | None:
        """Note that it was, or return why not."""
        if result.status in _DONE:
            self._connection.prepared[self._statement] = self._name
        return _error_in(result)


def ask(connection: Connection, query: bytes, params: Sequence[Said] = ()) -> Answered:
    """Say one statement, and return what was answered; raises psycopg's errors."""
    exchange = Exchange(connection)
    answer = exchange.execute(query, params)
    exchange.done()
    return answer


def say_together(exchange: Exchange, changes: Sequence[Statement]) -> None:
    """Add changes, of which no two are of one row, as one statement.

    One by one where the connection has so many statements in mind that another of all of these,
    in which they may never come together again, would only be a burden to the server.
    """
    together = done_in_one([statement for statement, _ in changes])
    if exchange.has_room_for(together):
        exchange.execute(together, [value for _, values in changes for value in values])
        return
    for statement, values in changes:
        exchange.execute(statement, values)


@cache
def _numbered(statement: bytes) -> bytes:
    """Return a statement of the driver's writing in the server's."""
    numbers = count(1)
    return re.sub(rb"%b", lambda _: b"$%d" % next(numbers), statement)


def _encoded(value: Said) -> tuple[Octets, int]:
    """Return a value, and whether it is in the server's own form or in words it reads."""
    if isinstance(value, (bytes, memoryview)):
        return value, BINARY
    if isinstance(value, list):
        return _array(value), BINARY
    return str(value).encode(), TEXT


def _array(values: list[bytes]) -> bytes:
    """Return ``bytea[]`` in the server's own form (``array_recv`` of its source)."""
    if not values:
        return _EMPTY_ARRAY
    parts = [_ARRAY.pack(1, 0, BYTEA, len(values), 1)]
    for value in values:
        parts += _LENGTH.pack(len(value)), value
    return b"".join(parts)


def _error_in(result: PGresult) -> psycopg.Error | None:
    if result.status in _DONE or result.status == ExecStatus.PIPELINE_ABORTED:
        return None
    return errors.error_from_result(result)


def _octets(octets: bytes) -> bytes:
    return octets


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big", signed=True)


_READ: dict[int, Callable[[bytes], object]] = {BYTEA: _octets, 20: _number, 23: _number}
"""How values of these types are read, by the numbers that every server has for them."""


def _rows(result: PGresult) -> Iterator[Row]:
    reads = [_READ[result.ftype(column)] for column in range(result.nfields)]
    for row in range(result.ntuples):
        values = [result.get_value(row, column) for column in range(len(reads))]
        yield tuple(
            None if value is None else read(value)
            for read, value in zip(reads, values, strict=True)
        )
