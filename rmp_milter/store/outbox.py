"""The outbox as the courier uses it: with its key alone, beside the running milter.

A row is sent at least once: it stays due until :meth:`LmdbOutbox.sent` is durable. Rows do
not vanish: what cannot be sent is parked, with its content, until the host decides.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import msgspec

from rmp_milter.disk.closing import Closing
from rmp_milter.store.format.codecs import OutboxCodecs, number_of, u64
from rmp_milter.store.format.environment import Environment, lease, release
from rmp_milter.store.format.failures import DamagedRecordError, StoreError
from rmp_milter.store.format.keys import OUTBOX, PUT_BACK, StoreKeyError
from rmp_milter.store.format.records import (
    OutboxRow,
    RowState,
    SentNote,
    WaitingMail,
    from_stored,
)
from rmp_milter.store.format.tables import OUTBOX_LEDGER_KEY
from rmp_milter.store.read.bodies import Bodies
from rmp_milter.store.write.outbox_rows import OutboxRows, harmless_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import lmdb

    from rmp_milter.dossier.model import OutgoingMail
    from rmp_milter.store.format.tables import Tables

__all__ = ["LmdbOutbox", "LmdbOutboxSnapshot", "OutboxRow", "RowState"]


class LmdbOutboxSnapshot(Bodies):
    """The outbox at one moment: what to send, and the stored bodies that go into it."""

    def __init__(
        self, txn: lmdb.Transaction[memoryview], tables: Tables, codecs: OutboxCodecs
    ) -> None:
        super().__init__(txn, tables.bodies)
        self._tables = tables
        self._codecs = codecs

    def load(self, row: int) -> OutgoingMail:
        """Return the mail of ``row``; raises :class:`StoreError` where there is none."""
        sealed = self._txn.get(u64(row), db=self._tables.outbox)
        if sealed is None:
            raise StoreError(f"there is no row {row} in the outbox")
        return from_stored(self._codecs.mails.open(u64(row), sealed))

    def due(self, now: int, limit: int) -> Iterator[OutboxRow]:
        """Yield up to ``limit`` rows whose next try has come, the longest waiting first.

        A row whose state is damaged is left out, so that it holds up no other; it is
        shown by :meth:`rows`.
        """
        keys = self._txn.cursor(self._tables.outbox_due).iternext(keys=True, values=False)
        for key in keys:
            if limit <= 0 or number_of(key[:4]) > now:
                return
            row = self._waiting_row(number_of(key[4:]))
            if row.state is not RowState.DAMAGED:
                limit -= 1
                yield row

    def rows(self, *, sent: bool) -> Iterator[OutboxRow]:
        """Yield every row that has its content, and the notes of bounced rows.

        With ``sent`` the notes of all rows sent lately. By number within each group.
        """
        states = self._txn.cursor(self._tables.outbox_state)
        for key in states.iternext(keys=True, values=False):
            yield self._waiting_row(number_of(key))
        for key, sealed in self._txn.cursor(self._tables.sent):
            note = self._sent_row(bytes(key), sealed)
            if sent or note.state is not RowState.SENT:
                yield note

    def _waiting_row(self, row: int) -> OutboxRow:
        sealed = self._txn.get(u64(row), b"", db=self._tables.outbox_state)
        try:
            return _show_waiting(row, self._codecs.states.open(u64(row), sealed))
        except DamagedRecordError as error:
            return _show_damaged(row, error)

    def _sent_row(self, key: bytes, sealed: memoryview) -> OutboxRow:
        try:
            return _show_sent(number_of(key), self._codecs.notes.open(key, sealed))
        except DamagedRecordError as error:
            return _show_damaged(number_of(key), error)


class LmdbOutbox(Closing):
    """An open outbox. Its methods may be called from many threads at once.

    All raise :class:`StoreFailed` when the environment is broken (the process is to
    end), and those on a row :class:`StoreError` where the row is not there.
    """

    def __init__(
        self,
        environment: Environment,
        codecs: OutboxCodecs,
        clock: Callable[[], float],
    ) -> None:
        self._environment = environment
        self._codecs = codecs
        self._clock = clock
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: Path,
        outbox_key: bytes,
        map_bytes: int,
        *,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Open the outbox of the store in ``folder``; raises :class:`StoreError`.

        ``clock`` (epoch seconds) says when a row was sent, for the life of its note.
        """
        codecs = OutboxCodecs(outbox_key)
        environment = lease(folder, map_bytes)
        try:
            _check_key(environment, codecs, folder)
        except StoreError:
            release(environment)
            raise
        return cls(environment, codecs, clock)

    @contextmanager
    def snapshot(self) -> Iterator[LmdbOutboxSnapshot]:
        """Give the outbox at this moment; bodies are lent as long as the block lasts."""
        with self._environment.reading() as txn:
            snapshot = LmdbOutboxSnapshot(txn, self._environment.tables, self._codecs)
            with snapshot.lent():
                yield snapshot

    def load(self, row: int) -> OutgoingMail:
        """Return the mail of ``row``, its bodies still by reference."""
        with self.snapshot() as snapshot:
            return snapshot.load(row)

    def rows(self, *, sent: bool = False) -> list[OutboxRow]:
        """Return all rows, and those that bounced lately; with ``sent`` the sent ones too."""
        with self.snapshot() as snapshot:
            return list(snapshot.rows(sent=sent))

    def last_change(self) -> int:
        """Return a number that grows with every commit of any process (cheap to ask)."""
        return self._environment.last_change()

    def sent(self, *numbers: int) -> None:
        """Remove the content of these rows; keep a sealed note of each for 30 days.

        All in one transaction, or none: where one is not there or is damaged.
        """
        now = int(self._clock())
        with self._rows() as rows:
            for row in numbers:
                rows.sent(row, now)
            rows.prune(now)

    def failed(self, row: int, reason: str, next_try: int) -> None:
        """Note a failed attempt; the row is due again at ``next_try`` (epoch seconds).

        The mails of its answer that follow it are not due before.
        """
        with self._rows() as rows:
            old = rows.waiting(row)
            new = _after_failure(old, reason, next_try)
            rows.change(row, old, new)
            rows.put_off_after(row, new)

    def park(self, row: int, reason: str) -> None:
        """Have ``row`` wait for the host: it is not due until :meth:`retry`."""
        with self._rows() as rows:
            rows.park(row, rows.waiting(row), reason, bounced=False)

    def retry(self, row: int, now: int) -> None:
        """Have ``row`` sent from ``now`` on as if it were new, with the same Message-ID."""
        with self._rows() as rows:
            old = rows.waiting(row)
            rows.change(
                row,
                old,
                WaitingMail(
                    recipient=old.recipient,
                    message_id=old.message_id,
                    since=now,
                    next_try=now,
                ),
            )

    def close(self) -> None:
        """Give the environment back; closing twice does nothing."""
        if not self._closed:
            self._closed = True
            release(self._environment)

    @contextmanager
    def _rows(self) -> Iterator[OutboxRows]:
        """Give the rows in a write transaction, durable after the block."""
        with self._environment.writing() as txn:
            rows = OutboxRows(txn, self._environment.tables, self._codecs)
            yield rows
            rows.finish()


def _after_failure(old: WaitingMail, reason: str, next_try: int) -> WaitingMail:
    return msgspec.structs.replace(
        old,
        attempts=old.attempts + 1,
        next_try=next_try,
        reason=harmless_reason(reason),
    )


def _check_key(environment: Environment, codecs: OutboxCodecs, folder: Path) -> None:
    with environment.reading() as txn:
        ledger = txn.get(OUTBOX_LEDGER_KEY, b"", db=environment.tables.meta)
        try:
            codecs.ledger.open(OUTBOX_LEDGER_KEY, ledger)
        except StoreError as error:
            line = f"the key is not that of the outbox in {folder}: {OUTBOX} is another one"
            raise StoreKeyError(line, PUT_BACK) from error


def _show_waiting(row: int, state: WaitingMail) -> OutboxRow:
    parked = RowState.BOUNCED if state.bounced else RowState.PARKED
    return OutboxRow(
        row=row,
        recipient=state.recipient,
        message_id=state.message_id,
        state=parked if state.parked else RowState.WAITING,
        attempts=state.attempts,
        since=state.since,
        next_try=0 if state.parked else state.next_try,
        reason=state.reason,
    )


def _show_sent(row: int, note: SentNote) -> OutboxRow:
    return OutboxRow(
        row=row,
        recipient=note.recipient,
        message_id=note.message_id,
        state=RowState.BOUNCED if note.bounced else RowState.SENT,
        attempts=note.attempts,
        sent_at=note.sent_at,
        reason=note.reason,
    )


def _show_damaged(row: int, error: DamagedRecordError) -> OutboxRow:
    return OutboxRow(
        row=row, recipient="", message_id="", state=RowState.DAMAGED, reason=str(error)
    )
