"""The transactions of open tables in PostgreSQL: moments to read, and turns to write.

**Turns.** Whoever writes first locks the one row of the table ``turn``, and so writes alone, over
all machines, until his commit is through: on the disk, and on the standbys that the server waits
for. Everything that is judged is read behind that lock (READ COMMITTED: each statement sees what
was committed before it), so no check can be outrun. As with LMDB the cost of one commit is shared
by all that wait for it in a process.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import psycopg

from rmp_milter.engine.failures import StoreFailed
from rmp_milter.engine.postgresql.exchange import Exchange, ask
from rmp_milter.engine.postgresql.failures import failure
from rmp_milter.engine.postgresql.pools import Connections
from rmp_milter.engine.postgresql.reading import PostgresqlMomentReads, rows_of
from rmp_milter.engine.postgresql.turns import (
    LostTurnError,
    UnknownOutcomeError,
    WritingConnection,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg.sql import SQL

    from rmp_milter.engine.fence import Fence
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.exchange import Row, Said
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.engine.transaction import Expected, WriteTransaction

    _Look = Callable[[Connection], list[Row]]
    _Looked = Callable[[_Look], list[Row]]
    _Reached = Callable[[_Look], tuple[Connection, list[Row]]]

T = TypeVar("T")

_BEGIN_READING = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_LOOK = b"SELECT 1"


class PostgresqlAccess:
    """The transactions of tables that are open. May be used from many threads at once."""

    def __init__(
        self,
        place: PostgresqlPlace,
        *,
        read_only: bool = False,
        fence: Fence | None = None,
        identity: int = 0,
    ) -> None:
        """``fence`` is compared in each turn to write, behind its lock, as ``identity`` is."""
        self.place = self._place = place
        self._read_only = read_only
        self._turn = threading.Lock()
        self._writer = WritingConnection(place, fence, identity)
        self._ended: StoreFailed | None = None
        self._pool = Connections(place)

    @contextmanager
    def reading(self, *, late: bool = False) -> Iterator[PostgresqlMomentReads]:
        """Give one moment of the store; raises :class:`StoreFailed`.

        ``late``: it is the moment of the first look, whose lost connection is replaced then.
        """
        self._check_usable()
        moment = _Moment(self._place.schema, self._reached)
        try:
            if not late:
                moment.begin()
            yield moment
        finally:
            if moment.lent is not None:
                self._give_back(moment.lent)

    @contextmanager
    def looking(self) -> Iterator[PostgresqlMomentReads]:
        """Give the store as it is at each look; raises :class:`StoreFailed`."""
        self._check_usable()
        yield _Looks(self._place.schema, self._looked)

    def write(
        self, work: Callable[[WriteTransaction], T], expected: Expected | None = None
    ) -> T:
        """Do ``work`` when it has its turn; again from the beginning where that was lost.

        Raises :class:`~rmp_milter.engine.fence.FencedError` where another has taken over.
        """
        deadline = time.monotonic() + self._place.patience
        with self._turn:
            while True:
                self._check_usable()
                if self._read_only:
                    raise StoreFailed("closed", "it is open to be read only")
                try:
                    return self._writer.do(work, expected, deadline)
                except LostTurnError as lost:
                    if time.monotonic() > deadline:
                        raise StoreFailed("failed", str(lost)) from lost
                except UnknownOutcomeError as error:
                    raise self._end(StoreFailed("failed", str(error))) from error
                except StoreFailed as failed:
                    self._end(failed)
                    raise

    def last_change(self) -> int:
        """Return the number of the last turn that readers see."""
        with self.looking() as looks:
            return looks.last_turn()

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

    def _reached(self, first: Callable[[Connection], T]) -> tuple[Connection, T]:
        """Return a connection, and what came of ``first`` on it; a lost one is replaced."""
        deadline = time.monotonic() + self._place.patience
        while True:
            connection = self._pool.getconn(deadline - time.monotonic())
            try:
                return connection, first(connection)
            except psycopg.OperationalError as error:
                self._give_back(connection)
                if time.monotonic() > deadline:
                    raise failure(error) from error
            except psycopg.Error as error:
                self._give_back(connection)
                raise failure(error) from error
            except BaseException:
                self._give_back(connection)
                raise

    def _looked(self, look: Callable[[Connection], T]) -> T:
        self._check_usable()
        connection, found = self._reached(look)
        self._pool.putconn(connection)
        return found

    def _give_back(self, connection: Connection) -> None:
        with suppress(psycopg.Error):
            ask(connection, b"COMMIT")
        self._pool.putconn(connection)


class _Moment(PostgresqlMomentReads):
    """A moment that begins with the first statement that is said in it, in one exchange."""

    lent: Connection | None = None

    def __init__(self, schema: str, reached: _Reached) -> None:
        self._of_schema(schema)
        self._reached = reached

    def begin(self) -> None:
        """Begin it now."""
        self._ask(_LOOK)

    def get(self, table: EngineTable, key: bytes) -> bytes | None:
        """Return one record; what was read once in a moment is the same to its end."""
        found = super().get(table, key)
        if not table.in_parts:
            self._keep(table, key, found)
        return found

    def _ask(self, statement: bytes | SQL, *values: Said) -> list[Row]:
        if self.lent is None and isinstance(statement, bytes):
            self.lent, rows = self._reached(lambda found: _begun(found, statement, values))
            self._connection = self.lent
            return rows
        if self.lent is None:
            self.begin()
        return super()._ask(statement, *values)


class _Looks(PostgresqlMomentReads):
    """Looks that stand alone: the server gives each statement a moment of its own."""

    def __init__(self, schema: str, looked: _Looked) -> None:
        self._of_schema(schema)
        self._looked = looked

    def _ask(self, statement: bytes | SQL, *values: Said) -> list[Row]:
        return self._looked(lambda connection: rows_of(connection, statement, values))


def _begun(connection: Connection, statement: bytes, values: Sequence[Said]) -> list[Row]:
    """Have the connection see one moment from now on: that of this statement."""
    exchange = Exchange(connection)
    exchange.execute(_BEGIN_READING)
    answer = exchange.execute(statement, values)
    exchange.done()
    return answer.rows
