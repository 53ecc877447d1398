"""What the milter and the keeper say to each other: few calls, each total.

One connection carries one request and one reply (docs/formats.md, Keeper socket). Large
bytes travel as a file descriptor of anonymous memory, passed beside the request or the
reply; offsets and lengths below point into it. ``held`` values are secrets (a session
key, a patient's code) sealed under a key that only the running keeper has: whoever
carries them learns nothing and can use them only in the mail they came from.
"""

from enum import StrEnum

import msgspec

from rmp_milter.model import CodeSlot, Container, PartName, Slots


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of every request and reply."""


class Span(msgspec.Struct, frozen=True):
    """A stretch of the shared memory, in bytes."""

    offset: int
    length: int


class Event(msgspec.Struct, frozen=True):
    """What the access log shall say of a call; durable before the reply leaves.

    ``action`` is the verb's word (``depot``, ``dossier``...), ``request`` the mail's
    duplicate digest: with ``action`` and ``dossier_id`` it makes the leaf unique, so that
    the same mail, tried again, finds its leaf. ``outcome`` is ``granted`` or ``refused``.
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


class Trust(StrEnum):
    """What the signature of the opened mail is worth."""

    NONE = "none"  # not signed
    GOOD = "good"  # by one of the candidate certificates, valid now
    UNKNOWN = "unknown"  # by a key that is not among the candidates
    BAD = "bad"  # by a candidate, but it does not fit the content
    EXPIRED = "expired"  # by a candidate whose key is expired or revoked


class Signature(msgspec.Struct, frozen=True):
    """``fingerprint`` is the candidate's primary one; ``issuers`` the hex key ids named."""

    trust: Trust
    fingerprint: str = ""
    issuers: tuple[str, ...] = ()


class Role(StrEnum):
    """What the keeper shall do with a body."""

    MAIN = "main"  # decrypt: its text opens with the routing header
    ATTACHED = "attached"  # unwrap its session key, never decrypt


class BodyRef(msgspec.Struct, frozen=True):
    """An OpenPGP message (binary) in the shared memory.

    ``name`` is the file name that was visible outside; ``entity`` says that the main
    body's plaintext is a MIME entity (PGP/MIME) and not a bare text.
    """

    span: Span
    role: Role
    entity: bool = False
    name: str = ""
    charset: str = ""


class Open(Message, frozen=True):
    """Open a mail. ``digest`` is its duplicate digest; held values are bound to it."""

    digest: bytes
    bodies: tuple[BodyRef, ...]
    candidates: tuple[bytes, ...] = ()


class OpenedBody(msgspec.Struct, frozen=True):
    """A body that can be stored. ``span`` is the encrypted data packet, key packets off.

    For a body that came with the mail the span lies in the request's memory; ``fresh``
    bodies (documents split from a mail whose text carries a code) lie in the reply's.
    """

    container: Container
    span: Span
    digest: bytes
    held: bytes
    parts: tuple[PartName, ...] = ()
    fresh: bool = False


class Opened(Message, frozen=True):
    """``header`` is the routing header's lines, any code masked; ``held_code`` the code.

    A text that carries a code is not among ``bodies``, nor is a main body that holds
    nothing but the header.
    """

    header: str
    signature: Signature
    bodies: tuple[OpenedBody, ...]
    held_code: bytes = b""


class Create(Message, frozen=True):
    """Make a dossier's key and slots; without ``held_code`` the keeper draws a code."""

    digest: bytes
    dossier_id: bytes
    event: Event
    held_code: bytes = b""


class Created(Message, frozen=True):
    """``held_code`` is the code in force, for :class:`Seal` to write into the answer."""

    public_key: bytes
    slots: Slots
    held_code: bytes


class ToReseal(msgspec.Struct, frozen=True):
    """A held session key to seal for the dossier."""

    document_id: bytes
    container: Container
    digest: bytes
    held: bytes


class Reseal(Message, frozen=True):
    """Seal held session keys to the dossier and write the standing readers' packets."""

    digest: bytes
    dossier_id: bytes
    dossier_key: bytes
    items: tuple[ToReseal, ...]
    readers: tuple[bytes, ...]
    event: Event


class ResealedItem(msgspec.Struct, frozen=True):
    """``packets`` are in the order of the request's ``readers``."""

    sealed_key: bytes
    packets: tuple[bytes, ...]


class Resealed(Message, frozen=True):
    """In the order of the request's ``items``."""

    items: tuple[ResealedItem, ...]


class SealedDocument(msgspec.Struct, frozen=True):
    """A stored document's sealed session key and what the seal binds."""

    document_id: bytes
    container: Container
    digest: bytes
    sealed_key: bytes


class Release(Message, frozen=True):
    """Open the dossier by the patient's code and write one reader's key packets.

    The refusal for a wrong code takes as long as for a slot that never fits.
    """

    digest: bytes
    dossier_id: bytes
    slot: CodeSlot
    held_code: bytes
    items: tuple[SealedDocument, ...]
    reader: bytes
    event: Event


class Released(Message, frozen=True):
    """Key packets in the order of the request's ``items``."""

    packets: tuple[bytes, ...]


class Record(Message, frozen=True):
    """Write a leaf: for reads that open no slot, and for refusals."""

    event: Event


class Recorded(Message, frozen=True):
    """The leaf is durable; ``index`` is its place in the log."""

    index: int


class Checkpoint(Message, frozen=True):
    """Sign the access log as it is. ``event``, a heartbeat, gets its leaf before that."""

    event: Event | None = None


class Checkpointed(Message, frozen=True):
    """``note`` is the checkpoint, a signed note (C2SP tlog-checkpoint)."""

    note: bytes


class Seal(Message, frozen=True):
    """Sign with the service's key and encrypt to ``readers``.

    The plaintext is ``text``, or the request's shared memory if ``text`` is empty; a
    ``held_code`` replaces each :data:`CODE_MARK` in it.
    """

    readers: tuple[bytes, ...]
    digest: bytes = b""
    text: bytes = b""
    held_code: bytes = b""


class Sealed(Message, frozen=True):
    """A binary OpenPGP message, in the reply or (``data`` empty) in its shared memory."""

    data: bytes


class Why(StrEnum):
    """Why the keeper could not do a call; the values are keys of the text catalogue.

    ``UNREADABLE`` covers a foreign key, damage and noise alike: no answer may tell them
    apart (Bleichenbacher's oracle).
    """

    UNREADABLE = "unreadable"
    NO_INTEGRITY = "no-integrity"
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"
    WRONG_CODE = "wrong-code"
    WEAK_CODE = "weak-code"
    NO_TEXT = "no-text"
    LAYERED = "layered"
    BAD_KEY = "bad-key"
    UNAVAILABLE = "unavailable"


class Failed(Message, frozen=True):
    """The call did nothing. ``detail`` is for the host's log; it holds no plaintext."""

    why: Why
    detail: str = ""


CODE_MARK = "@@CODE-PATIENT@@"
"""Stands for the patient's code in a text that the milter wrote and may not know."""

HEARTBEAT = "heartbeat"
"""The action of the leaf that shows, by its absence, that the log stood still."""

Request = Open | Create | Reseal | Release | Record | Checkpoint | Seal
Reply = Opened | Created | Resealed | Released | Recorded | Checkpointed | Sealed | Failed
