"""The outbox as the courier uses it: with its key alone, beside the running milter.

A row is sent at least once: it stays due until :meth:`OpenOutbox.sent` is durable. Rows do
not vanish: what cannot be sent is parked, with its content, until the host decides.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice, takewhile
from typing import TYPE_CHECKING

import msgspec

from rmp_milter.engine.transaction import Expected
from rmp_milter.store.format.codecs import OutboxCodecs, number_of, u64
from rmp_milter.store.format.failures import DamagedRecordError, StoreError
from rmp_milter.store.format.keys import OUTBOX, PUT_BACK, StoreKeyError
from rmp_milter.store.format.records import (
    OutboxRow,
    RowState,
    SentNote,
    WaitingMail,
    from_stored,
)
from rmp_milter.store.format.tables import OUTBOX_LEDGER_KEY, StoreTable
from rmp_milter.store.read.bodies import Bodies
from rmp_milter.store.write.outbox_rows import OutboxRows, harmless_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rmp_milter.dossier.model import OutgoingMail
    from rmp_milter.engine.transaction import (
        Access,
        Value,
        WholeMoment,
        WriteTransaction,
    )

READ_AT_ONCE = 32
"""States of rows that are read in one go: most looks at the outbox need no more."""

__all__ = ["OpenOutbox", "OutboxRow", "OutboxView", "RowState", "check_outbox_key"]


class OutboxView(Bodies):
    """The outbox at one moment: what to send, and the stored bodies that go into it."""

    def __init__(self, txn: WholeMoment, codecs: OutboxCodecs) -> None:
        super().__init__(txn)
        self._codecs = codecs

    def load(self, row: int) -> OutgoingMail:
        """Return the mail of ``row``; raises :class:`StoreError` where there is none."""
        sealed = self._txn.get(StoreTable.OUTBOX, u64(row))
        if sealed is None:
            raise StoreError(f"there is no row {row} in the outbox")
        return from_stored(self._codecs.mails.open(u64(row), sealed))

    def due(self, now: int, limit: int) -> Iterator[OutboxRow]:
        """Yield up to ``limit`` rows whose next try has come, the longest waiting first.

        A row whose state is damaged is left out, so that it holds up no other; it is
        shown by :meth:`rows`.
        """
        over = takewhile(
            lambda key: number_of(key[:4]) <= now, self._txn.keys(StoreTable.OUTBOX_DUE)
        )
        while limit > 0 and (some := list(islice(over, min(limit, READ_AT_ONCE)))):
            for key, sealed in zip(some, self._states([key[4:] for key in some]), strict=True):
                row = self._shown(number_of(key[4:]), sealed)
                # What changed between two looks has another place by now, or none.
                if row.state is not RowState.DAMAGED and row.next_try == number_of(key[:4]):
                    limit -= 1
                    yield row

    def rows(self, *, sent: bool) -> Iterator[OutboxRow]:
        """Yield every row that has its content, and the notes of bounced rows.

        With ``sent`` the notes of all rows sent lately. By number within each group.
        """
        for key, sealed in self._txn.records(StoreTable.OUTBOX_STATE):
            yield self._shown(number_of(key), sealed)
        for key, sealed in self._txn.records(StoreTable.SENT):
            note = self._sent_row(key, sealed)
            if sent or note.state is not RowState.SENT:
                yield note

    def _states(self, keys: Sequence[bytes]) -> Sequence[Value | None]:
        return self._txn.get_many(StoreTable.OUTBOX_STATE, keys)

    def _shown(self, row: int, sealed: Value | None) -> OutboxRow:
        try:
            return _show_waiting(row, self._codecs.states.open(u64(row), sealed or b""))
        except DamagedRecordError as error:
            return _show_damaged(row, error)

    def _sent_row(self, key: bytes, sealed: Value) -> OutboxRow:
        try:
            return _show_sent(number_of(key), self._codecs.notes.open(key, sealed))
        except DamagedRecordError as error:
            return _show_damaged(number_of(key), error)


class OpenOutbox:
    """An open outbox in any engine. Its methods may be called from many threads at once.

    All raise :class:`StoreFailed` when the store is broken (the process is to end), and those
    on a row :class:`StoreError` where the row is not there.
    """

    def __init__(
        self, access: Access, codecs: OutboxCodecs, clock: Callable[[], float]
    ) -> None:
        self._access = access
        self._codecs = codecs
        self._clock = clock

    @contextmanager
    def snapshot(self, *, late: bool = False) -> Iterator[OutboxView]:
        """Give the outbox at this moment, or as ``late`` as at the first look.

        Bodies are lent as long as the block lasts.
        """
        with self._access.reading(late=late) as txn:
            snapshot = OutboxView(txn, self._codecs)
            with snapshot.lent():
                yield snapshot

    @contextmanager
    def looking(self) -> Iterator[OutboxView]:
        """Give the outbox as it is at each look, whatever changes between two."""
        with self._access.looking() as txn:
            snapshot = OutboxView(txn, self._codecs)
            with snapshot.lent():
                yield snapshot

    def load(self, row: int) -> OutgoingMail:
        """Return the mail of ``row`` as it is now, its bodies still by reference."""
        with self.looking() as view:
            return view.load(row)

    def rows(self, *, sent: bool = False) -> list[OutboxRow]:
        """Return all rows, and those that bounced lately; with ``sent`` the sent ones too."""
        with self.snapshot() as snapshot:
            return list(snapshot.rows(sent=sent))

    def last_change(self) -> int:
        """Return a number that grows with every commit of any process (cheap to ask)."""
        return self._access.last_change()

    def sent(self, *numbers: int) -> None:
        """Remove the content of these rows; keep a sealed note of each for 30 days.

        All in one transaction, or none: where one is not there or is damaged.
        """
        now = int(self._clock())

        def note(rows: OutboxRows) -> None:
            rows.foresee_sent(numbers)
            for row in numbers:
                rows.sent(row, now)
            rows.prune(now)

        expected = Expected(beginnings=(StoreTable.SENT_EXPIRY,))
        for row in numbers:
            expected.record(StoreTable.OUTBOX_STATE, u64(row))
            expected.record(StoreTable.OUTBOX, u64(row))
        self._write(note, expected)

    def failed(self, row: int, reason: str, next_try: int) -> None:
        """Note a failed attempt; the row is due again at ``next_try`` (epoch seconds).

        The mails of its answer that follow it are not due before.
        """

        def put_off(rows: OutboxRows) -> None:
            old = rows.waiting(row)
            new = _after_failure(old, reason, next_try)
            rows.change(row, old, new)
            rows.put_off_after(row, new)

        self._write(put_off)

    def park(self, row: int, reason: str) -> None:
        """Have ``row`` wait for the host: it is not due until :meth:`retry`."""
        self._write(lambda rows: rows.park(row, rows.waiting(row), reason, bounced=False))

    def retry(self, row: int, now: int) -> None:
        """Have ``row`` sent from ``now`` on as if it were new, with the same Message-ID."""

        def renew(rows: OutboxRows) -> None:
            old = rows.waiting(row)
            rows.change(row, old, _as_new(old, now))

        self._write(renew)

    def _write(
        self, work: Callable[[OutboxRows], None], expected: Expected | None = None
    ) -> None:
        """Do ``work`` on the rows in one transaction, durable on return."""
        expected = expected or Expected()
        expected.record(StoreTable.META, OUTBOX_LEDGER_KEY)

        def whole(txn: WriteTransaction) -> None:
            rows = OutboxRows(txn, self._codecs)
            work(rows)
            rows.finish()

        self._access.write(whole, expected)


def _after_failure(old: WaitingMail, reason: str, next_try: int) -> WaitingMail:
    return msgspec.structs.replace(
        old,
        attempts=old.attempts + 1,
        next_try=next_try,
        reason=harmless_reason(reason),
    )


def _as_new(old: WaitingMail, now: int) -> WaitingMail:
    return WaitingMail(
        recipient=old.recipient, message_id=old.message_id, since=now, next_try=now
    )


def check_outbox_key(txn: WholeMoment, codecs: OutboxCodecs, where: str) -> None:
    """Raise :class:`StoreKeyError` unless the key is that of the outbox ``where`` it is."""
    ledger = txn.get(StoreTable.META, OUTBOX_LEDGER_KEY) or b""
    try:
        codecs.ledger.open(OUTBOX_LEDGER_KEY, ledger)
    except StoreError as error:
        line = f"the key is not that of the outbox in {where}: {OUTBOX} is another one"
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
