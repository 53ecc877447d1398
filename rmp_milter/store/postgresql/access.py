"""An open store's transactions in PostgreSQL: moments to read, and turns to write.

**Turns.** Whoever writes first locks the one row of the table ``turn``, and so writes alone, over
all machines, until his commit is through: on the disk, and on the standbys that the server waits
for. Everything that is judged is read behind that lock (READ COMMITTED: each statement sees what
was committed before it), so no check can be outrun. As with LMDB the cost of one commit is shared
by all that wait for it in a process.

**Unknown outcomes.** A connection that is lost during COMMIT, and a COMMIT that warns (an operator
ended the wait for a standby: it is told as done), say nothing of what became of it. Each writer
leaves the number of his turn in the table ``writers`` with what he writes. Behind the lock, which
a transaction that is not yet decided would hold, the number tells; and a commit of our own on top,
which waits for the same standbys, makes durable what is found there. Nothing is answered before.
"""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar, cast

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from rmp_milter.store.format.failures import StoreError, StoreFailed
from rmp_milter.store.postgresql.connecting import connect, make_ready, parameters
from rmp_milter.store.postgresql.failures import failure, is_passing, one_line
from rmp_milter.store.postgresql.reading import PostgresqlMomentReads, PostgresqlReads
from rmp_milter.store.postgresql.statements import turn_statements
from rmp_milter.store.postgresql.writing import PostgresqlWrites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rmp_milter.store.format.transaction import WriteTransaction
    from rmp_milter.store.postgresql.connecting import Connection
    from rmp_milter.store.postgresql.place import PostgresqlPlace

T = TypeVar("T")

PAUSE_SECONDS = 0.2
LEAST_SECONDS = 1
"""What a commit is given at least, however late it comes to it."""

_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_current_snapshot()"
_BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


class _LostError(Exception):
    """The connection was lost, and of this turn nothing was committed nor will be."""


class _UnknownError(Exception):
    """Nobody can say yet what became of a commit."""


class PostgresqlAccess:
    """The transactions of one open store. May be used from many threads at once."""

    def __init__(self, place: PostgresqlPlace, *, read_only: bool = False) -> None:
        self.place = self._place = place
        self._read_only = read_only
        self._turn = threading.Lock()
        self._writer = WritingConnection(place)
        self._ended: StoreFailed | None = None
        self._pool = ConnectionPool(
            kwargs={"autocommit": True, **parameters(place)},
            configure=make_ready,
            min_size=0,
            max_size=place.snapshots,
            max_idle=120,
            timeout=place.patience,
            open=True,
            name="rmp-milter",
        )

    @contextmanager
    def reading(self) -> Iterator[PostgresqlMomentReads]:
        """Give one moment of the store; raises :class:`StoreFailed`."""
        self._check_usable()
        connection = self._begun()
        try:
            yield PostgresqlMomentReads(connection, self._place.schema)
        finally:
            self._give_back(connection)

    def write(self, work: Callable[[WriteTransaction], T]) -> T:
        """Do ``work`` when it has its turn; again from the beginning where that was lost."""
        deadline = time.monotonic() + self._place.patience
        with self._turn:
            while True:
                self._check_usable()
                if self._read_only:
                    raise StoreFailed("closed", "it is open to be read only")
                try:
                    return self._writer.do(work, deadline)
                except _LostError as lost:
                    if time.monotonic() > deadline:
                        raise StoreFailed("failed", str(lost)) from lost
                except _UnknownError as error:
                    raise self._end(StoreFailed("failed", str(error))) from error
                except StoreFailed as failed:
                    self._end(failed)
                    raise

    def last_change(self) -> int:
        """Return the number of the last turn that readers see."""
        with self.reading() as txn:
            return txn.last_turn()

    def close(self) -> None:
        """Refuse every further use; moments that are open go on."""
        self._end(StoreFailed("closed"))
        self._pool.close()
        with self._turn:
            self._writer.close()

    def _check_usable(self) -> None:
        if self._ended:
            raise StoreFailed(self._ended.reason, "it is closed")

    def _end(self, why: StoreFailed) -> StoreFailed:
        self._ended = self._ended or why
        return why

    def _begun(self) -> Connection:
        """Return a connection on which the moment is fixed; a lost one is replaced."""
        deadline = time.monotonic() + self._place.patience
        while True:
            try:
                connection = self._pool.getconn(deadline - time.monotonic())
            except (PoolTimeout, psycopg.Error) as error:
                raise failure(error) from error
            try:
                connection.execute(_BEGIN_READING, prepare=False)
            except psycopg.OperationalError as error:
                self._give_back(connection)
                if time.monotonic() > deadline:
                    raise failure(error) from error
            else:
                return connection

    def _give_back(self, connection: Connection) -> None:
        with suppress(psycopg.Error):
            connection.execute("ROLLBACK", prepare=False)
        self._pool.putconn(connection)


class WritingConnection:
    """The one connection of an open store that writes. Used by one thread at a time."""

    def __init__(self, place: PostgresqlPlace) -> None:
        self._place = place
        self._said = turn_statements(place.schema)
        self._own = uuid.uuid4()
        self._connection: Connection | None = None
        self._warned = False

    def do(self, work: Callable[[WriteTransaction], T], deadline: float) -> T:
        """Do ``work`` in a turn of its own, durable on return.

        Raises what ``work`` raises, nothing being written then; :class:`_LostError`, where that
        is so as well; and :class:`_UnknownError`, where nobody can say until ``deadline``.
        """
        connection = self._connected(deadline)
        try:
            number = self._take_turn(connection)
            writes = PostgresqlWrites(PostgresqlReads(connection, self._place.schema))
            done = work(writes)
            with connection.pipeline():
                writes.send(connection, self._place.schema)
                connection.execute(self._said.mark)
                connection.execute(self._said.remember, (self._own, number))
        except psycopg.Error as error:
            lost = connection.broken or is_passing(error)
            self._drop()
            raise (_LostError(one_line(error)) if lost else failure(error)) from error
        except BaseException:
            self._drop_unless_rolled_back()
            raise
        if not self._committed(connection, deadline) and not self._was_done(number, deadline):
            raise _LostError("the connection was lost, and nothing was written")
        return done

    def close(self) -> None:
        """Give the connection back."""
        self._drop()

    def _take_turn(self, connection: Connection) -> int:
        """Begin, wait for the turn, and return its number."""
        connection.execute(_BEGIN_WRITING, prepare=False)
        row = connection.execute(self._said.take).fetchone()
        if row is None:
            raise StoreFailed("closed", "it was moved away")
        return cast("int", row[0]) + 1

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
            except (psycopg.Error, _LostError, _UnknownError) as error:
                self._drop()
                if time.monotonic() > deadline:
                    said = f"whether it was written is not known: {one_line(error)}"
                    raise _UnknownError(said) from error

    def _looked_up(self, connection: Connection, number: int, deadline: float) -> bool:
        self._take_turn(connection)
        row = connection.execute(self._said.remembered, (self._own,)).fetchone()
        if row is None or row[0] != number:
            connection.execute("ROLLBACK", prepare=False)
            return False
        connection.execute(self._said.mark)
        if not self._committed(connection, deadline):
            raise _UnknownError("it was written, and no standby has it yet")
        return True

    def _connected(self, deadline: float) -> Connection:
        """Return the connection, a new one where it was lost, as long as there is time."""
        while self._connection is None:
            try:
                self._connection = connect(self._place)
            except StoreError as error:
                if time.monotonic() > deadline:
                    raise _LostError(str(error)) from error
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
