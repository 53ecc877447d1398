"""Turns to write in PostgreSQL, over the one connection that writes.

**Unknown outcomes.** A connection that is lost during COMMIT, and a COMMIT that warns (an operator
ended the wait for a standby: it is told as done), say nothing of what became of it. Each writer
leaves the number of his turn in the table ``writers`` with what he writes. Behind the lock, which
a transaction that is not yet decided would hold, the number tells; and a commit of our own on top,
which waits for the same standbys, makes durable what is found there. Nothing is answered before.

**Fences.** Where a record must still be as it was, it is read behind the same lock. Who takes over
writes it in a turn of his own, so a turn that began before is through by then, or never will be.
"""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar, cast

import psycopg

from rmp_milter.engine.failures import StoreError, StoreFailed
from rmp_milter.engine.fence import FencedError
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.expecting import Fetched
from rmp_milter.engine.postgresql.failures import failure, is_passing, one_line
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.engine.postgresql.statements import statements, turn_statements
from rmp_milter.engine.postgresql.writing import PostgresqlWrites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rmp_milter.engine.fence import Fence
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.transaction import Expected, WriteTransaction

    _Cursor = psycopg.Cursor[tuple[object, ...]]

T = TypeVar("T")

PAUSE_SECONDS = 0.2
LEAST_SECONDS = 1
"""What a commit is given at least, however late it comes to it."""

_BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


class LostTurnError(Exception):
    """The connection was lost, and of this turn nothing was committed nor will be."""


class UnknownOutcomeError(Exception):
    """Nobody can say yet what became of a commit."""


class WritingConnection:
    """The one connection of an open store that writes. Used by one thread at a time."""

    def __init__(self, place: PostgresqlPlace, fence: Fence | None = None) -> None:
        self._place = place
        self._fence = fence
        self._said = turn_statements(place.schema)
        self._own = uuid.uuid4()
        self._connection: Connection | None = None
        self._warned = False

    def do(
        self,
        work: Callable[[WriteTransaction], T],
        expected: Expected | None,
        deadline: float,
    ) -> T:
        """Do ``work`` in a turn of its own, durable on return.

        Raises what ``work`` raises, nothing being written then; :class:`LostTurnError`, where that
        is so as well; and :class:`UnknownOutcomeError`, where nobody can say until ``deadline``.
        """
        connection = self._connected(deadline)
        try:
            number, fetched = self._take_turn(connection, expected)
            stored = PostgresqlReads(connection, self._place.schema)
            writes = PostgresqlWrites(stored, fetched)
            done = work(writes)
            with connection.pipeline():
                writes.send(connection, self._place.schema)
                connection.execute(self._said.mark)
                connection.execute(self._said.remember, (self._own, number))
        except psycopg.Error as error:
            lost = connection.broken or is_passing(error)
            self._drop()
            raise (LostTurnError(one_line(error)) if lost else failure(error)) from error
        except BaseException:
            self._drop_unless_rolled_back()
            raise
        if not self._committed(connection, deadline) and not self._was_done(number, deadline):
            raise LostTurnError("the connection was lost, and nothing was written")
        return done

    def close(self) -> None:
        """Give the connection back."""
        self._drop()

    def _take_turn(
        self, connection: Connection, expected: Expected | None = None
    ) -> tuple[int, Fetched]:
        """Begin, wait for the turn, and return its number and what was expected to be asked for.

        All in one go: each statement sees what was committed before it, so what stands behind
        the lock sees all that the lock waited for.
        """
        with connection.pipeline():
            connection.execute(_BEGIN_WRITING, prepare=False)
            turn = connection.execute(self._said.take)
            fence = self._ask_for_fence(connection)
            fetched = Fetched(connection, self._place.schema, expected)
        fetched.take()
        row = turn.fetchone()
        if row is None:
            raise StoreFailed("closed", "it was moved away")
        self._compare(fence)
        return cast("int", row[0]) + 1, fetched

    def _ask_for_fence(self, connection: Connection) -> _Cursor | None:
        if self._fence is None:
            return None
        asked = statements(self._place.schema, self._fence.table).get
        return connection.execute(asked, (self._fence.key,), binary=True)

    def _compare(self, asked: _Cursor | None) -> None:
        if self._fence is None or asked is None:
            return
        row = asked.fetchone()
        if (None if row is None else row[0]) != self._fence.value:
            raise FencedError("another has taken over")

    def _committed(self, connection: Connection, deadline: float) -> bool:
        """Commit; return whether it is sure that all is written wherever it has to be.

        No time limit of the server's holds for its wait for a standby, so it is ended from here.
        """
        self._warned = False
        try:
            with _cancelled(connection, deadline):
                said = connection.execute("COMMIT", prepare=False).statusmessage
        except psycopg.OperationalError:
            self._drop()
            return False
        if said != "COMMIT":  # the server rolled back, and says so thus
            self._drop()
            return False
        return not self._warned

    def _was_done(self, number: int, deadline: float) -> bool:
        """Find out what became of our turn of this number, and have it durable if it was done."""
        while True:
            try:
                return self._looked_up(self._connected(deadline), number, deadline)
            except FencedError:
                self._drop_unless_rolled_back()
                raise
            except (psycopg.Error, LostTurnError, UnknownOutcomeError) as error:
                self._drop()
                if time.monotonic() > deadline:
                    said = f"whether it was written is not known: {one_line(error)}"
                    raise UnknownOutcomeError(said) from error

    def _looked_up(self, connection: Connection, number: int, deadline: float) -> bool:
        self._take_turn(connection)
        row = connection.execute(self._said.remembered, (self._own,)).fetchone()
        if row is None or row[0] != number:
            connection.execute("ROLLBACK", prepare=False)
            return False
        connection.execute(self._said.mark)
        if not self._committed(connection, deadline):
            raise UnknownOutcomeError("it was written, and no standby has it yet")
        return True

    def _connected(self, deadline: float) -> Connection:
        """Return the connection, a new one where it was lost, as long as there is time."""
        while self._connection is None:
            try:
                self._connection = connect(self._place)
            except StoreError as error:
                if time.monotonic() > deadline:
                    raise LostTurnError(str(error)) from error
                time.sleep(PAUSE_SECONDS)
            else:
                self._connection.add_notice_handler(self._hear)
        return self._connection

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        self._warned |= notice.severity_nonlocalized == "WARNING"

    def _drop_unless_rolled_back(self) -> None:
        try:
            if self._connection is not None:
                self._connection.execute("ROLLBACK", prepare=False)
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


@contextmanager
def _cancelled(connection: Connection, deadline: float) -> Iterator[None]:
    """Have what the connection does in the block cancelled, if it goes on until ``deadline``."""

    def cancel() -> None:
        with suppress(psycopg.Error):
            connection.cancel_safe()

    timer = threading.Timer(max(LEAST_SECONDS, deadline - time.monotonic()), cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
