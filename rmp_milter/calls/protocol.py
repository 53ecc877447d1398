"""What the milter and the keeper say to each other: few calls, each total.

One connection carries one request and one reply, an operator's any number of them, one after
the other (docs/formats.md, Keeper sockets). Large
bytes travel as a file descriptor of anonymous memory, passed beside the request or the
reply; offsets and lengths below point into it. A ticket holds what the keeper read in a mail, its
secrets too (session keys, a patient's code), sealed under a key that only the running keeper has:
whoever carries it learns nothing, and can have done with it only what the mail asks.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from rmp_milter.calls.authority import NOTHING, Authority, Candidate, Said, Wish
from rmp_milter.calls.protected import Protected
from rmp_milter.dossier.model import CodeSlot, Container, MailProgram, PartName, Slots


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of every request and reply."""


class Span(msgspec.Struct, frozen=True):
    """A stretch of the shared memory, in bytes."""

    offset: int
    length: int


class Event(msgspec.Struct, frozen=True):
    """What the access log shall say of a call; durable before the reply leaves.

    ``action`` is the verb's word (``depot``, ``dossier``...), ``request`` what the mail is known
    by (of a chore or a command its digest): with all else that is said it makes the leaf unique,
    so that the same mail, tried again, finds its leaf. ``outcome`` is ``granted`` or ``refused``;
    ``proof`` what proved the right to it; ``acting_for`` the RPPS number of the doctor in
    whose name a locum acts; ``entries`` the numbers of the entries concerned. ``subject`` is
    the RPPS number of whom a change of the directory concerns, ``witnesses`` the persons who
    answer for it where the host's own hand does what the rules ask of two. Of what a mail leads
    to, the keeper itself says who, of what, by which right, with which outcome; taken from here
    are the sender's address, the entries' numbers, a time near its own, and which of the names
    that the mail's request may have is the action. ``purpose`` is FHIR's (``dossier.emergency``),
    ``reference`` ties an emergency, its justification and its review together; ``reason``,
    the SHA-256 of the sealed reason, is always the keeper's.
    """

    at: int
    action: str
    request: bytes
    actor_rpps: str
    actor_fingerprint: str
    sender: str
    dossier_id: bytes = b""
    documents: tuple[bytes, ...] = ()
    outcome: str = "granted"
    proof: str = ""
    acting_for: str = ""
    entries: tuple[int, ...] = ()
    subject: str = ""
    witnesses: tuple[str, ...] = ()
    purpose: str = ""
    reference: str = ""
    reason: bytes = b""


class Trust(StrEnum):
    """What the signature of the opened mail is worth."""

    NONE = "none"  # not signed
    GOOD = "good"  # by one of the candidate certificates, valid now
    UNKNOWN = "unknown"  # by a key that is not among the candidates
    BAD = "bad"  # by a candidate, but it does not fit the content
    EXPIRED = "expired"  # by a candidate whose key is expired or revoked
    FUTURE = "future"  # by a candidate, but a day or more after now: a clock is wrong
    WEAK = "weak"  # by a candidate whose key is too short, or bound by SHA-1 alone
    REVOKED = "revoked"  # by a candidate whose certificate its authority has revoked
    ISSUER = "issuer"  # by a candidate whose certificate nobody has issued whom the host trusts
    PURPOSE = "purpose"  # by a candidate whose certificate is not made for signing mail


IN_NEED = frozenset({Trust.WEAK, Trust.ISSUER})
"""What is answered by letter, and taken in an emergency: whose it is, is sure."""

BY_A_CANDIDATE = frozenset({Trust.GOOD, Trust.FUTURE}) | IN_NEED
"""Who signed is known: the content is his, whatever is thought of its time or of his key."""


class Signature(msgspec.Struct, frozen=True):
    """``fingerprint`` is the candidate's primary one; ``issuers`` the hex key ids named.

    ``created`` is when the best signature says that it was made (epoch seconds, 0 without
    one); its signer vouches for it only where ``trust`` is not ``UNKNOWN`` or ``BAD``. Of an
    X.509 certificate fingerprint and issuer are its SHA-256; it is ``stale`` where the list that
    should say whether it was revoked is missing or old. ``card`` says that a CPS card made it,
    whose certificate an authority of IGC-Santé has issued to the signer's own RPPS number; the
    keeper alone sets it.
    """

    trust: Trust
    fingerprint: str = ""
    issuers: tuple[str, ...] = ()
    created: int = 0
    stale: bool = False
    card: bool = False

    @property
    def is_x509(self) -> bool:
        """Whether it was made with an X.509 certificate, whose SHA-256 is its name here."""
        return len(self.fingerprint) == 64  # noqa: PLR2004 -- hex digits; OpenPGP's have 40


class Role(StrEnum):
    """What the keeper shall do with a body."""

    MAIN = "main"  # decrypt: its text opens with the routing header
    ATTACHED = "attached"  # a file: decrypt, check, forget; it is stored as it came


class BodyRef(msgspec.Struct, frozen=True):
    """An encrypted message (binary) in the shared memory: OpenPGP's or S/MIME's, by its content.

    ``name`` is the file name that was visible outside; ``entity`` says that the mail calls the
    main body a MIME entity (PGP/MIME) and not a bare text. Neither is signed: what it is shows in
    its octets.
    """

    span: Span
    role: Role
    entity: bool = False
    name: str = ""
    charset: str = ""


class Open(Message, frozen=True):
    """Open a mail. ``persons`` are those who may have signed it, or sent it from ``account``.

    ``account`` is the SASL login that SMTP AUTH has proven, as the milter says: it counts where
    nobody signed, for the person whose card names it. Only for whom one of both makes known are
    files opened that are encrypted by themselves. ``candidates`` are certificates that are held
    against a signature and entitle to nothing. One that is to be ``quick`` fails as ``SLOW``
    where it takes longer than mails do.
    """

    bodies: tuple[BodyRef, ...]
    persons: tuple[Candidate, ...] = ()
    account: str = ""
    candidates: tuple[bytes, ...] = ()
    quick: bool = False


class OpenedBody(msgspec.Struct, frozen=True):
    """A body that can be stored. ``span`` is the encrypted data packet, key packets off.

    For a body that came with the mail the span lies in the request's memory; ``fresh``
    bodies (documents split from a mail whose text carries a code) lie in the reply's.
    """

    container: Container
    span: Span
    digest: bytes
    parts: tuple[PartName, ...] = ()
    fresh: bool = False


class Attested(msgspec.Struct, frozen=True):
    """A Vitale attestation that holds: by whom it was issued, for whom, until when.

    ``nir`` is the patient's number with its key, ``rpps`` the doctor's whom the card was
    shown to, ``token_id`` what makes it valid once; ``expires`` in epoch seconds.
    """

    issuer: str
    nir: str
    rpps: str
    token_id: str
    expires: int


class AttestationFault(StrEnum):
    """Why a Vitale attestation does not hold; one fault is told, the first found."""

    MALFORMED = "malformed"  # no compact JWS, claims missing or of a wrong form, or two tokens
    UNKNOWN_ISSUER = "unknown issuer"  # no registered key of that id, or another's name
    BAD_SIGNATURE = "bad signature"  # or another algorithm than the key's
    OTHER_SERVICE = "other service"  # made out to another address
    TOO_LONG = "too long"  # valid for a longer span than this service takes
    EXPIRED = "expired"  # not valid at this time: over, or not begun


class Standing(StrEnum):
    """What a mail's own words are, looked at as a whole."""

    HEADER = "header"  # a routing header is there, or what surely was to be one
    NOTHING = "nothing"  # no words of the sender's own
    COURTESY = "courtesy"  # greetings, thanks, a signature
    WORDS = "words"  # words, and none that the service knows


class Doubt(StrEnum):
    """Why a mail is asked back whose header can be read."""

    QUOTED = "quoted"  # the request stands where a quotation may be
    OTHER_PATIENT = "other-patient"  # a quotation or a file names somebody else
    ALTERNATIVES = "alternatives"  # plain text and HTML do not say the same
    TWO_REFERENCES = "two-references"  # which emergency access is justified?
    FILE = "file"  # the text was signed as a file, or may have been
    LINE_ENDS = "line-ends"  # signed as text, with line ends that are none for everybody


class FileFault(StrEnum):
    """Why a file that is encrypted by itself is not taken; keys of the text catalogue.

    ``UNREADABLE`` covers a foreign key, damage and noise alike, as :class:`Why` does.
    """

    UNREADABLE = "file-unreadable"
    SIGNATURE = "file-signature"  # not the sender's own, or missing where others have one
    MAIL = "file-mail"  # it holds a mail, or the text of one
    BESIDE = "sealed-beside"  # it stands beside a text that holds its own files
    LAYERED = "layered"  # it is encrypted to the service once more
    NO_INTEGRITY = "no-integrity"
    UNSUPPORTED = "unsupported"
    TOO_MANY_RECIPIENTS = "too-many-recipients"


class Parcel(msgspec.Struct, frozen=True):
    """One of several HPRIM messages: its routing header, its places in ``Opened.bodies``."""

    header: str
    bodies: tuple[int, ...]


class Opened(Message, frozen=True):
    """``header`` is the routing header's lines, any code masked; ``has_code`` that there was one.

    A text that carries a code, an attestation or a reason that only auditors may read is not
    among ``bodies``, nor is a main body that holds nothing but the header. ``has_reason`` says
    that there is such a reason. ``attested`` is what a valid attestation says,
    ``attestation_fault`` why one that is there does not hold (:class:`AttestationFault`).
    ``ticket`` is what all further calls for this mail rest on; empty where its sender is nobody
    whom a card in force names.
    ``routing`` is what the header's lines say (:func:`rmp_milter.mail.header.understood.packed`),
    so that they are not read a second time.
    ``keys`` are the binary certificates that came as ``application/pgp-keys`` or as an
    attached ``.asc`` of certificates, at most four. ``once`` is the same for the same
    signed content of a signer's second, and for the same encrypted text that nobody enrolled
    signed, however it is wrapped and whatever came beside it: by it a replayed mail is known.
    ``parcels`` are there only where HPRIM messages name more than one patient: then ``header``
    is the first one's and decides nothing, and a body that is in no parcel belongs to nobody.
    ``standing`` says what the mail's own words are, and with ``doubts`` it is asked back whatever
    its header says. ``protected`` is what the mail says inside of whom it is for, of its author
    and its day.

    ``seals`` are, for the main body and then for each file encrypted by itself, the same for
    the same session key: by them a file is known that came in another mail. ``file_fault`` is
    why such a file is not taken. Then no file is among ``bodies``, nor in an emergency, nor
    where nobody knows the sender: none is opened there. ``file_signers`` are the fingerprints
    of those who signed them.
    ``unproven`` says that only a signature that holds makes the content anybody's: it came in
    AES-CBC, and no account counts for it.
    ``program`` is what an S/MIME mail says of its signer's program, None of any other.
    ``passed_over`` says that one of the request's persons has a card that does not count.
    ``log_ahead`` is by how many seconds the latest leaf of the access log is later than the
    keeper's clock.
    """

    header: str
    signature: Signature
    bodies: tuple[OpenedBody, ...]
    has_code: bool = False
    attested: Attested | None = None
    attestation_fault: str = ""
    keys: tuple[bytes, ...] = ()
    once: bytes = b""
    parcels: tuple[Parcel, ...] = ()
    has_reason: bool = False
    standing: Standing = Standing.HEADER
    doubts: tuple[Doubt, ...] = ()
    protected: Protected = Protected()
    seals: tuple[bytes, ...] = ()
    file_fault: FileFault | None = None
    file_signers: tuple[str, ...] = ()
    log_ahead: int = 0
    passed_over: bool = False
    unproven: bool = False
    program: MailProgram | None = None
    ticket: bytes = b""
    routing: bytes = b""

    @property
    def has_documents(self) -> bool:
        """Whether anything came beside the text."""
        return any(part.name for body in self.bodies for part in body.parts)


class Create(Message, frozen=True):
    """Make a dossier's id, key, slots and card; without a code in the mail one is drawn.

    With the patient's number, stated or attested, a slot for Vitale attestations is made too.
    What is ``guessable`` of the patient may not be in a code that is given
    (:mod:`rmp_milter.dossier.weak_codes`).
    """

    by: Authority
    event: Event
    guessable: tuple[str, ...] = ()


class Created(Message, frozen=True):
    """``held_code`` is the code in force, for :class:`Seal` to write into the answer."""

    dossier_id: bytes
    public_key: bytes
    slots: Slots
    held_code: bytes
    card: bytes


class ToReseal(msgspec.Struct, frozen=True):
    """A body of the mail, by its place in ``Opened.bodies``, to be kept as this document."""

    document_id: bytes
    place: int


class Reseal(Message, frozen=True):
    """Seal the mail's session keys to the dossier and write the standing readers' packets.

    ``readers`` are certificates of persons in ``by``: médecin traitant, patient, prescriber.
    """

    by: Authority
    items: tuple[ToReseal, ...]
    readers: tuple[bytes, ...]
    event: Event


class ResealedItem(msgspec.Struct, frozen=True):
    """``packets`` are in the order of the request's ``readers``."""

    sealed_key: bytes
    packets: tuple[bytes, ...]


class Resealed(Message, frozen=True):
    """In the order of the request's ``items``; ``card`` is what :class:`Adopt` asks for."""

    items: tuple[ResealedItem, ...]
    card: bytes = b""


class SealedDocument(msgspec.Struct, frozen=True):
    """A stored document's sealed session key and what the seal binds."""

    document_id: bytes
    container: Container
    digest: bytes
    sealed_key: bytes


class ByCode(msgspec.Struct, frozen=True, tag="code"):
    """Open by the code in the mail; without the dossier's own slot by :data:`DECOY_SLOT`."""

    slot: CodeSlot


class ByVitale(msgspec.Struct, frozen=True, tag="vitale"):
    """Open by the attestation in the mail; the slot binds the patient's number.

    ``fill`` is nothing: with it, every call is as long, whichever kind of key the slot is sealed
    to, and with a decoy too.
    """

    slot: bytes
    fill: bytes = b""


class ByCustody(msgspec.Struct, frozen=True, tag="custody"):
    """Open by the keeper's custody key; the event's leaf says why (``proof``).

    An emergency needs a reason in the mail, and a reference in its event.
    """

    slot: bytes


WayIn = ByCode | ByVitale | ByCustody

DECOY_SLOT = CodeSlot(salt=bytes(16), nonce=bytes(12), sealed=bytes(48), folded=True)
"""A slot that no code opens, for patients whom nobody knows and codes that were revoked."""

DECOY_VITALE = bytes([9]) + bytes(79)
"""The same for attestations; it begins with a real point, so that all work is done."""

SLOT_ROOM = 115
"""Octets of the longest slot that is sealed to the custody key."""


TRANSLATED = b"\x01"
"""First octet of what stands in a key packet's place where the keeper is to translate; no
packet of OpenPGP and no RecipientInfo of CMS begins so."""


TRANSLATED_ACTION = "traduit"
"""The action of the leaf of a document that was."""


class Prove(Message, frozen=True):
    """Try a way into the dossier and hand nothing out; the reply is :class:`Proven`.

    It comes before anything that depends on what the dossier holds, so that a wrong code
    costs the same where there is a dossier and where there is none. A refusal writes its
    leaf; for what opens, the call that then uses it writes the leaf.
    """

    by: Authority
    way_in: WayIn
    event: Event


class Proven(Message, frozen=True):
    """The way in is open; the ``ticket`` says so from now on."""

    ticket: bytes


class Release(Message, frozen=True):
    """Open the dossier and write key packets of its documents for ``readers``.

    These are the sender's certificate, or one that the mail encloses where it asks for a key.
    The refusal for a wrong code takes as long as for a slot that never fits. ``dossier_id`` is
    for an emergency in which no card says whose the slot is.
    """

    by: Authority
    way_in: WayIn
    items: tuple[SealedDocument, ...]
    readers: tuple[bytes, ...]
    event: Event
    dossier_id: bytes = b""


class Released(Message, frozen=True):
    """For each of the request's ``items`` the key packets, in the order of ``readers``.

    ``leaf`` is the place of the event in the access log.
    """

    packets: tuple[tuple[bytes, ...], ...]
    leaf: int = 0


class Renew(Message, frozen=True):
    """Write the sender's standing packets of a dossier for his certificate that was renewed.

    It is the ``newer`` one of the sender in ``by``; the mail brings it. ``slot`` is the dossier's
    custody slot. The reply is :class:`Released`, of one reader.
    """

    by: Authority
    slot: bytes
    items: tuple[SealedDocument, ...]
    event: Event


class Recode(Message, frozen=True):
    """Open the dossier and put it under a new code: the mail's if ``chosen``, or one drawn here.

    With ``nir``, the number in the dossier's card, the slot for Vitale attestations is made anew
    as well; blanks are none. ``guessable`` as for :class:`Create`.
    """

    by: Authority
    way_in: WayIn
    event: Event
    chosen: bool = False
    nir: str = ""
    guessable: tuple[str, ...] = ()


class Recoded(Message, frozen=True):
    """``held_code`` is the code in force; ``vitale`` empty unless a number was given."""

    code: CodeSlot
    held_code: bytes
    card: bytes
    vitale: bytes = b""


class Wait(Message, frozen=True):
    """Seal the mail's session keys to the keeper's waiting key, bound to ``waiting_id``.

    For a deposit whose patient has no dossier; ``readers`` (a prescriber, the sender himself) get
    their packets now. The reply is :class:`Resealed`.
    """

    by: Authority
    waiting_id: bytes
    items: tuple[ToReseal, ...]
    readers: tuple[bytes, ...]
    event: Event


class Adopt(Message, frozen=True):
    """Seal the keys of a waiting deposit to a dossier; the reply is :class:`Resealed`.

    It needs no ticket: ``card`` says whose deposit it is and for whom.
    """

    by: Authority
    card: bytes
    items: tuple[SealedDocument, ...]
    readers: tuple[bytes, ...]
    event: Event


MAX_PROOFS = 100
MAX_COSIGNED = 32 << 10
"""Bytes of a cosigned checkpoint that stands in each proof."""
"""Proofs in one reply, at most: each becomes a file of a mail, and who needs those of more
events asks an auditor, who has the whole log."""


class History(Message, frozen=True):
    """Ask for the leaves of a dossier, oldest first; asking is an event itself.

    The newest ``proofs`` of them, at most :data:`MAX_PROOFS`, bring their proofs: under the
    checkpoint ``cosigned``, which witnesses signed, those that it counts.
    """

    by: Authority
    event: Event
    limit: int = 1000
    proofs: int = 0
    cosigned: bytes = b""


class PastEvent(msgspec.Struct, frozen=True):
    """One leaf as the patient's list shows it; ``number`` is its place in the log.

    ``documents`` are given where it names no entries: what a deposit's became is known by them.
    ``entry_proof``, where it was asked for, is a file (C2SP tlog-proof) that holds the whole
    leaf: it is for nobody but who sees all of the dossier.
    """

    number: int
    at: int
    action: str
    outcome: str
    actor_rpps: str
    proof: str = ""
    acting_for: str = ""
    entries: tuple[int, ...] = ()
    reference: str = ""
    entry_proof: bytes = b""
    documents: tuple[bytes, ...] = ()


class Told(Message, frozen=True):
    """The newest ``limit`` events of the dossier, oldest first."""

    events: tuple[PastEvent, ...]


class Record(Message, frozen=True):
    """Write a leaf: for reads that open no slot, for refusals, justifications and reviews.

    The mail's reason (``with_reason``) or the ``words`` of whoever reviews are sealed for the
    auditors and kept beside the leaf. Without a ticket it is the host's own: operator's door.
    """

    event: Event
    by: Authority = NOTHING
    with_reason: bool = False
    words: str = ""


MOST_LISTED = 10
"""Dossiers in an emergency's short list, at most: who gets one sees their patients' names."""


class ListedLeaf(msgspec.Struct, frozen=True):
    """The leaf of one dossier of a short list, and the card of it, if there is one."""

    event: Event
    dossier: bytes = b""


class RecordList(Message, frozen=True):
    """Write the leaves of an emergency's short list, with the mail's reason, all or none.

    What was erased has none; the others are written all the same. At most :data:`MOST_LISTED`.
    """

    by: Authority
    leaves: tuple[ListedLeaf, ...]

    @property
    def grounds(self) -> tuple[Authority, ...]:
        """What each leaf rests on: the mail, its sender, and the leaf's own dossier."""
        return tuple(
            msgspec.structs.replace(self.by, dossier=each.dossier) for each in self.leaves
        )


class RecordedList(Message, frozen=True):
    """The leaves are durable. ``numbers`` are their places in the log, in the request's order.

    None stands for a dossier that was erased: nobody may be shown it.
    """

    numbers: tuple[int | None, ...]


class Amend(Message, frozen=True):
    """Change what governs a dossier, or who somebody is; its leaf is written first."""

    wish: Wish
    event: Event
    by: Authority


class Amended(Message, frozen=True):
    """The next cards: the dossier's, and the person's, where they change."""

    dossier: bytes = b""
    person: bytes = b""


class Vouch(Message, frozen=True):
    """The host's own word: have the keeper make the card that says so. Operator's door only.

    ``before`` is the card in force, empty for what is new.
    """

    said: Said
    event: Event
    before: bytes = b""


class Vouched(Message, frozen=True):
    """The card to commit."""

    card: bytes


class Relearn(Message, frozen=True):
    """Take these cards as those in force, whatever was known. Operator's door only.

    For a keeper, or a store, that was restored from an older copy. No card of a person who is
    ``gone`` counts from then on, and his keys are nobody's. Under the keys that are ``dropped``
    nothing is known any more, but for what was erased. The reply is :class:`Recorded`.
    """

    cards: tuple[bytes, ...]
    event: Event
    gone: tuple[bytes, ...] = ()
    dropped: tuple[bytes, ...] = ()


class Wake(Message, frozen=True):
    """Forget a dossier's wrong codes, so that its code is tried again. Operator's door only.

    The reply is :class:`Recorded`.
    """

    dossier_id: bytes
    event: Event


class Compare(Message, frozen=True):
    """Ask how these cards stand to what the keeper knows. Operator's door only.

    With ``behind`` it also lists what is known, from the key behind that one on.
    """

    cards: tuple[bytes, ...]
    behind: bytes | None = None


class Compared(Message, frozen=True):
    """For each card in a word how it stands (:mod:`rmp_milter.keeper.log.known`).

    ``keys`` are in their order; a part of them where there are many, none at the end.
    """

    stands: tuple[str, ...]
    keys: tuple[bytes, ...] = ()


class Show(Message, frozen=True):
    """Show cards that were committed just now: none of before counts from then on.

    One that is not the next of its kind does nothing.
    """

    cards: tuple[bytes, ...]


class Learned(Message, frozen=True):
    """How many of the cards are in force from now on."""

    count: int


class Forget(Message, frozen=True):
    """Forget which leaves are a dossier's, as its erasure demands; the leaf comes first.

    The reply is :class:`Recorded`. The leaves stay; nobody can tell any more whose they are.
    """

    dossier_id: bytes
    event: Event


class Recorded(Message, frozen=True):
    """The leaf is durable; ``number`` is its place in the log."""

    number: int


class Checkpoint(Message, frozen=True):
    """Sign the access log as it is. ``event``, a heartbeat, gets its leaf before that."""

    event: Event | None = None


class Checkpointed(Message, frozen=True):
    """``note`` is the checkpoint, a signed note (C2SP tlog-checkpoint).

    ``handovers`` are the receipts by which the log went over from one key to another of late.
    """

    note: bytes
    handovers: tuple[bytes, ...] = ()


class Seal(Message, frozen=True):
    """Sign with the service's key and encrypt to ``readers``.

    Their certificates are those of their cards, or enclosed in the mail. The plaintext is
    ``text``, or the request's shared memory if ``text`` is empty; a ``held_code`` replaces each
    :data:`CODE_MARK` (:data:`CODE_FIELD`) in it, for the sender of its mail alone.
    """

    readers: tuple[Candidate, ...]
    ticket: bytes = b""
    text: bytes = b""
    held_code: bytes = b""


class Sealed(Message, frozen=True):
    """A binary message of the readers' kind (OpenPGP, CMS).

    In the reply, or (``data`` empty) in its shared memory.
    """

    data: bytes


class Welcome(Message, frozen=True):
    """Sign the welcome of doctors with certificates, in clear. Operator's door only.

    The text is the keeper's own: ``service`` is one of its addresses, ``language`` "fr" or "en".
    """

    service: str
    language: Literal["fr", "en"] = "fr"


class Welcomed(Message, frozen=True):
    """A MIME entity, its header first, to be sent as it is."""

    entity: bytes


class Translate(Message, frozen=True):
    """Open a document that its reader's program cannot, and seal it anew for him.

    ``document.sealed_key`` is what stands in the place of his key packet (:data:`TRANSLATED`),
    the request's memory the stored body, ``dossier_id`` whose it is (``waits``: the id of a
    deposit that waits for its dossier) and ``dossier`` its card, without which nobody reads by
    his standing. ``ticket`` is that of the mail in whose answer it goes. ``head`` are the header
    lines in front of the content's own, in ``language`` what is said of the author, ``name`` the
    file's where the author's program wrote none into it. ``original`` sends along what the author
    signed. What is ``unsent`` goes to nobody: the same work is done, what comes of it opens for
    nobody, and the leaf says that nobody read. The reply is :class:`Sealed`.
    """

    reader: Candidate
    document: SealedDocument
    dossier_id: bytes
    event: Event
    head: bytes
    ticket: bytes = b""
    language: str = "fr"
    waits: bool = False
    original: bool = False
    dossier: bytes = b""
    name: str = ""
    unsent: bool = False


class StandingCopy(msgspec.Struct, frozen=True, array_like=True):
    """What a reader with a standing has in a key packet's place: to be sealed to another key.

    ``document.sealed_key`` is that (:data:`TRANSLATED`), ``fingerprint`` the reader's.
    """

    dossier_id: bytes
    fingerprint: str
    document: SealedDocument


class SealAgain(Message, frozen=True):
    """Seal to the present translation key what is sealed to a former one. Operator's door only.

    For the same reader, dossier and document: nobody comes to read anything by it.
    """

    copies: tuple[StandingCopy, ...]
    event: Event


class SealedAgain(Message, frozen=True):
    """What takes each one's place; empty for what is under the present key, or under none."""

    packets: tuple[bytes, ...]


class ToReslot(msgspec.Struct, frozen=True, array_like=True):
    """A dossier's card and the slots of its that are sealed to the custody key.

    ``vitale`` is empty without one; else ``nir`` is the patient's number, to which it is bound.
    """

    card: bytes
    custody: bytes
    vitale: bytes = b""
    nir: str = ""


class Reslot(Message, frozen=True):
    """Seal to the present custody key what is sealed to a former one. Operator's door only."""

    dossiers: tuple[ToReslot, ...]
    event: Event


class NewSlots(msgspec.Struct, frozen=True, array_like=True):
    """A dossier's new slots and the card that names them; all empty where nothing is to be done.

    ``fault`` says in a line why nothing could be.
    """

    card: bytes = b""
    custody: bytes = b""
    vitale: bytes = b""
    fault: str = ""


class Reslotted(Message, frozen=True):
    """For each dossier its new slots, to be committed with the card."""

    slots: tuple[NewSlots, ...]


class ToRecard(msgspec.Struct, frozen=True, array_like=True):
    """A card of any kind, to be made anew; a dossier's with its Vitale slot, empty without one.

    ``nir`` is then the patient's number, to which that slot is bound. ``ends_code`` says that
    the dossier's code is to open nothing any more.
    """

    card: bytes
    vitale: bytes = b""
    nir: str = ""
    ends_code: bool = False


class Recard(Message, frozen=True):
    """Make cards anew that were made under a former pepper. Operator's door only.

    They say what they said before; of a code that is ended there is a leaf in its dossier.
    """

    cards: tuple[ToRecard, ...]
    event: Event


class NewCard(msgspec.Struct, frozen=True, array_like=True):
    """A new card, and the Vitale slot that it names; both empty where nothing is to be done.

    ``fault`` says in a line why nothing could be.
    """

    card: bytes = b""
    vitale: bytes = b""
    fault: str = ""


class Recarded(Message, frozen=True):
    """For each card the new one, to be committed with the slot."""

    cards: tuple[NewCard, ...]


class TryCustody(Message, frozen=True):
    """Ask custody keys that lie elsewhere whether they answer. Operator's door only.

    Nothing is opened, and no leaf written.
    """


class CustodyTried(Message, frozen=True):
    """A line for each that does not answer."""

    faults: tuple[str, ...]


class Why(StrEnum):
    """Why the keeper could not do a call; the values are keys of the text catalogue.

    ``UNREADABLE`` covers a foreign key, damage and noise alike: no answer may tell them
    apart (Bleichenbacher's oracle). ``SMIME_UNREADABLE`` does so for S/MIME, and covers what is
    not signed as well (EFAIL); ``NO_SMIME`` says that the service has no certificate for it,
    ``OLD_CERTIFICATE`` that it was encrypted to a former one, ``OLD_KEY`` the same of OpenPGP.
    ``SLOW`` is no refusal: the call may come again, not quick.
    ``UNENTITLED`` is what no ticket or card allows, ``MOVED`` a card that is not in force any
    more: the mail is decided again; ``REPLAYED`` a change that the same act has made before.
    ``UNTRUSTED`` is a certificate for which no authority of the host's answers.
    ``NOT_HERE`` is a call at the wrong socket: none that this service makes. ``AWAY`` no keeper
    says: the tunnel to its host does, where it asked it nothing.
    """

    UNREADABLE = "unreadable"
    NO_INTEGRITY = "no-integrity"
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"
    TOO_MANY_RECIPIENTS = "too-many-recipients"
    WRONG_CODE = "wrong-code"
    WEAK_CODE = "weak-code"
    NO_TEXT = "no-text"
    LAYERED = "layered"
    BAD_KEY = "bad-key"
    NO_SMIME = "smime"
    SMIME_UNREADABLE = "smime-unreadable"
    OLD_CIPHER = "old-cipher"
    OLD_CERTIFICATE = "old-certificate"
    OLD_KEY = "old-key"
    SLOW = "slow"
    UNENTITLED = "unentitled"
    MOVED = "moved"
    REPLAYED = "replayed"
    UNTRUSTED = "untrusted"
    NOT_HERE = "not-here"
    AWAY = "away"
    UNAVAILABLE = "unavailable"


class Failed(Message, frozen=True):
    """The call did nothing. ``detail`` is for the host's log; it holds no plaintext."""

    why: Why
    detail: str = ""


CODE_MARK = "@@CODE-PATIENT@@"
"""Stands for the patient's code in a text that the milter wrote and may not know."""

CODE_LIMIT = 64
"""Characters of the longest code; one that is set is of capitals and digits."""

CODE_FIELD = CODE_MARK.ljust(CODE_LIMIT)
"""The same where the width must not change (in a PDF): code and blanks take its place."""

HEARTBEAT = "heartbeat"
"""The action of the leaf that shows, by its absence, that the log stood still."""

HOST = "host"
"""What proves the right to a command: that it was run. Stands in the leaf as ``proof``."""


def heartbeat_at(at: int) -> Event:
    """Return the whole of that leaf, of ``at`` (epoch seconds)."""
    return Event(at, HEARTBEAT, b"", "", "", "")


Request = (
    Open
    | Create
    | Reseal
    | Prove
    | Release
    | Renew
    | Recode
    | Wait
    | Adopt
    | History
    | Record
    | RecordList
    | Amend
    | Vouch
    | Relearn
    | Wake
    | Compare
    | Show
    | Forget
    | Checkpoint
    | Seal
    | Translate
    | Welcome
    | SealAgain
    | Reslot
    | Recard
    | TryCustody
)
Reply = (
    Opened
    | Created
    | Resealed
    | Proven
    | Released
    | Recoded
    | Told
    | Recorded
    | RecordedList
    | Amended
    | Vouched
    | Compared
    | Learned
    | Checkpointed
    | Sealed
    | Welcomed
    | SealedAgain
    | Reslotted
    | Recarded
    | CustodyTried
    | Failed
)
