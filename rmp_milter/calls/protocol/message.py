"""What every call is made of, how one fails, and the leaf that it may leave."""

from enum import StrEnum

import msgspec


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


HEARTBEAT = "heartbeat"
"""The action of the leaf that shows, by its absence, that the log stood still."""


HOST = "host"
"""What proves the right to a command: that it was run. Stands in the leaf as ``proof``."""


def heartbeat_at(at: int) -> Event:
    """Return the whole of that leaf, of ``at`` (epoch seconds)."""
    return Event(at, HEARTBEAT, b"", "", "", "")
