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
    CONSULTATION = "dossier"
    LISTE = "liste"
    AIDE = "aide"
    URGENCE = "urgence"
    JUSTIFICATION = "justification"
    DROITS = "droits"  # the page on the patient's rights
    FICHE = "fiche"  # the patient's sheet is written anew
    MEDECIN_TRAITANT = "medecin traitant"  # the sender becomes the médecin traitant
    REMPLACEMENT = "remplacement"  # the sender names his locum
    FIN_DE_REMPLACEMENT = "fin de remplacement"  # and takes it back
    NOUVELLE_CLE = "cle"  # the sender's new key, signed with the old one
    RECLASSEMENT = "reclassement"  # entries go to another onglet
    RECTIFICATION = "rectification"  # a new version takes an entry's place
    MASQUAGE = "masquage"
    DEMASQUAGE = "demasquage"
    OPPOSITION = "opposition"
    LEVEE_D_OPPOSITION = "levee d'opposition"
    NOUVEAU_CODE = "code"  # a new code
    REVOCATION_DU_CODE = "revocation du code"
    CLE_DU_PATIENT = "cle du patient"  # the patient gets a key of his own
    ACCES = "acces"  # the list of accesses
    RENVOI = "renvoi"  # documents once more, or those that an answer left out
    COPIE = "copie"  # the whole dossier, for the patient
    CONTESTATION = "contestation"  # of a change of médecin traitant
    CLOTURE = "cloture"


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
    ENVELOPED = "enveloped"  # a whole MIME entity, S/MIME with AES-CBC, signed inside
    AUTH_ENVELOPED = "auth-enveloped"  # a whole MIME entity, S/MIME with AES-GCM

    @property
    def is_cms(self) -> bool:
        """Whether the body is S/MIME's (RFC 5652), and OpenPGP's otherwise."""
        return self in {Container.ENVELOPED, Container.AUTH_ENVELOPED}

    @property
    def is_mail(self) -> bool:
        """Whether it holds a whole MIME entity, which can be a mail of its own."""
        return self is Container.ENTITY or self.is_cms

    def opens_for(self, *, smime: bool, gcm: bool) -> bool:
        """Whether a program of that kind opens it, which may open AES-GCM: Outlook's do not."""
        if not smime:
            return not self.is_cms
        return self is Container.ENVELOPED or (gcm and self is Container.AUTH_ENVELOPED)


class Scope(StrEnum):
    """How much of a dossier is asked for."""

    WHOLE = "dossier"
    SUMMARY = "resume"  # the newest résumé médical alone
    INDEX = "index"  # the table of contents alone
    ORIGINAL = "original"  # all, and with what is translated what its author signed


class Receipts(StrEnum):
    """How a depositor hears that his documents were taken."""

    EACH = "each"
    DAILY = "daily"
    NONE = "none"


class ReplyForm(StrEnum):
    """How a reader's answers are built (docs/formats.md, Replies)."""

    SEPARATE = "separate"
    GROUPED = "grouped"
    PARTITIONED = "partitioned"
    LISIBLE = "lisible"  # as separate; each document sealed by the service, where it may


class Envelope(Value, frozen=True):
    """What SMTP said of a mail: the envelope, not the header.

    ``sender`` is MAIL FROM without angle brackets, empty for the null sender;
    ``recipients`` are the service's own, lower-cased; ``account`` the SASL login proven
    by SMTP AUTH, or empty; ``received_at`` when its end of data came.
    """

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


class Sheet(Value, frozen=True):
    """What is told of a patient and his médecin traitant beyond the matching traits.

    ``sex`` is ``F``, ``M`` or empty; the contacts are the médecin traitant's, as he wants
    them printed.
    """

    used_name: str = ""
    sex: str = ""
    address: str = ""
    regime: str = ""  # of the compulsory health insurance
    insurer: str = ""  # mutuelle
    phone: str = ""
    fax: str = ""
    mobile: str = ""
    mail: str = ""


class Locum(Value, frozen=True):
    """Who acts for a doctor, from the ISO day ``first`` to ``last``, both included."""

    doctor_id: bytes
    first: str
    last: str
    declared_at: int


class Credential(Value, frozen=True):
    """A certificate that somebody has beside the one that he is written to by.

    ``certificate`` is binary, OpenPGP or X.509 in DER; ``fingerprint`` lower-case hex.
    """

    certificate: bytes
    fingerprint: str


class MailProgram(Value, frozen=True):
    """What the last signed S/MIME mail of somebody said of his mail program.

    ``opens_gcm``: it reads AES-256-GCM. ``prefers`` is the fingerprint of another certificate of
    his that it wants to be written to by, or empty.
    """

    opens_gcm: bool = False
    prefers: str = ""


class Doctor(Value, frozen=True):
    """An enrolled professionnel de santé (PS), or a patient who has a key of his own.

    ``certificate`` is the one that he is written to by: a binary OpenPGP certificate, or an
    X.509 certificate in DER. ``fingerprint`` in lower-case hex is OpenPGP's of the primary key,
    or the SHA-256 of the X.509 certificate. ``credentials`` are his others, which he signs with
    as well. ``key_ids`` are what signatures of all of these may name: of OpenPGP the lower-case
    hex ids of the primary key and of signing subkeys, of X.509 the fingerprint.

    ``account`` is the SASL login bound to him, or empty. A patient is bound to his dossier by
    ``patient_of`` and has no RPPS number. ``hprim`` asks for an HPRIM header in front of
    documents. Each change counts ``revision`` up by one.
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
    revision: int = 0
    receipts: Receipts = Receipts.EACH
    hprim: bool = False
    locums: tuple[Locum, ...] = ()
    patient_of: bytes = b""
    card: bytes = (
        b""  # the keeper's word on him (dossier/cards.py); empty before there were cards
    )
    credentials: tuple[Credential, ...] = ()
    program: MailProgram = MailProgram()


NO_PEPPER = bytes(4)
"""In the place of a pepper's id in code slots from before they had one."""


class CodeSlot(Value, frozen=True, omit_defaults=False):
    """The dossier's private key under the patient's code (docs/formats.md, Slots).

    ``folded`` says how a typed code counts: by :func:`~rmp_milter.dossier.spoken.spoken`, or,
    in slots made before it, case by case. ``pepper`` is the public id of the one that it is made
    with. Both are always written, so that a slot is of one size whatever it says.
    """

    salt: bytes
    nonce: bytes
    sealed: bytes
    folded: bool
    pepper: bytes = NO_PEPPER


class Slots(Value, frozen=True):
    """The ways to open a dossier's private key.

    ``code`` is None once the patient has revoked it; ``vitale`` is empty where no number
    (NIR/INS) was known when the slots were made.
    """

    code: CodeSlot | None
    custody: bytes
    vitale: bytes = b""


class Consent(Value, frozen=True):
    """The patient's consent: who collected it, when, under which text."""

    doctor_id: bytes
    stated_at: int
    text_version: str


class Mask(Value, frozen=True):
    """An entry that only its author, the médecin traitant and the patient see."""

    number: int
    by: bytes  # doctor_id
    at: int


class Refiling(Value, frozen=True):
    """The onglet that the médecin traitant gave an entry in place of the first one."""

    number: int
    onglet: Onglet
    by: bytes  # doctor_id
    at: int


class Closure(Value, frozen=True):
    """The end of a dossier: nothing is added or read; erased from ``erase_at`` on."""

    at: int
    erase_at: int
    erased_at: int = 0


class Takeover(Value, frozen=True):
    """A change of médecin traitant by code or card, which can be contested ``until`` a time.

    ``former`` is whom a contest puts back; ``contested`` says that there was one
    (:mod:`rmp_milter.dossier.takeovers`).
    """

    former: bytes  # doctor_id
    at: int
    until: int
    contested: bool = False


class Dossier(Value, frozen=True):
    """One patient's record, without its entries. ``public_key`` is raw X25519.

    The entries are append-only; what is decided about them stands here, so that it can be
    undone, and each decision has its leaf in the access log. ``seen`` is the number up to
    which the médecin traitant was sent, or wrote, every entry. While it is ``suspended`` the
    patient's key counts for nothing: the médecin traitant has changed since it was enrolled.
    Each change counts ``revision`` up.
    """

    dossier_id: bytes
    public_key: bytes
    patient: Patient
    treating: bytes  # doctor_id of the médecin traitant
    slots: Slots
    consent: Consent
    created_at: int
    revision: int = 0
    sheet: Sheet = Sheet()
    masks: tuple[Mask, ...] = ()
    opposed: tuple[bytes, ...] = ()  # doctor_ids
    refilings: tuple[Refiling, ...] = ()
    seen: int = 0
    closure: Closure | None = None
    suspended: bool = False
    takeover: Takeover | None = None
    card: bytes = (
        b""  # the keeper's word on it (dossier/cards.py); empty before there were cards
    )


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
    """One dated mail of the dossier: a résumé médical or a report with its documents.

    ``author_name`` reads ``Dr X (remplaçant de Dr Y)`` for a locum, and then ``acting_for``
    is Dr Y. ``replaces`` is the number of the entry that this one is the new version of;
    ``corrects`` that of the author's own deposit that it is meant to be, as he counts them
    for the patient (:mod:`rmp_milter.dossier.versions`). ``under`` is the revision of the
    dossier's card under which its keys were sealed, 0 before there were cards.
    """

    received_at: int
    author: bytes  # doctor_id
    author_name: str
    document_type: str
    onglet: Onglet
    onglet_reason: str
    documents: tuple[Document, ...]
    acting_for: bytes = b""  # doctor_id
    prescriber: str = ""
    replaces: int = 0
    corrects: int = 0
    under: int = 0


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
    lines of 76 characters (RFC 2045, 6.8). Lines end in CRLF. ``digest`` is the SHA-256 of the
    body as it was stored: another one is not sent. It is empty in rows from before, which go
    as they are.
    """

    packets: bytes
    document_id: bytes
    armor: bool
    digest: bytes = b""


NOBODY = ""
"""The recipient of a mail that is written in the place of another, so that both leave the same
behind; the courier drops it."""


class OutgoingMail(Value, frozen=True):
    """An answer, complete but for stored bodies and the DKIM signature.

    ``message_id`` is fixed here so that every attempt to send carries the same one
    (with angle brackets); ``recipient`` is the bare address, or :data:`NOBODY`. The bounce
    address is derived from the row's number by :mod:`rmp_milter.mail.bounce_address`. It is
    not sent before ``not_before``: answers that must not be told apart leave at the same
    time. An ``urgent`` one leaves before all others that wait.
    """

    recipient: str
    message_id: str
    pieces: tuple[Slice | BodySlice, ...]
    not_before: int = 0
    urgent: bool = False


class Waiting(Value, frozen=True):
    """A deposit for a patient who has no dossier yet, sealed to the keeper's waiting key.

    ``entry`` is complete but for its sealed keys, which open under the waiting key only,
    bound to ``waiting_id`` in the place of a dossier's.
    """

    waiting_id: bytes
    patient: Patient
    entry: Entry
    received_at: int
    expires_at: int
    card: bytes = b""  # the keeper's word on it; empty before there were cards


class EmergencyState(StrEnum):
    """How far the looking into an emergency access is."""

    NEW = "new"
    JUSTIFIED = "justified"
    REVIEW = "under review"
    CLOSED = "closed"
    CONTESTED = "contested"


class PatientTold(StrEnum):
    """How the patient hears of an emergency access."""

    MAIL = "mail"  # he has a key of his own
    LETTER = "letter"  # one that the host posts
    NONE = "none"  # no address is known


class Emergency(Value, frozen=True):
    """An access without card or code, from the act to the end of its review.

    ``reference`` is public and names nobody (at most 32 ASCII characters); ``leaf`` is the
    act's place in the access log; ``reminded`` are the times at which the doctor was
    reminded of his justification. Each change counts ``revision`` up by one.
    """

    reference: str
    dossier_id: bytes
    doctor_id: bytes
    at: int
    leaf: int
    state: EmergencyState = EmergencyState.NEW
    justified_at: int = 0
    reviewed_at: int = 0
    reviewer: str = ""
    patient_told: PatientTold = PatientTold.NONE
    reminded: tuple[int, ...] = ()
    revision: int = 0


class PostalLetter(Value, frozen=True):
    """A letter that the host prints and posts: to whom, where, what (plain text)."""

    letter_id: bytes
    reference: str  # of what it is about
    at: int
    name: tuple[str, ...]  # lines
    address: str
    text: str


class Fault(StrEnum):
    """What is counted against too many tries."""

    SENDER = "sender"  # refusals of a sender
    DOSSIER = "dossier"  # wrong codes for a dossier
    GLOBAL = "global"  # wrong codes in all
    LIST = "list"  # lists that a sender asked for


class Strike(Value, frozen=True):
    """One try that counts: for whom (an identifier, empty for all) and when."""

    fault: Fault
    subject: bytes
    at: int


class Tally(Value, frozen=True):
    """The tries of one subject that still count, oldest first (seconds)."""

    times: tuple[int, ...] = ()


class ReceiptLine(Value, frozen=True):
    """A line of a depositor's daily digest: what was taken, in his words."""

    doctor_id: bytes
    at: int
    text: str
