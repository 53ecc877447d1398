"""The log in a folder of its own: an LMDB environment of the keeper's."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

import lmdb

from rmp_milter.disk.closing import Closing
from rmp_milter.disk.room import FULL, is_full
from rmp_milter.disk.write_turn import WriteTurn
from rmp_milter.engine.doubts import Doubts
from rmp_milter.engine.failures import StoreFailed
from rmp_milter.engine.lmdb_transaction import LmdbReads, LmdbWrites
from rmp_milter.engine.tables import EngineTable
from rmp_milter.engine.transaction import Expected
from rmp_milter.keeper.log import own_tables
from rmp_milter.keeper.log.file import DATA, open_environment
from rmp_milter.keeper.log.tables import LogTable, OwnTable
from rmp_milter.keeper.log.tree import LogFault
from rmp_milter.keeper.log.version import check_format

T = TypeVar("T")
Handles = dict[str, lmdb._Database]  # noqa: SLF001 -- the name that its stubs have for it


class LmdbLog:
    """The log in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        """Return how messages name it."""
        return str(self.folder)

    def is_there(self) -> bool:
        """Whether the folder is there, whatever lies in it."""
        return self.folder.exists()

    def make(self, records: Mapping[bytes, bytes]) -> None:
        """Make a new log."""
        self.folder.mkdir(mode=0o700, parents=True)
        with open_environment(self.folder, create=True) as env:
            handles = open_tables(env, LogTable, create=True)
            with env.begin(write=True) as transaction:
                txn = LmdbWrites(transaction, handles)
                for key, value in records.items():
                    txn.put(LogTable.META, key, value)

    def open(self) -> "LmdbLogAccess":
        """Open it; raises :class:`~.tree.LogFault` and :class:`.StoreFailed`."""
        if not (self.folder / DATA).is_file():
            raise LogFault("no access log there; it is made once, by init")
        try:
            return LmdbLogAccess(self.folder)
        except lmdb.Error as error:
            raise StoreFailed("failed", f"not an access log ({error})") from error

    def copying(self) -> "LmdbCopying":
        """Open it to be copied; raises as :meth:`open`."""
        if not (self.folder / DATA).is_file():
            raise LogFault("no access log there")
        with _faults(self.folder):
            return LmdbCopying(self.folder)

    def doubts(self) -> Doubts:
        """Return nothing: a file has no server."""
        return Doubts()


class LmdbLogAccess(Closing):
    """The transactions of an open log. Made after a fork."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._env = open_environment(folder)
        self._turn = WriteTurn(folder)
        try:
            self._handles = open_checked(self._env)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[LmdbReads[bytes]]:
        """Give one moment."""
        with _faults(self._folder), self._env.begin() as transaction:
            yield LmdbReads(transaction, self._handles)

    def looking(self) -> AbstractContextManager[LmdbReads[bytes]]:
        """Give one moment: here a look costs nothing more in one."""
        return self.reading()

    def write(
        self,
        work: Callable[[LmdbWrites], T],
        expected: Callable[[], Expected] | None = None,
    ) -> T:
        """Do ``work`` in the write transaction; whatever it asks for is at hand."""
        del expected
        with (
            _faults(self._folder),
            self._turn,
            self._env.begin(write=True) as transaction,
        ):
            return work(LmdbWrites(transaction, self._handles))

    def have_own(self) -> None:
        """Open the keeper's own tables, and make them in a log that never had them.

        Raises :class:`~.tree.OtherFormat` for those of another number, :class:`.StoreFailed`
        where some of them are gone.
        """
        try:
            with self._turn, self._env.begin(write=True) as transaction:
                txn = LmdbWrites(transaction, self._handles)
                mark = txn.get(LogTable.META, own_tables.FORMAT_KEY)
                if mark:
                    own_tables.check_mark(mark)
                else:
                    txn.put(LogTable.META, own_tables.FORMAT_KEY, own_tables.FORMAT.mark)
                for table in OwnTable:
                    handle = self._env.open_db(table.encode(), transaction, create=not mark)
                    self._handles[table] = handle
        except lmdb.Error as error:
            raise StoreFailed("failed", f"not an access log ({error})") from error

    def close(self) -> None:
        """Close the environment."""
        self._env.close()
        self._turn.close()


class LmdbCopying(Closing):
    """A log that may be in use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._env = open_environment(folder)
        self._handles = open_checked(self._env)

    @property
    def size(self) -> int:
        """About how many bytes are written."""
        return (int(self._env.info()["last_pgno"]) + 1) * int(self._env.stat()["psize"])

    @contextmanager
    def moment(self) -> Iterator["LmdbLogMoment"]:
        """Have it be as it is now."""
        with _faults(self._folder), self._env.begin() as transaction:
            yield LmdbLogMoment(self._env, transaction, self._handles)

    def close(self) -> None:
        """Give it up."""
        self._env.close()


class LmdbLogMoment:
    """A log at one moment."""

    def __init__(
        self, env: lmdb.Environment, transaction: lmdb.Transaction, handles: Handles
    ) -> None:
        self._env, self._transaction = env, transaction
        self.txn = LmdbReads(transaction, handles)

    def write(self, fd: int) -> None:
        """Write it to ``fd``, without freed pages."""
        self._env.copyfd(fd, compact=True, txn=self._transaction)


def open_checked(env: lmdb.Environment) -> Handles:
    """Open the log's tables, the mark of its format first: another may have other tables."""
    handles = open_tables(env, [LogTable.META])
    with env.begin() as transaction:
        check_format(LmdbReads(transaction, handles))
    return open_tables(env, LogTable)


def open_all(env: lmdb.Environment) -> Handles:
    """Open the log's tables and the keeper's own, which are there."""
    return open_checked(env) | open_tables(env, OwnTable)


def open_tables(
    env: lmdb.Environment, tables: "type[EngineTable] | list[LogTable]", *, create: bool = False
) -> Handles:
    """Open tables; one that is missing is never made anew, empty, unless all are."""
    return {table.value: env.open_db(table.encode(), create=create) for table in tables}


@contextmanager
def _faults(folder: Path) -> Iterator[None]:
    """Raise LMDB's errors as the engines' are: of the host's log they say only the kind."""
    try:
        yield
    except lmdb.Error as error:
        if is_full(error, folder):
            raise StoreFailed("full", FULL) from error
        raise StoreFailed("failed", type(error).__name__) from error
