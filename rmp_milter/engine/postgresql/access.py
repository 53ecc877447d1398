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
from rmp_milter.engine.postgresql.failures import failure
from rmp_milter.engine.postgresql.pools import PoolTimeout, for_threads
from rmp_milter.engine.postgresql.reading import PostgresqlMomentReads
from rmp_milter.engine.postgresql.turns import (
    LostTurnError,
    UnknownOutcomeError,
    WritingConnection,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rmp_milter.engine.fence import Fence
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.postgresql.pools import ReadingConnections
    from rmp_milter.engine.transaction import Expected, WriteTransaction

T = TypeVar("T")

_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_current_snapshot()"


class PostgresqlAccess:
    """The transactions of tables that are open. May be used from many threads at once."""

    def __init__(
        self,
        place: PostgresqlPlace,
        *,
        read_only: bool = False,
        fence: Fence | None = None,
        pool: Callable[[PostgresqlPlace], ReadingConnections] = for_threads,
    ) -> None:
        """``fence`` is compared in each turn to write, behind its lock."""
        self.place = self._place = place
        self._read_only = read_only
        self._turn = threading.Lock()
        self._writer = WritingConnection(place, fence)
        self._ended: StoreFailed | None = None
        self._pool = pool(place)

    @contextmanager
    def reading(self) -> Iterator[PostgresqlMomentReads]:
        """Give one moment of the store; raises :class:`StoreFailed`."""
        self._check_usable()
        connection = self._begun()
        try:
            yield PostgresqlMomentReads(connection, self._place.schema)
        finally:
            self._give_back(connection)

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
