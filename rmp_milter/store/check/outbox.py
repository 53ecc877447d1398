"""Verification of the outbox's tables: contents, states, order of tries, notes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import OutboxCodecs, number_of, u32
from rmp_milter.store.format.records import OutboxLedger, StoredBodySlice
from rmp_milter.store.format.tables import OUTBOX_LEDGER_KEY

if TYPE_CHECKING:
    from rmp_milter.engine.transaction import Value
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.records import StoredMail, WaitingMail

LAST_BODIES = 64
"""Bodies whose digest is remembered: the rows of one answer follow each other."""


class OutboxCheck:
    """Walks each table once and holds what the others must agree with."""

    def __init__(self, walk: Walk, codecs: OutboxCodecs, expected: Expected) -> None:
        self._walk = walk
        self._codecs = codecs
        self._expected = expected
        self._digest = lru_cache(LAST_BODIES)(self._new_digest)
        self._highest = 0

    def run(self) -> None:
        """Note every finding in the walk."""
        self._check_mails()
        self._check_states()
        self._check_notes()
        for table in ("outbox_due", "outbox_bodies", "sent_expiry"):
            self._walk.find_keys(table, self._expected[table])
        self._check_ledger()

    def _check_mails(self) -> None:
        states = self._walk.along("outbox_state")
        for key, sealed in self._walk.records("outbox"):
            mail = self._walk.opened(self._codecs.mails, key, sealed)
            if states.get(key) is None:
                self._walk.add(f"row {number_of(key)} has no state")
            if mail is not None:
                self._check_references(key, mail)

    def _check_references(self, key: bytes, mail: StoredMail) -> None:
        pieces = [piece for piece in mail.pieces if isinstance(piece, StoredBodySlice)]
        for document_id, digest in {
            piece.document_id: piece.digest for piece in pieces
        }.items():
            link = self._codecs.blind.of(LinkKind.DOCUMENT, document_id)
            self._expected["outbox_bodies"].ask(link + key)
            needs = f"row {number_of(key)} needs body {document_id.hex()}"
            if not self._walk.has("bodies", document_id):
                self._walk.add(f"{needs}: missing")
            elif digest and self._differs(document_id, digest):
                self._walk.add(f"{needs}: not what was stored, its SHA-256 differs")

    def _differs(self, document_id: bytes, digest: bytes) -> bool:
        return self._walk.reads_body(document_id) and self._digest(document_id) != digest

    def _new_digest(self, document_id: bytes) -> bytes | None:
        """Return the SHA-256 of a body that is there; rows next to each other need the same."""
        return self._walk.digests("bodies", [document_id])[0]

    def _check_states(self) -> None:
        mails, notes = self._walk.along("outbox"), self._walk.along("sent")
        for key, sealed in self._walk.records("outbox_state"):
            self._highest = max(self._highest, number_of(key))
            content = mails.get(key)
            if content is None:
                self._walk.add(f"row {number_of(key)} has no content")
            if notes.get(key) is not None:
                self._walk.add(f"row {number_of(key)} is both sent and to be sent")
            state = self._walk.opened(self._codecs.states, key, sealed)
            if state is not None:
                self._expect_due(key, state, content)

    def _expect_due(self, key: bytes, state: WaitingMail, content: Value | None) -> None:
        if not state.parked:
            self._expected["outbox_due"].ask(u32(state.next_try) + key)
        mail = None if content is None else self._walk.opened(self._codecs.mails, key, content)
        if mail and (mail.recipient, mail.message_id) != (state.recipient, state.message_id):
            self._walk.add(f"row {number_of(key)} and its state are of two mails")

    def _check_notes(self) -> None:
        for key, sealed in self._walk.records("sent"):
            self._highest = max(self._highest, number_of(key))
            note = self._walk.opened(self._codecs.notes, key, sealed)
            if note is not None:
                self._expected["sent_expiry"].ask(u32(note.expires) + key)

    def _check_ledger(self) -> None:
        sealed = self._walk.get("meta", OUTBOX_LEDGER_KEY)
        if sealed is None:
            self._walk.add("the outbox's ledger is missing")
            return
        ledger = self._walk.opened(self._codecs.ledger, OUTBOX_LEDGER_KEY, sealed)
        if ledger is not None:
            self._compare(ledger)

    def _compare(self, ledger: OutboxLedger) -> None:
        if self._highest >= ledger.next_row:
            self._walk.add(f"row {self._highest} has a number that is not given out yet")
        self._walk.compare_count("outbox_state", ledger.waiting)
        self._walk.compare_count("sent", ledger.notes)
        self._walk.compare_count("outbox_bodies", ledger.references)
