"""The tables of a store: their names, and what is under which key."""

from rmp_milter.engine.tables import EngineTable

FORMAT_KEY = b"format"
LEDGER_KEY = b"ledger"
OUTBOX_LEDGER_KEY = b"outbox ledger"
INDEX_CHECK_KEY = b"index check"


class StoreTable(EngineTable):
    """The tables by name.

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

    META = "meta"
    DOSSIERS = "dossiers"
    HEADS = "heads"
    ENTRIES = "entries"
    BODIES = "bodies"
    INDEX = "index"
    TERMS = "terms"
    WORDS = "words"
    DOCTORS = "doctors"
    ENVELOPES = "envelopes"
    WAITING = "waiting"
    WAITING_EXPIRY = "waiting_expiry"
    SEEN = "seen"
    SEEN_EXPIRY = "seen_expiry"
    TALLIES = "tallies"
    TALLY_EXPIRY = "tally_expiry"
    RECEIPTS = "receipts"
    EMERGENCIES = "emergencies"
    EMERGENCIES_AT = "emergencies_at"
    EMERGENCIES_OPEN = "emergencies_open"
    ERASURES_DUE = "erasures_due"
    LETTERS = "letters"
    ORPHANS = "orphans"
    ORPHANS_DUE = "orphans_due"
    OUTBOX = "outbox"
    OUTBOX_STATE = "outbox_state"
    OUTBOX_DUE = "outbox_due"
    OUTBOX_BODIES = "outbox_bodies"
    SENT = "sent"
    SENT_EXPIRY = "sent_expiry"

    @property
    def in_parts(self) -> bool:
        """Whether a record may be as large as a mail."""
        return self is StoreTable.BODIES


def table_names() -> list[str]:
    """Return the names of a store's tables."""
    return [table.value for table in StoreTable]
