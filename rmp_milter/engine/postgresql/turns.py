"""Turns to write in PostgreSQL, over the one connection that writes.

**Unknown outcomes.** What is written and its COMMIT go in one exchange. A connection that is lost
in it, and a COMMIT that warns (an operator ended the wait for a standby: it is told as done), say
nothing of what became of it. Each writer
leaves the number of his turn in the table ``writers`` with what he writes. Behind the lock, which
a transaction that is not yet decided would hold, the number tells; and a commit of our own on top,
which waits for the same standbys, makes durable what is found there. Nothing is answered before.

**Other tables.** A schema's name may come to be another's (:mod:`.following`), whose records are
under another key: who was opened before writes nothing there.

**Fences.** Where a record must still be as it was, it is read behind the same lock. Who takes over
writes it in a turn of his own, so a turn that began before is through by then, or never will be.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, TypeVar, cast

import psycopg

from rmp_milter.engine.failures import StoreError, StoreFailed
from rmp_milter.engine.fence import FencedError
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.exchange import Exchange, UnansweredError, ask, say_together
from rmp_milter.engine.postgresql.expecting import Fetched
from rmp_milter.engine.postgresql.failures import failure, is_passing, one_line
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.engine.postgresql.statements import turn_statements
from rmp_milter.engine.postgresql.still import end_still_turns
from rmp_milter.engine.postgresql.writing import PostgresqlWrites

if TYPE_CHECKING:
    from collections.abc import Callable

    from rmp_milter.engine.fence import Fence
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.transaction import Expected, WriteTransaction

T = TypeVar("T")

PAUSE_SECONDS = 0.2
LEAST_SECONDS = 3
"""What the server is given at least to write and to commit, however late it comes to it."""

_BEGIN_WRITING = b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_COMMIT = b"COMMIT"
_ROLLBACK = b"ROLLBACK"


class LostTurnError(Exception):
    """The connection was lost, and of this turn nothing was committed nor will be."""


class UnknownOutcomeError(Exception):
    """Nobody can say yet what became of a commit."""


class WritingConnection:
    """The one connection of an open store that writes. Used by one thread at a time."""

    def __init__(
        self, place: PostgresqlPlace, fence: Fence | None = None, identity: int = 0
    ) -> None:
        """``identity`` is that of the tables that were opened, where it is known."""
        self._place = place
        self._fence, self._identity = fence, identity
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
            exchange = Exchange(connection)
            for statement, values in writes.bodies(self._place.schema):
                exchange.execute(statement, values)
            rows = writes.rows(self._place.schema)
            remember = self._said.remember, (self._own, number)
            say_together(exchange, [*rows, remember, (self._said.mark, ())])
            is_sure = self._committed(exchange, deadline)
        except psycopg.errors.LockNotAvailable as error:
            self._drop()
            if not self._place.still:
                raise failure(error) from error
            end_still_turns(self._connected(deadline), self._place, self._place.still)
            raise LostTurnError("its turn did not come") from error
        except psycopg.Error as error:
            lost = connection.broken or is_passing(error)
            self._drop()
            raise (LostTurnError(one_line(error)) if lost else failure(error)) from error
        except BaseException:
            self._drop_unless_rolled_back()
            raise
        if not is_sure and not self._was_done(number, deadline):
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
        exchange = Exchange(connection)
        exchange.execute(_BEGIN_WRITING)
        turn = exchange.execute(self._said.take)
        fetched = Fetched(exchange, self._place.schema, expected, self._fence)
        exchange.done()
        fetched.take()
        if not turn.rows:
            raise StoreFailed("closed", "it was moved away")
        if self._identity not in {0, turn.rows[0][1]}:
            raise StoreFailed("closed", "another one has its name by now")
        self._compare(fetched)
        return cast("int", turn.rows[0][0]) + 1, fetched

    def _compare(self, fetched: Fetched) -> None:
        if self._fence is None:
            return
        found = fetched.records[self._fence.table, self._fence.key]
        if found != self._fence.value:
            raise FencedError("another has taken over")

    def _committed(self, exchange: Exchange, deadline: float) -> bool:
        """Say all of it and COMMIT; return whether it is surely written wherever it has to be.

        Raises a psycopg error where nothing was written, for sure: a statement failed, and the
        server answered for all, COMMIT among what it passed over. No time limit of the server's
        holds for its wait for a standby, so that is ended from here.
        """
        self._warned = False
        commit = exchange.execute(_COMMIT)
        try:
            exchange.done(deadline, LEAST_SECONDS)
        except UnansweredError:
            self._drop()
            return False
        except psycopg.Error:
            if commit.skipped:
                raise
            self._drop()
            return False
        if commit.status != _COMMIT:  # the server rolled back, and says so thus
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
        if ask(connection, self._said.remembered, (self._own,)).rows != [(number,)]:
            ask(connection, _ROLLBACK)
            return False
        exchange = Exchange(connection)
        exchange.execute(self._said.mark)
        if not self._committed(exchange, deadline):
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
                ask(self._connection, _ROLLBACK)
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
