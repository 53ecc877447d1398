"""The access log: leaves in the order in which they were written, under a Merkle tree.

In an LMDB environment of the keeper's own, or in a database that the milter cannot read. Each
leaf is canonical bytes under its index; the transaction that writes it also writes what the tree
over all leaves (RFC 6962) gains by it. Several worker processes share the log; each opens it after
its fork.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rmp_milter.calls.protocol.leaves import PastEvent
from rmp_milter.calls.protocol.message import Event
from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.transaction import Expected, ReadOnly, WriteTransaction
from rmp_milter.keeper.log import head as log_head
from rmp_milter.keeper.log import writing as log_writing
from rmp_milter.keeper.log.carrying import carry
from rmp_milter.keeper.log.dossier_leaves import forget, newest_indexes
from rmp_milter.keeper.log.filed import FiledLeaf, filed_leaves
from rmp_milter.keeper.log.key_values import note_values, read_values
from rmp_milter.keeper.log.leaves import logged_at, past_event
from rmp_milter.keeper.log.open_log import (
    JournalError,
    LogFormatError,
    LogTakenOver,
    OpenLog,
    place_of,
)
from rmp_milter.keeper.log.own import Own, OwnAhead
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.signing import SIGNED_KEY
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.keeper.log.tree import LogFault, LogSnapshot
from rmp_milter.keeper.log.version import FORMAT, FORMAT_KEY
from rmp_milter.keeper.log.writing import INDEX_SIZE

__all__ = ["Journal", "JournalError", "LogFormatError", "LogTakenOver", "create"]

LOOKED_BACK = 1024
"""Leaves that :meth:`Journal.latest` looks at, at most, the first time."""

WithLeaf = Callable[[Own, bool], None]
"""What is written with a leaf; the second value says whether the leaf is new."""
NOTHING = OwnAhead()
T = TypeVar("T")


def create(place: Path | LogPlace, origin: str) -> None:
    """Start an empty log in a new place: an explicit act, done once.

    ``origin`` is the log's name in its checkpoints, for ever: a host and a path by custom,
    without spaces or plus signs. Raises :class:`JournalError` where there is or was a log.
    """
    at = place_of(place)
    state_file = log_head.state_file(at.folder)
    try:
        state = log_head.unsigned(origin)
        for there, name in ((at.is_there(), at), (state_file.exists(), state_file)):
            if there:
                raise JournalError(f"{name}: exists already, is not overwritten")
        at.make({FORMAT_KEY: FORMAT.mark, SIGNED_KEY: state.encode()})
    except (LogFault, StoreError) as fault:
        raise JournalError(f"access log: {fault}") from None
    log_head.begin_state(at.folder, state)


class Journal(OpenLog):
    """An open log, with what is written into it. Open one per process, after the fork."""

    def __init__(self, place: Path | LogPlace) -> None:
        """Open an existing log and look at its end; raises as :class:`~.open_log.OpenLog`."""
        super().__init__(place)
        self._looked_at = self._latest = 0

    def append(
        self,
        event: Event,
        logged_at: int,
        sealed: bytes = b"",
        *,
        with_it: WithLeaf | None = None,
        asked: OwnAhead = NOTHING,
    ) -> int:
        """Write the event's leaves and its ``sealed`` reason; return the index of the last.

        Durable on return. The same event, tried again (same action, dossier, request, actor,
        outcome and documents), finds its leaf, with the reason sealed then, and writes
        nothing; an event without a request is always new. ``with_it`` is called behind the
        leaf, in its transaction: what it writes is there with the leaf or neither is, what it
        raises passes, and nothing is written; it must not call the journal, and may be called
        again where a server was lost before anything was written. What it will most often ask
        for may be told beforehand (``asked``). Raises
        :class:`JournalError` where it cannot be written, :class:`LeafError` for what no leaf
        can hold.
        """

        def work(txn: WriteTransaction) -> int:
            written = log_writing.put(txn, event, logged_at, sealed)
            if with_it is not None:
                own = Own.of(txn)
                own.tidy(logged_at)
                with_it(own, written.is_new)
            return written.last

        def expected() -> Expected:
            told = log_writing.expected([event])
            asked.say(told)
            return told

        return self._write(work, expected)

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

        def work(txn: WriteTransaction) -> tuple[int, ...]:
            own = Own.of(txn)
            own.tidy(logged_at)
            written = [
                log_writing.put(txn, event, logged_at, sealed) for event, sealed in leaves
            ]
            with_them(own)
            return tuple(each.last for each in written)

        events = [event for event, _ in leaves]
        return self._write(work, lambda: log_writing.expected(events))

    def change(self, what: Callable[[Own], T]) -> T:
        """Change the keeper's own tables without a leaf; return what ``what`` returns.

        Durable on return, or as they were where it raises; it must not call the journal.
        Raises :class:`JournalError` where it cannot be written.
        """
        return self._write(lambda txn: what(Own.of(txn)))

    @contextmanager
    def own(self) -> Iterator[Own]:
        """Give the keeper's own tables as they are at the first look, to be read in the block.

        Raises :class:`JournalError` where they cannot be read.
        """
        with self._reading() as txn:
            yield Own.of(ReadOnly(txn))

    @contextmanager
    def looking(self, known: Iterable[bytes]) -> Iterator[Own]:
        """Give the keeper's own tables as they are at each look, for the block.

        The cards ``known`` under these keys are of one moment. For who asks nothing else, or is
        judged by again behind a leaf. Raises :class:`JournalError`.
        """
        with self._as_journal_error(), self._access.looking() as txn:
            own = Own.of(ReadOnly(txn))
            own.known.foresee(known)
            yield own

    def forget(
        self, dossier_id: bytes, *, with_it: Callable[[Own], None] | None = None
    ) -> None:
        """Forget which leaves are a dossier's; durable on return.

        ``with_it`` changes the keeper's own tables in the same transaction. Raises
        :class:`JournalError` where it cannot be written.
        """

        def work(txn: WriteTransaction) -> None:
            forget(txn, dossier_id)
            if with_it is not None:
                with_it(Own.of(txn))

        self._write(work)

    def carry(self, pepper: bytes, since: Callable[[bytes], Sequence[bytes]]) -> None:
        """Carry patients' digests on to the pepper of this id, all of them or none.

        ``since`` gives by which keys, from the id that they are under (empty: the first one's);
        what it raises passes. Raises :class:`JournalError` where it cannot be written.
        """
        self._write(lambda txn: carry(txn, Own.of(txn), pepper, since))

    def key_values(self) -> Mapping[str, tuple[bytes, ...]]:
        """Return what is noted of the key files; raise :class:`JournalError`."""
        with self._reading() as txn:
            return read_values(txn)

    def note_key_values(self, values: Mapping[str, tuple[bytes, ...]]) -> None:
        """Note values of key files, durable on return; raise :class:`JournalError`."""
        self._write(lambda txn: note_values(txn, values))

    def latest(self) -> int:
        """Return the latest time at which a leaf was written (epoch seconds), 0 for none.

        Of the last :data:`LOOKED_BACK` leaves and those that came since it was first asked:
        what is written while a clock is behind must not hide that it is. Raises
        :class:`JournalError` where a leaf cannot be read.
        """
        with self._as_journal_error(), self._access.looking() as txn:
            leaves, begin = LogSnapshot(txn), self._looked_at
            new = [*leaves.entries(begin, begin + LOOKED_BACK)] if begin else []
            if not begin or len(new) == LOOKED_BACK:
                size = log_writing.size_of(txn)
                begin = max(begin, size - LOOKED_BACK)
                new = [*leaves.entries(begin, size)]
        self._looked_at = begin + len(new)
        self._latest = max([self._latest, *map(logged_at, new)])
        return self._latest

    def history(self, dossier_id: bytes, limit: int) -> list[PastEvent]:
        """Return the newest ``limit`` events of a dossier, oldest first."""
        with self._reading() as txn:
            indexes = newest_indexes(txn, dossier_id, limit)
            keys = [index.to_bytes(INDEX_SIZE) for index in indexes]
            found = zip(indexes, txn.get_many(LogTable.LEAVES, keys), strict=True)
            return [past_event(index, bytes(leaf)) for index, leaf in found if leaf is not None]

    def filed(self) -> Iterator[FiledLeaf]:
        """Yield the leaves by which documents came into dossiers, dossier by dossier.

        They are those of one moment, in the order of the dossiers. Raises :class:`JournalError`.
        """
        with self._reading() as txn:
            yield from filed_leaves(txn)

    def begun(self) -> int:
        """Return when the log began, by the keeper's clock; 0 for an empty one."""
        with self._reading() as txn:
            first = txn.get(LogTable.LEAVES, bytes(INDEX_SIZE))
            return logged_at(bytes(first)) if first else 0
