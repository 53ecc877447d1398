"""The log in a schema of a PostgreSQL server, under a role that the milter is not in.

Several hosts' keepers may be pointed at it, of which one writes at a time (:mod:`.epoch`). What a
command writes beside a keeper is compared with the epoch that the command has found.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from rmp_milter.disk.closing import Closing
from rmp_milter.engine.failures import OtherFormatError, StoreError
from rmp_milter.engine.fence import Fence, FencedError
from rmp_milter.engine.filling import MovedTables
from rmp_milter.engine.lmdb_file import send_whole
from rmp_milter.engine.postgresql.access import PostgresqlAccess
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.doubts import doubts_of, others_of
from rmp_milter.engine.postgresql.reading import PostgresqlMomentReads
from rmp_milter.engine.postgresql.schema import SchemaLayout, check_format, make_tables
from rmp_milter.keeper.log import epoch as log_epoch
from rmp_milter.keeper.log import own_tables
from rmp_milter.keeper.log.tables import ALL, LogTable
from rmp_milter.keeper.log.tree import OtherFormat
from rmp_milter.keeper.log.version import FORMAT, FORMAT_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rmp_milter.engine.doubts import Doubts
    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.transaction import Expected, ReadTransaction, WriteTransaction

T = TypeVar("T")

MOST_NAMED = 3
"""How many of the roles that may connect are named to an admin."""

LAYOUT = SchemaLayout(
    tables=ALL,
    meta=LogTable.META,
    mark_key=FORMAT_KEY,
    format=FORMAT,
    refusal=lambda place, found: f"the access log in {place} {FORMAT.refusal(found)}",
)
MOVED = MovedTables(ALL, LogTable.META, frozenset({FORMAT_KEY, log_epoch.KEY}))
"""What is the same in every engine: who writes it is a database's alone."""

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"


class PostgresqlLog:
    """The log in a schema; ``folder`` is where it would lie, its state file stands beside that.

    ``epoch`` is that of the keeper that writes; None: whichever is there when it is opened.
    """

    def __init__(
        self, folder: Path, place: PostgresqlPlace, epoch: bytes | None = None
    ) -> None:
        self.folder = folder
        self.server = place
        self._epoch = epoch

    def __str__(self) -> str:
        """Return how messages name it."""
        return str(self.server)

    def written_by(self, epoch: bytes) -> PostgresqlLog:
        """Return the same for the keeper of this epoch."""
        return PostgresqlLog(self.folder, self.server, epoch)

    def is_there(self) -> bool:
        """Whether a log is there: what else the schema holds is seen when one is made."""
        try:
            with connect(self.server) as connection:
                check_format(connection, self.server, LAYOUT)
        except OtherFormatError:
            return True
        except StoreError:
            return False
        return True

    def make(self, records: Mapping[bytes, bytes]) -> None:
        """Make a new log, in tables that are there and empty or that this role may make."""
        own = {own_tables.FORMAT_KEY: own_tables.FORMAT.mark}
        with connect(self.server) as connection:
            make_tables(connection, self.server, LAYOUT, {**records, **own})

    def open(self) -> PostgresqlLogAccess:
        """Open it; raises :class:`~.tree.OtherFormat` and :class:`.StoreError`."""
        with _checked(self.server) as connection:
            there = PostgresqlMomentReads(connection, self.server.schema)
            found = there.get(LogTable.META, log_epoch.KEY)
        if self._epoch is not None and found != self._epoch:
            raise FencedError(taken_over(found))
        return PostgresqlLogAccess(self.server, found)

    def copying(self) -> PostgresqlCopying:
        """Open it to be copied; raises as :meth:`open`."""
        return PostgresqlCopying(self.server)

    def doubts(self) -> Doubts:
        """Return what of the server loses leaves, keeps them in one place, or stops all keepers."""
        with connect(self.server) as connection:
            found, others = doubts_of(connection), others_of(connection)
        if not others:
            return found
        names = ", ".join(others[:MOST_NAMED]) + (", …" if others[MOST_NAMED:] else "")
        said = f"{names} may connect to its database, and so keep the lead from every keeper"
        return found._replace(cautions=(*found.cautions, said))


def taken_over(found: bytes | None) -> str:
    """Say who writes the log by now."""
    by = log_epoch.decode(found)
    return f"another keeper has taken over ({by.host}, epoch {by.number})"


@contextmanager
def _checked(place: PostgresqlPlace) -> Iterator[Connection]:
    try:
        with connect(place) as connection:
            check_format(connection, place, LAYOUT)
            yield connection
    except OtherFormatError as error:
        raise OtherFormat(str(error)) from error


class PostgresqlLogAccess(Closing):
    """The transactions of an open log. Made after a fork, for one thread."""

    def __init__(self, place: PostgresqlPlace, epoch: bytes | None) -> None:
        self._place = place
        fence = Fence(LogTable.META, log_epoch.KEY, epoch)
        self._access = PostgresqlAccess(place, fence=fence)

    @contextmanager
    def reading(self) -> Iterator[ReadTransaction]:
        """Give one moment, which is that of the first look; of none nothing is asked."""
        with self._access.reading(late=True) as txn:
            yield txn

    def looking(self) -> AbstractContextManager[ReadTransaction]:
        """Give it as it is at each look."""
        return self._access.looking()

    def write(
        self,
        work: Callable[[WriteTransaction], T],
        expected: Callable[[], Expected] | None = None,
    ) -> T:
        """Do ``work`` in a turn of its own; raises :class:`.FencedError` as well."""
        try:
            return self._access.write(work, expected and expected())
        except FencedError:
            with self.reading() as txn:
                found = txn.get(LogTable.META, log_epoch.KEY)
            line = taken_over(None if found is None else bytes(found))
            raise FencedError(line) from None

    def have_own(self) -> None:
        """Look at the mark of the keeper's own tables, which are made with the log."""
        with self.reading() as txn:
            mark = txn.get(LogTable.META, own_tables.FORMAT_KEY)
        own_tables.check_mark(bytes(mark or b""))

    def close(self) -> None:
        """Give the connections back."""
        self._access.close()


class PostgresqlCopying(Closing):
    """A log that may be in use."""

    def __init__(self, place: PostgresqlPlace) -> None:
        self._place = place
        with _checked(place) as connection:
            self.size = PostgresqlMomentReads(connection, place.schema).size()

    @contextmanager
    def moment(self) -> Iterator[PostgresqlLogMoment]:
        """Have it be as it is now."""
        with connect(self._place) as connection:
            connection.execute(_BEGIN, prepare=False)
            reads = PostgresqlMomentReads(connection, self._place.schema)
            yield PostgresqlLogMoment(reads, self.size)

    def close(self) -> None:
        """Do nothing: the moment has a connection of its own."""


class PostgresqlLogMoment:
    """A log at one moment."""

    def __init__(self, txn: ReadTransaction, size: int) -> None:
        self.txn = txn
        self._size = size

    def write(self, fd: int) -> None:
        """Write all of it to ``fd``, which may be a pipe, as a file of LMDB's."""
        send_whole(self.txn, fd, self._size, MOVED, FORMAT_KEY)
