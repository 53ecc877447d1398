"""The tables of a store: their names, and what is under which key."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmdb import _Database as Table

FORMAT_KEY = b"format"
LEDGER_KEY = b"ledger"
OUTBOX_LEDGER_KEY = b"outbox ledger"
INDEX_CHECK_KEY = b"index check"


@dataclass(frozen=True, slots=True)
class Tables:
    """Handles of the named tables; the field is the name in the file.

    - meta: fixed names → format, index check, sealed ledgers
    - dossiers: dossier (16 bytes) → sealed StoredDossier
    - heads: dossier → sealed Head: how many entries, SHA-256 of the last as sealed
    - entries: dossier ‖ u32 number → sealed StoredEntry, chained
    - bodies: document (16 bytes) → the body as its author encrypted it
    - index: blind key (32 bytes) ‖ dossier, doctor or emergency → nothing; from a locum and
      from a name to several doctors
    - terms: place of a search term (16 bytes) ‖ an open dossier, enciphered → nothing
    - words: blind key of a family word (16 bytes) → u32 number of open dossiers found by it
    - doctors: doctor (16 bytes) → sealed Doctor
    - envelopes: document ‖ blind key of a reader (16 bytes) → sealed StoredKeyPackets
    - waiting: waiting deposit (16 bytes) → sealed StoredWaiting
    - waiting_expiry: u32 expiry ‖ waiting deposit → nothing
    - seen: blind key of a digest → u32 expiry; seen_expiry: u32 expiry ‖ that → nothing
    - tallies: blind key of a subject → sealed Tally; tally_expiry as seen_expiry
    - receipts: doctor ‖ u64 sequence → sealed ReceiptLine
    - emergencies: blind key of a reference (16 bytes) → sealed Emergency
    - emergencies_at: u32 time ‖ that → nothing
    - emergencies_open: the same, of those that are still to be looked into
    - erasures_due: u32 time ‖ closed dossier, to be erased from then on → nothing
    - letters: letter (16 bytes) → sealed PostalLetter
    - orphans: document → u32 next look; orphans_due: u32 next look ‖ document → nothing
    - outbox: u64 row → sealed StoredMail; outbox_state: u64 row → sealed WaitingMail
    - outbox_due: u32 next try ‖ u64 row → nothing; parked rows have none
    - outbox_bodies: blind key of a document ‖ u64 row that refers to it → nothing
    - sent: u64 row → sealed SentNote; sent_expiry: u32 expiry ‖ u64 row → nothing

    Numbers have their most significant byte first, so that keys sort by them.
    """

    meta: Table
    dossiers: Table
    heads: Table
    entries: Table
    bodies: Table
    index: Table
    terms: Table
    words: Table
    doctors: Table
    envelopes: Table
    waiting: Table
    waiting_expiry: Table
    seen: Table
    seen_expiry: Table
    tallies: Table
    tally_expiry: Table
    receipts: Table
    emergencies: Table
    emergencies_at: Table
    emergencies_open: Table
    erasures_due: Table
    letters: Table
    orphans: Table
    orphans_due: Table
    outbox: Table
    outbox_state: Table
    outbox_due: Table
    outbox_bodies: Table
    sent: Table
    sent_expiry: Table


def table_names() -> list[str]:
    """Return the names of a store's tables."""
    return [field.name for field in fields(Tables)]
