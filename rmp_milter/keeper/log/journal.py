"""The access log: leaves in the order in which they were written, under a Merkle tree.

An LMDB environment of the keeper's own. Each leaf is canonical bytes under its index; the
transaction that writes it also writes what the tree over all leaves (RFC 6962) gains by
it. Several worker processes share the log; each opens it after its fork.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.calls.protocol import Event, PastEvent
from rmp_milter.disk.closing import Closing
from rmp_milter.disk.write_turn import WriteTurn
from rmp_milter.keeper.log import head as log_head
from rmp_milter.keeper.log import writing as log_writing
from rmp_milter.keeper.log.dossier_leaves import forget, newest_indexes
from rmp_milter.keeper.log.file import (
    DATA,
    FORMAT,
    FORMAT_KEY,
    OtherFormat,
    check_format,
    open_environment,
    open_tables,
)
from rmp_milter.keeper.log.filed import FiledLeaf, filed_leaves
from rmp_milter.keeper.log.head import Signed
from rmp_milter.keeper.log.leaves import logged_at, past_event
from rmp_milter.keeper.log.tree import LogFault, LogSnapshot, Tree
from rmp_milter.keeper.log.writing import INDEX_SIZE

LOOKED_BACK = 1024
"""Leaves that :meth:`Journal.latest` looks at, at most, the first time."""
_SIGNED_KEY = b"signed"


class JournalError(Exception):
    """The log is missing, damaged or cannot be written: the keeper must not go on."""


class LogFormatError(JournalError):
    """The log is of another format than this version's; it is left as it is."""


def create(folder: Path, origin: str) -> None:
    """Start an empty log in a new folder: an explicit act, done once.

    ``origin`` is the log's name in its checkpoints, for ever: a host and a path by custom,
    without spaces or plus signs. Raises :class:`JournalError` where there is or was a log.
    """
    for path in (folder, log_head.state_file(folder)):
        if path.exists():
            raise JournalError(f"{path}: exists already, is not overwritten")
    try:
        state = log_head.unsigned(origin)
    except LogFault as fault:
        raise JournalError(f"access log: {fault}") from None
    folder.mkdir(mode=0o700, parents=True)
    with open_environment(folder, create=True) as env:
        tables = open_tables(env, create=True)
        with env.begin(db=tables.meta, write=True) as transaction:
            transaction.put(FORMAT_KEY, FORMAT.mark)
            transaction.put(_SIGNED_KEY, state.encode())
    log_head.begin_state(folder, state)


class Journal(Closing):
    """An open log. Open one per process, after the fork."""

    def __init__(self, folder: Path) -> None:
        """Open an existing log and look at its end.

        Raises :class:`JournalError` for a log that is missing, empty or cut, that is older
        than its last checkpoint, or whose tree does not end with its last leaf, and its
        :class:`LogFormatError` for one of another format.
        """
        if not (folder / DATA).is_file():
            raise JournalError(f"{folder}: no access log there; it is made once, by init")
        self._folder = folder
        self._looked_at = self._latest = 0
        try:
            self._env = open_environment(folder)
            self._turn = WriteTurn(folder)
            self._look()
        except OtherFormat as fault:
            raise LogFormatError(f"{folder}: {fault}") from None
        except LogFault as fault:
            raise JournalError(f"{folder}: {fault}") from None
        except lmdb.Error as error:
            raise JournalError(f"{folder}: not an access log ({error})") from None

    def _look(self) -> None:
        """Open the tables and check what is cheap to check; close the log if it is wrong."""
        try:
            check_format(self._env)  # first: another format may have other tables
            self._tables = open_tables(self._env)
            state = log_head.read_state(self._folder)  # before the leaves, which only grow
            with self._env.begin() as transaction:
                self._check_end(transaction, state)
        except BaseException:
            self.close()
            raise

    def _check_end(self, transaction: lmdb.Transaction, state: Signed) -> None:
        """Look at the last leaf, and whether all extends what was signed last."""
        size, tree = log_writing.size_of(transaction, self._tables), self._tree(transaction)
        own = self._signed(transaction)
        if transaction.stat(self._tables.leaves)["entries"] != size:
            raise LogFault("leaves are missing among the others")
        with transaction.cursor(db=self._tables.leaves) as cursor:
            tree.check_end(size, bytes(cursor.value()) if cursor.last() else b"")
        if state.head.origin != own.head.origin:
            raise LogFault(f"the state file beside it is that of the log {state.head.origin}")
        for signed in (own, state):
            tree.check_extends(size, signed.head)

    def _tree(self, transaction: lmdb.Transaction) -> Tree:
        return Tree(transaction, self._tables.nodes)

    def _signed(self, transaction: lmdb.Transaction) -> Signed:
        return log_head.decode(bytes(transaction.get(_SIGNED_KEY, b"", db=self._tables.meta)))

    def append(self, event: Event, logged_at: int, sealed: bytes = b"") -> int:
        """Write the event's leaves and its ``sealed`` reason; return the index of the last.

        Durable on return. The same event, tried again (same action, dossier, request, actor,
        outcome and documents), finds its leaf, with the reason sealed then, and writes
        nothing; an event without a request is always new. Raises :class:`JournalError` where
        it cannot be written, :class:`LeafError` for what no leaf can hold.
        """
        try:
            with self._turn, self._env.begin(write=True) as transaction:
                return log_writing.put(transaction, self._tables, event, logged_at, sealed)
        except (lmdb.Error, LogFault) as error:
            raise JournalError(f"access log: {_reason(error)}") from error

    def forget(self, dossier_id: bytes) -> None:
        """Forget which leaves are a dossier's; durable on return.

        Raises :class:`JournalError` where it cannot be written.
        """
        try:
            with self._turn, self._env.begin(write=True) as transaction:
                forget(
                    transaction, self._tables.dossiers_salt, self._tables.dossiers, dossier_id
                )
        except lmdb.Error as error:
            raise JournalError(f"access log: {_reason(error)}") from error

    def checkpoint(self, key: Ed25519PrivateKey) -> bytes:
        """Sign the tree as it is now; return the checkpoint (C2SP tlog-checkpoint).

        What was signed is on disk, here and in the state file, before this returns. Raises
        :class:`JournalError` for a log that does not extend what was signed before.
        """
        try:
            with self._turn, self._env.begin(write=True) as transaction:
                last = max(
                    (self._signed(transaction), log_head.read_state(self._folder)),
                    key=lambda signed: signed.head.size,
                )
                tree, size = (
                    self._tree(transaction),
                    log_writing.size_of(transaction, self._tables),
                )
                signed = log_head.next_signed(tree, size, last, key)
                log_head.write_state(self._folder, signed)
                transaction.put(_SIGNED_KEY, signed.encode(), db=self._tables.meta)
        except (lmdb.Error, LogFault, OSError) as error:
            raise JournalError(f"access log: {_reason(error)}") from error
        return signed.note

    @property
    def origin(self) -> str:
        """The log's name."""
        with self._env.begin() as transaction:
            return self._signed(transaction).head.origin

    @contextmanager
    def snapshot(self) -> Iterator[LogSnapshot]:
        """Give the log as it is now, for as long as the block lasts."""
        with self._env.begin() as transaction:
            yield LogSnapshot(
                transaction, self._tables.leaves, self._tree(transaction), self._tables.reasons
            )

    def __len__(self) -> int:
        with self._env.begin() as transaction:
            return log_writing.size_of(transaction, self._tables)

    def latest(self) -> int:
        """Return the latest time at which a leaf was written (epoch seconds), 0 for none.

        Of the last :data:`LOOKED_BACK` leaves and those that came since it was first asked:
        what is written while a clock is behind must not hide that it is. Raises
        :class:`JournalError` where a leaf cannot be read.
        """
        with self.snapshot() as seen:
            size = len(self)
            begin = max(self._looked_at, size - LOOKED_BACK)
            found = [self._latest]
            try:
                found += map(logged_at, seen.entries(begin, size))
            except LogFault as fault:
                raise JournalError(f"access log: {fault}") from fault
        self._looked_at, self._latest = size, max(found)
        return self._latest

    def history(self, dossier_id: bytes, limit: int) -> list[PastEvent]:
        """Return the newest ``limit`` events of a dossier, oldest first."""
        with self._env.begin() as transaction:
            indexes = newest_indexes(transaction, self._tables.dossiers, dossier_id, limit)
            found = [
                (index, transaction.get(index.to_bytes(INDEX_SIZE), db=self._tables.leaves))
                for index in indexes
            ]
        try:
            return [past_event(index, leaf) for index, leaf in found if leaf is not None]
        except LogFault as fault:
            raise JournalError(f"access log: {fault}") from fault

    def filed(self) -> tuple[list[FiledLeaf], int]:
        """Return the leaves by which documents came into dossiers, and when the log began.

        That is by the keeper's clock, 0 for an empty log. Raises :class:`JournalError`.
        """
        try:
            with self._env.begin() as transaction:
                first = transaction.get(bytes(INDEX_SIZE), db=self._tables.leaves)
                begun = logged_at(bytes(first)) if first else 0
                return [*filed_leaves(transaction, self._tables)], begun
        except LogFault as fault:
            raise JournalError(f"access log: {fault}") from fault

    def close(self) -> None:
        """Close the environment."""
        self._env.close()
        self._turn.close()


def _reason(error: Exception) -> str:
    """Return what the host's log may hold of it: a fault says where, LMDB only its kind."""
    return str(error) if isinstance(error, LogFault) else type(error).__name__
