"""The values that travel between the layers: frozen, complete, without behaviour.

They are :class:`msgspec.Struct` so that the same definition is checked by mypy, by the
store's codec and by the keeper's protocol. Times are whole seconds since the epoch
(UTC); dates of birth are ISO ``YYYY-MM-DD``; identifiers are 16 bytes.
"""

from enum import StrEnum

import msgspec


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of every value here."""


class Verb(StrEnum):
    """What a mail asks for; the value is the word of the routing header, unaccented."""

    CREATION = "creation"
    DEPOT = "depot"
    DOSSIER = "dossier"
    LISTE = "liste"
    AIDE = "aide"
    URGENCE = "urgence"
    JUSTIFICATION = "justification"
    DROITS = "droits"


class Onglet(StrEnum):
    """The tabs in which entries are shown; the value is what the doctor reads."""

    SYNTHESE = "Synthèse"
    TRAITEMENTS = "Traitements"
    COMPTES_RENDUS = "Comptes rendus"
    HOSPITALISATION = "Hospitalisation"
    IMAGERIE = "Imagerie"
    BIOLOGIE = "Biologie"
    EXPLORATIONS = "Explorations"
    PREVENTION = "Prévention"
    COURRIERS = "Courriers"
    ADMINISTRATIF = "Administratif"
    DIVERS = "Divers"


class Container(StrEnum):
    """What the ciphertext of a stored body holds, hence how it can travel again."""

    ENTITY = "entity"  # a whole MIME entity (arrived as PGP/MIME)
    TEXT = "text"  # a bare text (an inline armored body)
    FILE = "file"  # a bare file (an attachment encrypted by itself)


class ReplyForm(StrEnum):
    """How a reader's answers are built (docs/formats.md, Replies)."""

    SEPARATE = "separate"
    PARTITIONED = "partitioned"


class Envelope(Value, frozen=True):
    """What SMTP said of a mail: the envelope, not the header.

    ``sender`` is MAIL FROM without angle brackets, empty for the null sender;
    ``recipients`` are the service's own, lower-cased; ``account`` the SASL login proven
    by SMTP AUTH, or empty; ``received_at`` when its end of data came.
    """

    queue_id: str
    sender: str
    recipients: tuple[str, ...]
    account: str
    received_at: int


class Patient(Value, frozen=True):
    """A patient's traits. ``nir`` is 13 digits + 2 key digits, or empty."""

    birth_name: str
    first_names: str
    birth_date: str
    nir: str = ""


class Doctor(Value, frozen=True):
    """An enrolled professionnel de santé (PS).

    ``certificate`` is the binary OpenPGP certificate; ``fingerprint`` its primary
    fingerprint in lower-case hex; ``key_ids`` the lower-case hex key ids of the primary
    key and every subkey; ``account`` the SASL login bound to him, or empty.
    """

    doctor_id: bytes
    name: str
    rpps: str
    mail: str
    profession: str
    certificate: bytes
    fingerprint: str
    key_ids: tuple[str, ...]
    account: str = ""
    reply_form: ReplyForm = ReplyForm.SEPARATE
    added_at: int = 0


class CodeSlot(Value, frozen=True):
    """The dossier's private key under the patient's code (docs/formats.md, Slots)."""

    salt: bytes
    nonce: bytes
    sealed: bytes


class Slots(Value, frozen=True):
    """The ways to open a dossier's private key."""

    code: CodeSlot
    custody: bytes


class Consent(Value, frozen=True):
    """The patient's consent: who collected it, when, under which text."""

    doctor_id: bytes
    stated_at: int
    text_version: str


class Dossier(Value, frozen=True):
    """One patient's record, without its entries. ``public_key`` is raw X25519."""

    dossier_id: bytes
    public_key: bytes
    patient: Patient
    treating: bytes  # doctor_id of the médecin traitant
    slots: Slots
    consent: Consent
    created_at: int


class PartName(Value, frozen=True):
    """What is known of one thing inside a body: name, media type, size in bytes."""

    name: str
    media_type: str
    size: int


class StandingKey(Value, frozen=True):
    """A key packet written for a standing reader's certificate when the body came in."""

    fingerprint: str
    packet: bytes


class Document(Value, frozen=True):
    """One stored body of an entry.

    ``sealed_key`` is the HPKE-sealed session key (81 bytes for AES-256); ``digest`` the
    SHA-256 of the body as stored, which the seal binds; ``size`` its length in bytes.
    """

    document_id: bytes
    container: Container
    digest: bytes
    size: int
    sealed_key: bytes
    parts: tuple[PartName, ...] = ()
    standing: tuple[StandingKey, ...] = ()


class Entry(Value, frozen=True):
    """One dated mail of the dossier: a résumé médical or a report with its documents."""

    received_at: int
    author: bytes  # doctor_id
    author_name: str
    document_type: str
    onglet: Onglet
    onglet_reason: str
    documents: tuple[Document, ...]


class NumberedEntry(Value, frozen=True):
    """An entry as the store gives it back, with its number in the dossier (from 1)."""

    number: int
    entry: Entry


class Slice(Value, frozen=True):
    """A stretch of an outgoing mail that is copied as it is."""

    data: bytes


class BodySlice(Value, frozen=True):
    """A stretch of an outgoing mail: ``packets`` and a stored body, encoded when sent.

    ``armor`` gives an ASCII-armored PGP MESSAGE (RFC 9580, 6.2); otherwise base64 in
    lines of 76 characters (RFC 2045, 6.8). Lines end in CRLF.
    """

    packets: bytes
    document_id: bytes
    armor: bool


class OutgoingMail(Value, frozen=True):
    """An answer, complete but for stored bodies and the DKIM signature.

    ``message_id`` is fixed here so that every attempt to send carries the same one
    (with angle brackets); ``recipient`` is the bare address. The bounce address is
    derived from the row's number by :mod:`rmp_milter.bounce`.
    """

    recipient: str
    message_id: str
    pieces: tuple[Slice | BodySlice, ...]


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

    ``trait_keys`` are the folded strings of :func:`rmp_milter.identity.trait_keys`; the
    store keeps only their keyed digests. ``seen`` are the dossiers that these keys led
    to when the decision was taken: if others are there at commit, it is a conflict and
    nothing is written, so that two creations at once never make two dossiers.
    """

    dossier: Dossier
    trait_keys: tuple[str, ...]
    seen: tuple[bytes, ...] = ()


class Changes(msgspec.Struct, frozen=True):
    """All that one mail (or one command) does, committed in one transaction.

    ``digest`` marks the mail as done (empty for commands); a commit whose digest is
    already there raises a conflict and writes nothing.
    """

    digest: bytes = b""
    dossiers: tuple[NewDossier, ...] = ()
    entries: tuple[NewEntry, ...] = ()
    outbox: tuple[OutgoingMail, ...] = ()
    doctors: tuple[Doctor, ...] = ()
    removed_doctors: tuple[bytes, ...] = ()
    bounced: tuple[int, ...] = ()  # outbox row numbers that a bounce came back for
