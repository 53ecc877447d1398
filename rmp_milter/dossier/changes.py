"""What one mail or command changes: decided by handlers, written by the store."""

from enum import StrEnum

import msgspec

from rmp_milter.dossier.model import (
    Doctor,
    Dossier,
    Emergency,
    Entry,
    Fault,
    OutgoingMail,
    PostalLetter,
    ReceiptLine,
    Strike,
    Waiting,
)


class NewBody(msgspec.Struct, frozen=True):
    """A body to store; ``data`` is any bytes-like object, read once at commit."""

    document_id: bytes
    data: bytes | memoryview


class NewEntry(msgspec.Struct, frozen=True):
    """An entry to append; the store gives it the next number of its dossier."""

    dossier_id: bytes
    entry: Entry
    bodies: tuple[NewBody, ...]


class NewDossier(msgspec.Struct, frozen=True):
    """A dossier to create and the look-up keys that lead to it.

    ``trait_keys`` are the folded strings of :func:`rmp_milter.dossier.identity.trait_keys`; the
    store keeps only their keyed digests. ``seen`` are the dossiers that these keys led
    to when the decision was taken: if others are there at commit, it is a conflict and
    nothing is written, so that two creations at once never make two dossiers.
    """

    dossier: Dossier
    trait_keys: tuple[str, ...]
    seen: tuple[bytes, ...] = ()


class DossierUpdate(msgspec.Struct, frozen=True):
    """A dossier's new state; a conflict unless the stored one is of one revision less.

    ``trait_keys`` replace the look-up keys where they are given. ``entries`` is how many there
    were, where a new reader is given packets of all of them: a conflict where there are more,
    of which he would have none.
    """

    dossier: Dossier
    trait_keys: tuple[str, ...] = ()
    entries: int | None = None


class NewKeyPackets(msgspec.Struct, frozen=True):
    """Key packets of a stored document for one reader, written after it came in.

    They take the place of those that the reader's key (``fingerprint``) had.
    """

    document_id: bytes
    fingerprint: str
    packet: bytes


class NewWaiting(msgspec.Struct, frozen=True):
    """A deposit to keep waiting, and the traits that lead to it as to a dossier."""

    waiting: Waiting
    trait_keys: tuple[str, ...]
    bodies: tuple[NewBody, ...]


class CardOfWaiting(msgspec.Struct, frozen=True):
    """The card of a deposit that waits since before there were cards."""

    waiting_id: bytes
    card: bytes


class Adoption(msgspec.Struct, frozen=True):
    """A waiting deposit that becomes an entry; its bodies are stored already."""

    waiting_id: bytes
    dossier_id: bytes
    entry: Entry


class Once(msgspec.Struct, frozen=True):
    """Something that may happen once: a signed text, an attestation's id. A conflict else.

    Kept until ``expires`` as a keyed digest.
    """

    value: bytes
    expires: int


class ToldUpTo(msgspec.Struct, frozen=True):
    """A depositor who was sent the lines of his digest up to a moment, included."""

    doctor_id: bytes
    until: int


class CardOf(StrEnum):
    """Whose card it is."""

    DOSSIER = "dossier"
    PERSON = "person"


class Presented(msgspec.Struct, frozen=True):
    """A card that the keeper was shown for these changes: what they rest on.

    A conflict if the store holds another one by the commit, unless these changes change the
    record of which it is, and so say of which revision they know it.
    """

    kind: CardOf
    id: bytes
    card: bytes


class Counted(msgspec.Struct, frozen=True):
    """How many entries an unchanged dossier had when all their packets were written anew.

    A conflict where there are more: of those the reader would have none.
    """

    dossier_id: bytes
    entries: int


class TriesSeen(msgspec.Struct, frozen=True):
    """Which tries of a subject counted when it was decided whether he may try once more.

    A conflict where others count by the commit: of mails that were decided on one count, one
    stands, and the others are decided again.
    """

    fault: Fault
    subject: bytes
    times: tuple[int, ...]


class Changes(msgspec.Struct, frozen=True):
    """All that one mail (or one command) does, committed in one transaction.

    ``digest`` marks the mail as done (empty for commands); a commit whose digest is
    already there raises a conflict and writes nothing. ``ground`` is what all of it rests on.
    """

    digest: bytes = b""
    dossiers: tuple[NewDossier, ...] = ()
    entries: tuple[NewEntry, ...] = ()
    outbox: tuple[OutgoingMail, ...] = ()
    doctors: tuple[Doctor, ...] = ()
    removed_doctors: tuple[bytes, ...] = ()
    bounced: tuple[int, ...] = ()  # outbox row numbers that a bounce came back for
    updates: tuple[DossierUpdate, ...] = ()
    key_packets: tuple[NewKeyPackets, ...] = ()
    waiting: tuple[NewWaiting, ...] = ()
    waiting_cards: tuple[CardOfWaiting, ...] = ()
    adoptions: tuple[Adoption, ...] = ()
    expired: tuple[bytes, ...] = ()  # waiting_ids, gone with their bodies
    strikes: tuple[Strike, ...] = ()
    cleared: tuple[Strike, ...] = ()  # whose tries are forgotten (``at`` does not count)
    once: tuple[Once, ...] = ()
    receipts: tuple[ReceiptLine, ...] = ()
    told: tuple[ToldUpTo, ...] = ()  # whose receipt lines go, being sent
    erased: tuple[bytes, ...] = ()  # dossier_ids: slots and key packets are destroyed
    emergencies: tuple[Emergency, ...] = ()  # new, or of one revision more than is stored
    postal: tuple[PostalLetter, ...] = ()  # new ones, for the host to post
    posted: tuple[bytes, ...] = ()  # letter_ids: they are gone from the store
    ground: tuple[Presented, ...] = ()
    counted: tuple[Counted, ...] = ()
    tried: tuple[TriesSeen, ...] = ()
