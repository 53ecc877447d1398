"""The access log: leaves in the order in which they were written, under a Merkle tree.

An LMDB environment of the keeper's own. Each leaf is canonical bytes under its index; the
transaction that writes it also writes what the tree over all leaves (RFC 6962) gains by
it. Several worker processes share the log; each opens it after its fork.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rmp_milter.calls.protocol import Event, PastEvent
from rmp_milter.keeper.log import head as log_head
from rmp_milter.keeper.log import writing as log_writing
from rmp_milter.keeper.log.carrying import carry
from rmp_milter.keeper.log.dossier_leaves import forget, newest_indexes
from rmp_milter.keeper.log.file import FORMAT, FORMAT_KEY, open_environment, open_tables
from rmp_milter.keeper.log.filed import FiledLeaf, filed_leaves
from rmp_milter.keeper.log.key_values import note_values, read_values
from rmp_milter.keeper.log.leaves import logged_at, past_event
from rmp_milter.keeper.log.open_log import (
    JournalError,
    LogFormatError,
    OpenLog,
)
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.signing import SIGNED_KEY
from rmp_milter.keeper.log.tree import LogFault
from rmp_milter.keeper.log.writing import INDEX_SIZE

__all__ = ["Journal", "JournalError", "LogFormatError", "create"]

LOOKED_BACK = 1024
"""Leaves that :meth:`Journal.latest` looks at, at most, the first time."""

WithLeaf = Callable[[Own, bool], None]
"""What is written with a leaf; the second value says whether the leaf is new."""
T = TypeVar("T")


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
            transaction.put(SIGNED_KEY, state.encode())
    log_head.begin_state(folder, state)


class Journal(OpenLog):
    """An open log, with what is written into it. Open one per process, after the fork."""

    def __init__(self, folder: Path) -> None:
        """Open an existing log and look at its end; raises as :class:`~.open_log.OpenLog`."""
        super().__init__(folder)
        self._looked_at = self._latest = 0

    def append(
        self,
        event: Event,
        logged_at: int,
        sealed: bytes = b"",
        *,
        with_it: WithLeaf | None = None,
    ) -> int:
        """Write the event's leaves and its ``sealed`` reason; return the index of the last.

        Durable on return. The same event, tried again (same action, dossier, request, actor,
        outcome and documents), finds its leaf, with the reason sealed then, and writes
        nothing; an event without a request is always new. ``with_it`` is called behind the
        leaf, in its transaction: what it writes is there with the leaf or neither is, what it
        raises passes, and nothing is written; it must not call the journal. Raises
        :class:`JournalError` where it cannot be written, :class:`LeafError` for what no leaf
        can hold.
        """
        with self._writing() as transaction:
            written = log_writing.put(transaction, self._tables, event, logged_at, sealed)
            if with_it is not None:
                own = Own.of(transaction, self._own)
                own.tidy(logged_at)
                with_it(own, written.is_new)
        return written.last

    def append_all(
        self,
        leaves: Sequence[tuple[Event, bytes]],
        logged_at: int,
        *,
        with_them: Callable[[Own], None],
    ) -> tuple[int, ...]:
        """Write events, each with its sealed reason, as :meth:`append` does one: all or none.

        Returns their indexes. ``with_them`` is called once, behind the last.
        """
        with self._writing() as transaction:
            own = Own.of(transaction, self._own)
            own.tidy(logged_at)
            written = [
                log_writing.put(transaction, self._tables, event, logged_at, sealed)
                for event, sealed in leaves
            ]
            with_them(own)
        return tuple(each.last for each in written)

    def change(self, what: Callable[[Own], T]) -> T:
        """Change the keeper's own tables without a leaf; return what ``what`` returns.

        Durable on return, or as they were where it raises; it must not call the journal.
        Raises :class:`JournalError` where it cannot be written.
        """
        with self._writing() as transaction:
            return what(Own.of(transaction, self._own))

    @contextmanager
    def own(self) -> Iterator[Own]:
        """Give the keeper's own tables as they are now, to be read in the block.

        Raises :class:`JournalError` where they cannot be read.
        """
        with self._as_journal_error(), self._env.begin() as transaction:
            yield Own.of(transaction, self._own)

    def forget(
        self, dossier_id: bytes, *, with_it: Callable[[Own], None] | None = None
    ) -> None:
        """Forget which leaves are a dossier's; durable on return.

        ``with_it`` changes the keeper's own tables in the same transaction. Raises
        :class:`JournalError` where it cannot be written.
        """
        tables = self._tables
        with self._writing() as transaction:
            forget(transaction, tables.dossiers_salt, tables.dossiers, dossier_id)
            if with_it is not None:
                with_it(Own.of(transaction, self._own))

    def carry(self, pepper: bytes, since: Callable[[bytes], Sequence[bytes]]) -> None:
        """Carry patients' digests on to the pepper of this id, all of them or none.

        ``since`` gives by which keys, from the id that they are under (empty: the first one's);
        what it raises passes. Raises :class:`JournalError` where it cannot be written.
        """
        with self._writing() as transaction:
            carry(transaction, self._tables.meta, Own.of(transaction, self._own), pepper, since)

    def key_values(self) -> Mapping[str, tuple[bytes, ...]]:
        """Return what is noted of the key files; raise :class:`JournalError`."""
        with self._as_journal_error(), self._env.begin() as transaction:
            return read_values(transaction, self._tables.meta)

    def note_key_values(self, values: Mapping[str, tuple[bytes, ...]]) -> None:
        """Note values of key files, durable on return; raise :class:`JournalError`."""
        with self._writing() as transaction:
            note_values(transaction, self._tables.meta, values)

    def latest(self) -> int:
        """Return the latest time at which a leaf was written (epoch seconds), 0 for none.

        Of the last :data:`LOOKED_BACK` leaves and those that came since it was first asked:
        what is written while a clock is behind must not hide that it is. Raises
        :class:`JournalError` where a leaf cannot be read.
        """
        with self._as_journal_error(), self.snapshot() as seen:
            size = len(self)
            begin = max(self._looked_at, size - LOOKED_BACK)
            found = [self._latest, *map(logged_at, seen.entries(begin, size))]
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
        with self._as_journal_error():
            return [past_event(index, leaf) for index, leaf in found if leaf is not None]

    def filed(self) -> Iterator[FiledLeaf]:
        """Yield the leaves by which documents came into dossiers, dossier by dossier.

        They are those of one moment, in the order of the dossiers. Raises :class:`JournalError`.
        """
        with self._as_journal_error(), self._env.begin() as transaction:
            yield from filed_leaves(transaction, self._tables)

    def begun(self) -> int:
        """Return when the log began, by the keeper's clock; 0 for an empty one."""
        with self._as_journal_error(), self._env.begin() as transaction:
            first = transaction.get(bytes(INDEX_SIZE), db=self._tables.leaves)
            return logged_at(bytes(first)) if first else 0
