"""The engine that is PostgreSQL: a schema of a database, and what is done with it whole."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rmp_milter.engine.lmdb_file import send_whole
from rmp_milter.engine.postgresql.connecting import connected
from rmp_milter.engine.postgresql.following import awaits_its_name, renames
from rmp_milter.engine.postgresql.moving import moment_over
from rmp_milter.engine.postgresql.schema import check_format, format_of, is_there, make_tables
from rmp_milter.engine.postgresql.statements import turn_statements
from rmp_milter.store import postgresql_moving, postgresql_rotating, preparing
from rmp_milter.store.beside import DATA
from rmp_milter.store.check.whole import check_moment
from rmp_milter.store.engines import Earlier, Migration, StoreReport
from rmp_milter.store.format import version
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.failures import OtherFormatError, StoreError, StoreFailed
from rmp_milter.store.format.own_keys import first_records
from rmp_milter.store.format.tables import FORMAT_KEY
from rmp_milter.store.moving import MOVED
from rmp_milter.store.postgresql.roles import groundwork, together
from rmp_milter.store.postgresql.schema import LAYOUT
from rmp_milter.store.postgresql_rotating import ServerInUse
from rmp_milter.store.postgresql_store import PostgresqlOutbox, PostgresqlStore
from rmp_milter.store.surface import DUPLICATE_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.moving import PostgresqlLeaving
    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.engine.postgresql.reading import PostgresqlMomentReads
    from rmp_milter.store.engines import (
        KeySuccession,
        Leaving,
        PreparedRotation,
        Progress,
        Rotation,
        Tell,
    )
    from rmp_milter.store.format.keys import StoreKeys

BY_A_FILE = "rmp store move it to a file, do it there, and move it back"


def _tell_nobody(_done: int, _total: int) -> None:
    """Tell nobody how far the check is."""


class PostgresqlEngine:
    """The store in a schema."""

    def __init__(self, place: PostgresqlPlace, folder: Path | None = None) -> None:
        """``folder`` is where another key of it is prepared; without it no key is changed."""
        self._place = place
        self._folder = folder

    def create(self, keys: StoreKeys) -> None:
        """Make a new, empty store; who does it owns its tables."""
        with connected(self._place) as connection:
            make_tables(connection, self._place, LAYOUT, first_records(keys))

    def open(
        self,
        keys: StoreKeys,
        *,
        read_only: bool = False,
        duplicate_days: int = DUPLICATE_DAYS,
    ) -> PostgresqlStore:
        """Open the store."""
        return PostgresqlStore.open(
            self._place, keys, read_only=read_only, duplicate_days=duplicate_days
        )

    def outbox(self, key: bytes, *, clock: Callable[[], float] = time.time) -> PostgresqlOutbox:
        """Open the outbox by its key alone."""
        return PostgresqlOutbox.open(self._place, key, clock=clock)

    def check(
        self, keys: StoreKeys, progress: Progress = _tell_nobody, *, copy: bool = False
    ) -> StoreReport:
        """Verify the store; of a ``copy`` as of one in use, nothing is written to it."""
        del copy
        try:
            with self._moment() as txn:
                return check_moment(txn, Codecs(keys), progress)
        except StoreFailed as error:
            line = f"it cannot be read to the end: {error.detail}"
            return StoreReport(findings=(line,), counts={})

    @contextmanager
    def moment(self) -> Iterator[PostgresqlMoment]:
        """Give one moment of the store; the turn to write is held until it is released."""
        with connected(self._place) as turn:
            turn.execute("BEGIN")
            turn.execute(turn_statements(self._place.schema).take)
            with self._moment() as txn:
                yield PostgresqlMoment(turn, txn)

    def planned(self) -> Migration:
        """Return what there is to do."""
        with self._moment(of_any_format=True) as txn, connected(self._place) as connection:
            found = format_of(connection, self._place, LAYOUT)
            if found > version.FORMAT.number:
                raise OtherFormatError(version.refusal(str(self._place), found))
            return Migration(
                found=found,
                wanted=version.FORMAT.number,
                earlier=Earlier.NONE,
                room=txn.size(),
                clear="",
                back="",
                abandon="",
            )

    def migrate(self, keys: StoreKeys, tell: Tell) -> Migration:
        """Say how a store of an older format is moved: over a file, whose steps are known."""
        del keys, tell
        plan = self.planned()
        if plan.steps:
            raise StoreError(f"{self._place} is of format {plan.found}: {BY_A_FILE}")
        return plan

    def prepare_rotation(self, succession: KeySuccession, tell: Tell) -> PreparedRotation:
        """Write the store anew in files, under the key that follows, and into another schema."""
        return preparing.prepare(self._in_use(), succession, tell)

    def abandon_rotation(self, succession: KeySuccession) -> bool:
        """Throw both away; the schema stays, empty."""
        return preparing.abandon(self._in_use(), succession)

    def waiting_rotation(self) -> PreparedRotation | None:
        """Look for the files."""
        return preparing.waiting_in(self._folder) if self._folder else None

    def rotate(
        self, succession: KeySuccession, tell: Tell, *, prepared_only: bool = False
    ) -> Rotation:
        """Have the other schema take the store's place; who has it open elsewhere is not seen."""
        return postgresql_rotating.rotate(
            self._in_use(), succession, tell, asked_for=prepared_only
        )

    def rotation_groundwork(self, milter: str, courier: str) -> str:
        """Return statements that make the other schema, or change both schemas' names."""
        if awaits_its_name(self._place, LAYOUT):
            return together(renames(self._place))
        return groundwork(self._place.next.schema, milter, courier)

    def _in_use(self) -> ServerInUse:
        if self._folder is None:
            raise StoreError(f"there is no folder for another key of {self._place}")
        return ServerInUse(self._place, self._folder)

    def compact(self, keys: StoreKeys, target: Path) -> tuple[str, ...]:
        """Write the store into ``target``, as a file in which what was erased is no more."""
        with suppress(FileExistsError):
            target.mkdir(mode=0o700)
        if any(target.iterdir()):
            raise StoreError(f"folder {target} is not empty")
        with self.open(keys, read_only=True) as store:
            store.copy(target)
        return ("VACUUM FULL every table, or move the store there and back", "rmp store check")

    def is_elsewhere(self) -> bool:
        """Whether the schema holds a store."""
        with connected(self._place) as connection:
            return is_there(connection, self._place, LAYOUT)

    def groundwork(self, milter: str, courier: str) -> str:
        """Return statements that make schema, tables and rights, for psql."""
        return groundwork(self._place.schema, milter, courier)

    def leaving(self) -> AbstractContextManager[PostgresqlLeaving]:
        """Give the store for another engine to take over; nobody writes meanwhile."""
        return postgresql_moving.leaving(self._place)

    def take_over(self, keys: StoreKeys, left: Leaving, tell: Tell) -> None:
        """Fill the tables with what another engine leaves."""
        postgresql_moving.take_over(self._place, keys, left, tell)

    @contextmanager
    def _moment(self, *, of_any_format: bool = False) -> Iterator[PostgresqlMomentReads]:
        with connected(self._place) as connection:
            if not of_any_format:
                check_format(connection, self._place, LAYOUT)
            yield moment_over(connection, self._place.schema)


class PostgresqlMoment:
    """What is in the store now; no commit begins before :meth:`release`."""

    file = DATA

    def __init__(self, turn: Connection, txn: PostgresqlMomentReads) -> None:
        self._turn = turn
        self._txn = txn
        self.size = txn.size()

    def release(self) -> None:
        """Let others commit; what they do is not in this moment."""
        self._turn.execute("ROLLBACK")

    def write(self, fd: int) -> None:
        """Write all of it to ``fd``, which may be a pipe, as a file of LMDB's."""
        send_whole(self._txn, fd, self.size, MOVED, FORMAT_KEY)
