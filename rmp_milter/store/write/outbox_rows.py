"""The outbox's tables inside one write transaction, for the milter and the courier.

A row is its sealed content (``outbox``), its sealed state (``outbox_state``) and, unless
it is parked, its place in the order of next tries (``outbox_due``); ``outbox_bodies``
leads from a stored body to the rows that still need it. Once sent, a sealed note without
content stays for a while (``sent``, ``sent_expiry``).
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice, takewhile
from typing import TYPE_CHECKING

import msgspec

from rmp_milter.dossier.answers import same_answer
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import number_of, u32, u64
from rmp_milter.store.format.failures import DamagedRecordError, NoRowError, StoreError
from rmp_milter.store.format.records import (
    SentNote,
    StoredMail,
    WaitingMail,
    body_references,
    to_stored,
)
from rmp_milter.store.format.tables import OUTBOX_LEDGER_KEY, StoreTable
from rmp_milter.store.surface import URGENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rmp_milter.dossier.model import OutgoingMail
    from rmp_milter.engine.transaction import ReadTransaction, WriteTransaction
    from rmp_milter.store.format.codecs import OutboxCodecs

NOTE_SECONDS = 30 * 86_400
"""How long a sent row can still be matched with a bounce."""

PRUNED_AT_ONCE = 100
"""Expired records removed by one transaction at most, so that none takes long."""

REASON_CHARACTERS = 200


class OutboxRows:
    """Reads and changes outbox rows; call :meth:`finish` before the transaction ends."""

    def __init__(self, txn: WriteTransaction, codecs: OutboxCodecs) -> None:
        self._txn = txn
        self._codecs = codecs
        sealed = txn.get(StoreTable.META, OUTBOX_LEDGER_KEY)
        if sealed is None:
            raise StoreError("the outbox's ledger is missing")
        self._ledger = codecs.ledger.open(OUTBOX_LEDGER_KEY, sealed)
        self._before = msgspec.structs.asdict(self._ledger)

    def queue(self, mail: OutgoingMail, now: int) -> int:
        """Append ``mail`` and return its row's number.

        It is to be sent from ``now`` on, or from its own time where that comes later; an
        urgent one stands before all others, as if it had been due since ever.
        """
        row = self._ledger.next_row
        self._ledger.next_row += 1
        self._ledger.waiting += 1
        stored = to_stored(mail)
        sealed = self._codecs.mails.seal(u64(row), stored)
        self._txn.put(StoreTable.OUTBOX, u64(row), sealed)
        self._refer(row, stored)
        first = max(now, mail.not_before)
        self._put_state(
            row,
            WaitingMail(
                recipient=mail.recipient,
                message_id=mail.message_id,
                since=first,
                next_try=URGENT if mail.urgent else first,
            ),
        )
        return row

    def needs(self, document_id: bytes) -> bool:
        """Whether a row that is not sent yet, parked or not, refers to this body."""
        link = self._codecs.blind.of(LinkKind.DOCUMENT, document_id)
        return any(True for _ in self._txn.keys(StoreTable.OUTBOX_BODIES, link))

    def waiting(self, row: int) -> WaitingMail:
        """Return the state of a row that has its content; raises :class:`StoreError`."""
        if state := self._find_state(row):
            return state
        raise NoRowError(f"there is no row {row} in the outbox")

    def change(self, row: int, old: WaitingMail, new: WaitingMail) -> None:
        """Replace the state ``old`` of ``row``."""
        self._delete_due(row, old)
        self._put_state(row, new)

    def put_off_after(self, row: int, waits: WaitingMail) -> None:
        """Have the mails that follow ``row`` in its answer wait for its next try.

        They are the next rows, being queued in one go; urgent ones wait for nothing. Once
        ``row`` is sent or parked they go their way. A damaged state ends it: that row is
        shown to the host, and this one must be noted all the same.
        """
        with suppress(DamagedRecordError):
            while state := self._find_state(row := row + 1):
                if not same_answer(state.message_id, waits.message_id):
                    return
                early = URGENT < state.next_try < waits.next_try
                if early and not state.parked:
                    put_off = msgspec.structs.replace(state, next_try=waits.next_try)
                    self.change(row, state, put_off)

    def park(self, row: int, old: WaitingMail, reason: str, *, bounced: bool) -> None:
        """Have ``row`` wait for the host, with its content."""
        self.change(
            row,
            old,
            msgspec.structs.replace(
                old,
                parked=True,
                bounced=old.bounced or bounced,
                reason=harmless_reason(reason),
            ),
        )

    def foresee_sent(self, numbers: Sequence[int]) -> None:
        """Have an engine that is far away get in one go what :meth:`sent` of these will ask for.

        Only speed hangs on it; what is damaged is found where it is used.
        """
        if self._txn.ahead == 1:
            return
        references = list[bytes]()
        with suppress(DamagedRecordError):
            for row in numbers:
                if sealed := self._txn.get(StoreTable.OUTBOX, u64(row)):
                    mail = self._codecs.mails.open(u64(row), sealed)
                    references += (self._reference(each, row) for each in body_references(mail))
        self._txn.foresee(StoreTable.OUTBOX_BODIES, references)

    def sent(self, row: int, now: int) -> None:
        """Remove the content of ``row`` and keep a note, also of a bounce that was faster."""
        state = self.waiting(row)
        if sealed := self._txn.get(StoreTable.OUTBOX, u64(row)):
            self._forget_references(row, self._codecs.mails.open(u64(row), sealed))
        self._txn.delete(StoreTable.OUTBOX, u64(row))
        self._txn.delete(StoreTable.OUTBOX_STATE, u64(row))
        self._delete_due(row, state)
        self._ledger.waiting -= 1
        self._add_note(row, _note(state, now))

    def bounced(self, row: int, reason: str) -> None:
        """Note that a bounce came for ``row``, unless the row is long forgotten.

        A row not yet noted as sent is parked: its content is still there to be retried.
        """
        if state := self._find_state(row):
            self.park(row, state, reason, bounced=True)
            return
        sealed = self._txn.get(StoreTable.SENT, u64(row))
        if sealed is None:
            return
        note = self._codecs.notes.open(u64(row), sealed)
        self._put_note(
            row, msgspec.structs.replace(note, bounced=True, reason=harmless_reason(reason))
        )

    def prune(self, now: int) -> None:
        """Remove some of the notes whose time is over."""
        for key in expired(self._txn, StoreTable.SENT_EXPIRY, now):
            self._txn.delete(StoreTable.SENT_EXPIRY, key)
            self._ledger.notes -= self._txn.delete(StoreTable.SENT, key[4:])

    def finish(self) -> None:
        """Write the ledger if it changed."""
        if msgspec.structs.asdict(self._ledger) != self._before:
            sealed = self._codecs.ledger.seal(OUTBOX_LEDGER_KEY, self._ledger)
            self._txn.put(StoreTable.META, OUTBOX_LEDGER_KEY, sealed)

    def _refer(self, row: int, mail: StoredMail) -> None:
        for document_id in body_references(mail):
            self._ledger.references += 1
            self._txn.put(StoreTable.OUTBOX_BODIES, self._reference(document_id, row), b"")

    def _forget_references(self, row: int, mail: StoredMail) -> None:
        for document_id in body_references(mail):
            key = self._reference(document_id, row)
            self._ledger.references -= self._txn.delete(StoreTable.OUTBOX_BODIES, key)

    def _reference(self, document_id: bytes, row: int) -> bytes:
        return self._codecs.blind.of(LinkKind.DOCUMENT, document_id) + u64(row)

    def _find_state(self, row: int) -> WaitingMail | None:
        sealed = self._txn.get(StoreTable.OUTBOX_STATE, u64(row))
        return None if sealed is None else self._codecs.states.open(u64(row), sealed)

    def _put_state(self, row: int, state: WaitingMail) -> None:
        sealed = self._codecs.states.seal(u64(row), state)
        self._txn.put(StoreTable.OUTBOX_STATE, u64(row), sealed)
        if not state.parked:
            self._txn.put(StoreTable.OUTBOX_DUE, due_key(row, state), b"")

    def _delete_due(self, row: int, state: WaitingMail) -> None:
        if not state.parked:
            self._txn.remove(StoreTable.OUTBOX_DUE, due_key(row, state))

    def _add_note(self, row: int, note: SentNote) -> None:
        self._ledger.notes += 1
        self._put_note(row, note)
        self._txn.put(StoreTable.SENT_EXPIRY, u32(note.expires) + u64(row), b"")

    def _put_note(self, row: int, note: SentNote) -> None:
        self._txn.put(StoreTable.SENT, u64(row), self._codecs.notes.seal(u64(row), note))


def _note(state: WaitingMail, now: int) -> SentNote:
    return SentNote(
        recipient=state.recipient,
        message_id=state.message_id,
        sent_at=now,
        expires=now + NOTE_SECONDS,
        attempts=state.attempts + 1,
        bounced=state.bounced,
        reason=state.reason if state.bounced else "",
    )


def due_key(row: int, state: WaitingMail) -> bytes:
    """Return where ``row`` stands in the order of next tries: u32 time ‖ u64 row."""
    return u32(state.next_try) + u64(row)


def expired(txn: ReadTransaction, table: StoreTable, now: int) -> list[bytes]:
    """Return the first keys of an expiry table (u32 time ‖ ...) whose time is over."""
    over = takewhile(lambda key: number_of(key[:4]) <= now, txn.keys(table))
    return list(islice(over, PRUNED_AT_ONCE))


def harmless_reason(reason: str) -> str:
    """Return ``reason`` as one bounded line."""
    line = "".join(sign if sign.isprintable() else " " for sign in reason)
    return line[:REASON_CHARACTERS]
