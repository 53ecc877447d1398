"""What the sealed records hold, where it is more than a value of the model.

The definitions, and those of the model's values in them, are the store's format: unknown
fields are forbidden, so a changed one is a new number
(:data:`rmp_milter.store.format.version.FORMAT`) and a step to it (``store.steps``).
"""

import hashlib
from enum import StrEnum
from typing import assert_never

import msgspec

from rmp_milter.dossier.model import (
    BodySlice,
    Dossier,
    Entry,
    OutgoingMail,
    Slice,
    Value,
    Waiting,
)


class StoredDossier(Value, frozen=True):
    """A dossier with the blind keys that lead to it, so that its index can be checked."""

    dossier: Dossier
    traits: tuple[bytes, ...]


class StoredEntry(Value, frozen=True):
    """An entry behind the SHA-256 of the sealed record before it in its dossier."""

    previous: bytes
    entry: Entry


class StoredWaiting(Value, frozen=True):
    """A waiting deposit with the blind keys that lead to it, as for a dossier."""

    waiting: Waiting
    traits: tuple[bytes, ...]


class StoredKeyPackets(Value, frozen=True):
    """Key packets of one document for one reader's key, by its primary fingerprint."""

    fingerprint: str
    packet: bytes


class Head(Value, frozen=True):
    """Where a dossier's chain ends: number of entries, SHA-256 of the last as sealed."""

    count: int
    last: bytes


class Ledger(msgspec.Struct, forbid_unknown_fields=True):
    """How many records the milter's tables hold, so that a removed one is missed."""

    dossiers: int = 0
    entries: int = 0
    documents: int = 0
    doctors: int = 0
    seen: int = 0
    envelopes: int = 0
    waiting: int = 0
    tallies: int = 0
    receipts: int = 0
    emergencies: int = 0
    letters: int = 0
    orphans: int = 0


class OutboxLedger(msgspec.Struct, forbid_unknown_fields=True):
    """The next row's number (numbers never return) and how many records there are.

    ``references`` counts the bodies that rows refer to, each once for every row.
    """

    next_row: int = 1
    waiting: int = 0
    notes: int = 0
    references: int = 0


class StoredSlice(Value, frozen=True, tag="slice"):
    """:class:`rmp_milter.dossier.model.Slice` on disk."""

    data: bytes


class StoredBodySlice(Value, frozen=True, tag="body"):
    """:class:`rmp_milter.dossier.model.BodySlice` on disk."""

    packets: bytes
    document_id: bytes
    armor: bool
    digest: bytes = b""


class StoredMail(Value, frozen=True):
    """:class:`rmp_milter.dossier.model.OutgoingMail` on disk."""

    recipient: str
    message_id: str
    pieces: tuple[StoredSlice | StoredBodySlice, ...]
    not_before: int = 0
    urgent: bool = False


class WaitingMail(Value, frozen=True):
    """The state of an outbox row that still has its content.

    Times are seconds since the epoch; ``since`` is when sending was first wanted, or
    wanted again by the host; a parked row waits for the host and has no next try.
    """

    recipient: str
    message_id: str
    since: int
    next_try: int
    attempts: int = 0
    parked: bool = False
    bounced: bool = False
    reason: str = ""


class SentNote(Value, frozen=True):
    """What is kept of a sent row for a while, so that a bounce can be matched."""

    recipient: str
    message_id: str
    sent_at: int
    expires: int
    attempts: int
    bounced: bool = False
    reason: str = ""


class RowState(StrEnum):
    """How an outbox row stands; the value is what the host reads."""

    WAITING = "waiting"
    PARKED = "parked"
    BOUNCED = "bounced"
    SENT = "sent"
    DAMAGED = "damaged"


class OutboxRow(Value, frozen=True):
    """What is shown of a row: never its content. Times as in :class:`WaitingMail`.

    A row that bounced before it was noted as sent is also parked: it can be retried.
    """

    row: int
    recipient: str
    message_id: str
    state: RowState
    attempts: int = 0
    since: int = 0
    next_try: int = 0
    sent_at: int = 0
    reason: str = ""


def chain_start(dossier_id: bytes) -> bytes:
    """Return what the first entry of a dossier has as ``previous``."""
    return hashlib.sha256(dossier_id).digest()


def body_references(mail: StoredMail) -> frozenset[bytes]:
    """Return the documents whose bodies go into the mail."""
    pieces = (piece for piece in mail.pieces if isinstance(piece, StoredBodySlice))
    return frozenset(piece.document_id for piece in pieces)


def to_stored(mail: OutgoingMail) -> StoredMail:
    """Return ``mail`` as its record."""
    return StoredMail(
        recipient=mail.recipient,
        message_id=mail.message_id,
        pieces=tuple(_piece_to_stored(piece) for piece in mail.pieces),
        not_before=mail.not_before,
        urgent=mail.urgent,
    )


def from_stored(stored: StoredMail) -> OutgoingMail:
    """Return the mail that the record holds."""
    return OutgoingMail(
        recipient=stored.recipient,
        message_id=stored.message_id,
        pieces=tuple(_piece_from_stored(piece) for piece in stored.pieces),
        not_before=stored.not_before,
        urgent=stored.urgent,
    )


def _piece_to_stored(piece: Slice | BodySlice) -> StoredSlice | StoredBodySlice:
    match piece:
        case Slice(data=data):
            return StoredSlice(data=data)
        case BodySlice():
            return StoredBodySlice(
                packets=piece.packets,
                document_id=piece.document_id,
                armor=piece.armor,
                digest=piece.digest,
            )
    assert_never(piece)


def _piece_from_stored(piece: StoredSlice | StoredBodySlice) -> Slice | BodySlice:
    match piece:
        case StoredSlice(data=data):
            return Slice(data=data)
        case StoredBodySlice():
            return BodySlice(
                packets=piece.packets,
                document_id=piece.document_id,
                armor=piece.armor,
                digest=piece.digest,
            )
    assert_never(piece)
