"""The log taken over by its other engine: a folder's by a server, or a server's by a folder.

Every record is copied, compared and verified as a whole (every leaf hashed anew, every node, all
that was signed) before the other counts; the one that is left has them until then. A call that was
cut off is given again, and goes on. The state file beside both stays what it is.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import lmdb

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.disk.write_turn import WriteTurn
from rmp_milter.engine.failures import OtherFormatError, StoreError
from rmp_milter.engine.filling import differ, fill
from rmp_milter.engine.lmdb_file import FileFilled
from rmp_milter.engine.lmdb_lock import in_use
from rmp_milter.engine.lmdb_transaction import LmdbReads
from rmp_milter.engine.postgresql import moving
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.schema import check_format
from rmp_milter.keeper.log.copying import LogSeen, check_whole, seen_in
from rmp_milter.keeper.log.file import DATA, untouched
from rmp_milter.keeper.log.head import read_state
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.keeper.log.lmdb_log import LmdbLog, open_all
from rmp_milter.keeper.log.postgresql_log import LAYOUT, MOVED
from rmp_milter.keeper.log.signing import check_end
from rmp_milter.keeper.log.tree import LogFault
from rmp_milter.keeper.log.version import FORMAT, FORMAT_KEY
from rmp_milter.tlog.notes import NoteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.engine.filling import Filled, Tell
    from rmp_milter.engine.transaction import ReadTransaction
    from rmp_milter.keeper.log.postgresql_log import PostgresqlLog

LEFT = DATA + ".moved"
"""What the file is called once a server has all of it."""
IN_USE = "a process has the access log open: stop the keeper first"


def to_server(log: PostgresqlLog, vkey: str, tell: Tell) -> LogSeen:
    """Move a folder's log to a server; return what it holds. Raises :class:`.JournalError`."""
    folder = log.folder
    with _as_journal_error(), _folder_left(folder) as source:

        def filled(target: Filled) -> None:
            fill(source, target, MOVED, tell)
            with target.moment() as moment:
                _check(moment, folder, vkey, tell)

        if _is_log(log):  # the call before was cut off at its very end
            with connect(log.server) as connection:
                target = moving.TablesFilled(connection, log.server, LAYOUT)
                with target.moment() as there:
                    _compare(source, there, tell)
        else:
            moving.take_over(log.server, LAYOUT, filled)
        seen = seen_in(source)
        (folder / DATA).replace(folder / LEFT)
        sync_folder(folder)
        return seen


def to_folder(log: PostgresqlLog, vkey: str, tell: Tell) -> LogSeen:
    """Move a server's log into its folder; return what it holds. Raises :class:`.JournalError`."""
    folder = log.folder
    place = folder.with_name(f"{folder.name}.moving")
    with _as_journal_error(), moving.leaving(log.server, LAYOUT) as left:
        if (folder / DATA).exists():  # the call before was cut off at its very end
            with _folder_left(folder) as there:
                _compare(left.moment, there, tell)
        else:
            place.mkdir(mode=0o700, exist_ok=True)
            with FileFilled(place, left.size, MOVED) as file:
                fill(left.moment, file, MOVED, tell)
                with file.moment() as moment:
                    _check(moment, folder, vkey, tell)
                file.mark(FORMAT_KEY, FORMAT.mark)
            folder.mkdir(mode=0o700, exist_ok=True)
            (place / DATA).replace(folder / DATA)
            sync_folder(folder)
            sync_folder(folder.parent)
        seen = seen_in(left.moment)
        left.settle()
        shutil.rmtree(place, ignore_errors=True)
        return seen


def _is_log(log: PostgresqlLog) -> bool:
    with connect(log.server) as connection:
        try:
            check_format(connection, log.server, LAYOUT)
        except OtherFormatError:
            raise
        except StoreError:
            return False
    return True


def _check(txn: ReadTransaction, folder: Path, vkey: str, tell: Tell) -> None:
    state = read_state(folder)
    check_end(txn, state)
    check_whole(txn, lambda done, total: tell("verifying", done, total), [state.note], vkey)


def _compare(source: ReadTransaction, there: ReadTransaction, tell: Tell) -> None:
    """See that the other has all of it already; raise :class:`.LogFault` where it has not."""
    if table := differ(source, there, MOVED, tell):
        line = f"there is a log in both places, and their tables {table} differ"
        raise LogFault(f"{line}: nothing was moved")


@contextmanager
def _folder_left(folder: Path) -> Iterator[ReadTransaction]:
    """Give a folder's log that nobody has open; who would write to it waits."""
    if not (folder / DATA).is_file():
        raise LogFault(f"{folder}: no access log there")
    if in_use(folder):
        raise LogFault(IN_USE)
    with LmdbLog(folder).open() as access:
        access.have_own()  # one of before gains the keeper's tables
    turn, env = WriteTurn(folder), untouched(folder)
    try:
        handles = open_all(env)
        with turn, env.begin() as transaction:
            yield LmdbReads(transaction, handles)
    finally:
        env.close()
        turn.close()


@contextmanager
def _as_journal_error() -> Iterator[None]:
    try:
        yield
    except (LogFault, NoteError, StoreError, OSError, lmdb.Error) as error:
        raise JournalError(f"access log: {error}", getattr(error, "hint", "")) from error
