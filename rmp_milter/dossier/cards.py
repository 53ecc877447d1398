"""Cards: what the keeper goes by, of a dossier and of a person, as it has vouched for it.

The keeper makes them, the store keeps them as opaque bytes (``Dossier.card``, ``Doctor.card``),
and every call brings those it rests on: so whoever has the milter can withhold one, and cannot
write one. Only what decides stands in a card; what it is drawn from stays in the records. The
layout is in docs/formats.md (Cards), the MAC in :mod:`rmp_milter.keeper.authority.cards`.
"""

import hashlib
from typing import TypeVar

import msgspec

from rmp_milter.dossier.model import NO_PEPPER, CodeSlot, Takeover, Value

LAYOUT = b"\x01"
"""The first octet of a card; another layout is another number."""
TAG_SIZE = 32
NO_ACT = bytes(32)
"""The act of a card that the host's own command made."""
MOST_OTHERS = 7
"""Certificates that somebody may have beside the one that he is written to by."""


class LocumDays(Value, frozen=True, array_like=True):
    """A locum of this person, from the ISO day ``first`` to ``last``, both included."""

    locum: bytes  # a person's id
    first: str
    last: str


class OtherCredential(Value, frozen=True, array_like=True):
    """A certificate that a person has beside the one that he is written to by.

    ``digest`` is the SHA-256 of the binary certificate, ``signed_at`` as in a person's card; of
    an X.509 certificate it is the day from which it is valid.
    """

    digest: bytes
    fingerprint: str
    signed_at: int


class PersonCard(Value, frozen=True, array_like=True):
    """Somebody of the directory: a professional, or a patient with a key of his own.

    ``certificate`` is the SHA-256 of the binary certificate, ``signed_at`` the time of its newest
    self-signature (a copy that is older never takes its place). ``account`` is empty for whom
    no unsigned mail counts. ``act`` is the mail that made this revision. What he signs by one of
    his other ``credentials`` is his as well.
    """

    person: bytes
    revision: int
    act: bytes
    certificate: bytes
    fingerprint: str
    signed_at: int
    rpps: str
    name: str
    mail: str
    is_doctor: bool
    account: str = ""
    patient_of: bytes = b""
    locums: tuple[LocumDays, ...] = ()
    credentials: tuple[OtherCredential, ...] = ()


class Masked(Value, frozen=True, array_like=True):
    """A document that only its author, the médecin traitant and the patient are given."""

    document: bytes
    author: bytes  # a person's id


class DossierCard(Value, frozen=True, array_like=True):
    """What governs a dossier.

    ``patient`` is the id of the patient's own entry in the directory, empty without one;
    ``suspended`` says that his key waits to be confirmed after a takeover. ``traits`` and
    ``number`` are keyed by the keeper; ``code`` (empty: none opens), ``vitale`` and ``custody``
    are digests of the slots in force (:func:`slot_digest`). Times in epoch seconds, 0 for never.
    """

    dossier: bytes
    revision: int
    act: bytes
    public_key: bytes
    treating: bytes
    traits: tuple[bytes, ...]
    number: bytes
    custody: bytes
    code: bytes = b""
    vitale: bytes = b""
    patient: bytes = b""
    suspended: bool = False
    takeover: Takeover | None = None
    opposed: tuple[bytes, ...] = ()
    masked: tuple[Masked, ...] = ()
    closed_at: int = 0
    erase_at: int = 0


class WaitingCard(Value, frozen=True, array_like=True):
    """A deposit that waits for its patient's dossier: for whom, by whom, of which mail."""

    waiting: bytes
    act: bytes
    depositor: bytes  # a person's id
    rpps: str
    fingerprint: str
    traits: tuple[bytes, ...]
    number: bytes
    documents: tuple[bytes, ...]


Card = PersonCard | DossierCard | WaitingCard
CardT = TypeVar("CardT", PersonCard, DossierCard, WaitingCard)


_KINDS: dict[type[Card], bytes] = {PersonCard: b"P", DossierCard: b"D", WaitingCard: b"W"}


class CardError(ValueError):
    """Octets that are no card; never says more."""


def code_digest(slot: CodeSlot | None) -> bytes:
    """Return what stands for a code's slot in a card; empty for none."""
    if slot is None:
        return b""
    fold = b"\x01" if slot.folded else b"\x00"
    pepper = slot.pepper if slot.pepper != NO_PEPPER else b""
    return slot_digest(slot.salt + slot.nonce + slot.sealed + fold + pepper)


def slot_digest(slot: bytes) -> bytes:
    """Return what stands for a slot in a card; empty for none."""
    return hashlib.sha256(b"rmp slot\0" + slot).digest() if slot else b""


def packed(card: Card) -> bytes:
    """Return the octets that are MAC'd."""
    return LAYOUT + _KINDS[type(card)] + msgspec.msgpack.encode(card)


def dossier_card(sealed: bytes) -> DossierCard:
    """Read a dossier's card, whoever made it; raise :class:`CardError` for anything else."""
    return _read(sealed, DossierCard)


def person_card(sealed: bytes) -> PersonCard:
    """Read a person's card, whoever made it; raise :class:`CardError` for anything else."""
    return _read(sealed, PersonCard)


def waiting_card(sealed: bytes) -> WaitingCard:
    """Read a waiting deposit's card; raise :class:`CardError` for anything else."""
    return _read(sealed, WaitingCard)


def _read(sealed: bytes, card_type: type[CardT]) -> CardT:
    head = LAYOUT + _KINDS[card_type]
    if not sealed.startswith(head) or len(sealed) < len(head) + TAG_SIZE:
        raise CardError
    try:
        return msgspec.msgpack.decode(sealed[len(head) : -TAG_SIZE], type=card_type)
    except msgspec.DecodeError:
        raise CardError from None
