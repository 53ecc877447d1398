"""The log, with the keeper's own tables, copied as it is at one moment; and a copy verified.

The state file is read before that moment: what it says was signed, a log of later extends.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import lmdb
import msgspec

from rmp_milter.audit.signers import signers_of
from rmp_milter.disk.closing import Closing
from rmp_milter.keeper.keys.keys import LogKey
from rmp_milter.keeper.log.file import (
    DATA,
    MAP_SIZE,
    MAX_TABLES,
    LogTables,
    OtherFormat,
    check_format,
    open_environment,
    open_tables,
)
from rmp_milter.keeper.log.handovers import handovers_of
from rmp_milter.keeper.log.head import read_state, verifier_key
from rmp_milter.keeper.log.journal import JournalError, LogFormatError
from rmp_milter.keeper.log.leaves import logged_at
from rmp_milter.keeper.log.signing import check_end, signed_in
from rmp_milter.keeper.log.tree import LogFault, Tree
from rmp_milter.keeper.log.writing import size_of
from rmp_milter.tlog.hashing import leaf_hash
from rmp_milter.tlog.nodes import node_count, nodes_made
from rmp_milter.tlog.notes import NoteError, VerifierKey

STEP = 4096
Told = Callable[[int, int], None]


class LogSeen(msgspec.Struct, frozen=True):
    """What a log holds at one moment: its name, how many leaves under which root.

    ``signed`` leaves are under its last checkpoint, ``latest`` is when the last leaf was
    written (epoch seconds, 0 for none), ``vkey`` the key that auditors hold.
    """

    origin: str
    size: int
    root: str
    signed: int
    latest: int
    vkey: str = ""


class LogMoment(Closing):
    """A log that may be in use. :meth:`take` fixes the moment, :meth:`write` copies it."""

    file = DATA

    def __init__(self, folder: Path, key: LogKey) -> None:
        """Open the log in ``folder``; raises :class:`JournalError`."""
        self._folder, self._key = folder, key
        self._open = ExitStack()
        self.state = b""
        if not (folder / DATA).is_file():
            raise JournalError(f"{folder}: no access log there")
        with _as_journal_error(folder):
            self._env = self._open.enter_context(open_environment(folder))
            check_format(self._env)
            self._tables = open_tables(self._env)

    @property
    def size(self) -> int:
        """About how many bytes :meth:`write` writes."""
        return (int(self._env.info()["last_pgno"]) + 1) * int(self._env.stat()["psize"])

    def take(self) -> LogSeen:
        """Have it be as it is now; return what that is. Raises :class:`JournalError`."""
        with _as_journal_error(self._folder):
            signed = read_state(self._folder)
            self.state = signed.encode()
            self._txn = self._open.enter_context(self._env.begin())
            check_end(self._txn, self._tables, signed)
            seen = _seen(self._txn, self._tables)
            vkey = str(verifier_key(self._key, seen.origin))
            return msgspec.structs.replace(seen, vkey=vkey)

    def write(self, fd: int) -> None:
        """Write it to ``fd``, without freed pages; raises :class:`JournalError`."""
        with _as_journal_error(self._folder):
            self._env.copyfd(fd, compact=True, txn=self._txn)

    def close(self) -> None:
        """Give it up."""
        self._open.close()


def verify_copy(folder: Path, told: Told, vkey: str = "", checkpoint: bytes = b"") -> LogSeen:
    """Verify all of a log of which no process has the copy in ``folder`` open.

    Every leaf is hashed anew and every node of the tree compared; all must extend what was
    signed last, and ``checkpoint``; all bear the signature of ``vkey``, or of a key from which or
    to which it was handed over. Nothing is written.
    Raises :class:`JournalError` with what is wrong.
    """
    with _as_journal_error(folder), closing(_untouched(folder)) as env:
        check_format(env)
        tables, names = open_tables(env), _names(env)
        others = [env.open_db(name, create=False) for name in names]
        with env.begin() as txn:
            state = read_state(folder)
            check_end(txn, tables, state)
            _check_nodes(txn, tables, told)
            for table in others:  # whatever lies there can be read
                for key, value in txn.cursor(table):
                    bytes(key), bytes(value)
            notes = (signed_in(txn, tables).note, state.note, checkpoint)
            _check_signatures(txn, tables, [*filter(None, notes)], vkey)
            return _seen(txn, tables)


def _untouched(folder: Path) -> lmdb.Environment:
    if not (folder / DATA).is_file():
        raise LogFault("no access log there")
    return lmdb.open(
        str(folder),
        map_size=MAP_SIZE,
        max_dbs=MAX_TABLES,
        create=False,
        readonly=True,
        lock=False,
    )


def _names(env: lmdb.Environment) -> list[bytes]:
    with env.begin() as txn:
        return [bytes(name) for name, _ in txn.cursor()]


def _seen(txn: lmdb.Transaction, tables: LogTables) -> LogSeen:
    size, signed = size_of(txn, tables), signed_in(txn, tables)
    head = Tree(txn, tables.nodes).head(signed.head.origin, size)
    with txn.cursor(db=tables.leaves) as cursor:
        latest = logged_at(bytes(cursor.value())) if cursor.last() else 0
    return LogSeen(head.origin, size, head.root.hex(), signed.head.size, latest)


def _check_nodes(txn: lmdb.Transaction, tables: LogTables, told: Told) -> None:
    """Make the tree anew from the leaves, and compare node by node, in their order."""
    tree, size = Tree(txn, tables.nodes), size_of(txn, tables)
    with txn.cursor(db=tables.leaves) as leaves, txn.cursor(db=tables.nodes) as nodes:
        there = nodes.iternext(keys=False)
        for number, (key, leaf) in enumerate(leaves):
            if int.from_bytes(key) != number:
                raise LogFault(f"leaf {number} is missing")
            for made in nodes_made(tree.node, number, leaf_hash(bytes(leaf))):
                if bytes(next(there, b"")) != made:
                    raise LogFault(f"leaf {number} is not the one that the tree was built over")
            if number % STEP == 0:
                told(number, size)
    told(size, size)
    if txn.stat(tables.nodes)["entries"] != node_count(size):
        raise LogFault("the tree has other nodes than its leaves make")


def _check_signatures(
    txn: lmdb.Transaction, tables: LogTables, notes: Sequence[bytes], vkey: str
) -> None:
    """See that checkpoints are by the log's keys, ``vkey`` being one of them, and are extended.

    So do those by which it was handed over from one key to the next.
    """
    tree, size = Tree(txn, tables.nodes), size_of(txn, tables)
    handovers = handovers_of(txn, tables)
    signers, findings = signers_of(VerifierKey.parse(vkey) if vkey else None, handovers)
    if findings:
        raise LogFault(findings[0].line)
    own = signed_in(txn, tables).head.origin
    for note in (*notes, *(each.proof.checkpoint for each in handovers)):
        head = signers.read(note)
        if head.origin != own:
            raise LogFault(f"the checkpoint is of the log {head.origin}, this one is {own}")
        tree.check_extends(size, head)


@contextmanager
def _as_journal_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OtherFormat as fault:
        raise LogFormatError(f"{folder}: {fault}") from fault
    except (LogFault, NoteError) as fault:
        raise JournalError(f"access log: {fault}") from fault
    except lmdb.Error as error:
        raise JournalError(f"access log: {type(error).__name__}") from error
