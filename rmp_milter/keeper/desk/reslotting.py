"""Slots that are sealed to a former custody key are sealed to the present one, by the host.

The slots are part of what a dossier's card governs: so the keeper renews the card with them. What
it opens goes nowhere but into the new slots, which are to its own key; nobody says to which.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from rmp_milter.calls.protocol.rotating import NewSlots, Reslot, Reslotted, ToReslot
from rmp_milter.dossier.cards import NO_ACT, DossierCard, slot_digest
from rmp_milter.keeper.authority.ground import CardReading
from rmp_milter.keeper.authority.refusals import Moved, Unentitled
from rmp_milter.keeper.desk.desk import Desk, write_leaf
from rmp_milter.keeper.desk.entitled import learn, look_in
from rmp_milter.keeper.keys.custody import CustodyKey, is_of
from rmp_milter.keeper.keys.sealing import (
    SealError,
    blind_number,
    make_custody_slot,
    make_vitale_slot,
    open_custody_slot,
    open_vitale_slot,
)

ACTION = "nouvelle clé de garde"
"""The action of the leaf, one for all dossiers of a call."""


def reslot(desk: Desk, request: Reslot, now: int) -> Reslotted:
    """Return new slots and cards; the cards are in force once they are committed and shown.

    One dossier's fault is no other's. A leaf is written where there is any new slot. Raises
    :class:`~.desk.CallFailed` for an event that no leaf can hold.
    """
    made = tuple(_reslotted(desk, each) for each in request.dossiers)
    if any(each.card for each in made):
        # Without a request it is always a new leaf: each call has its own.
        leaf = replace(request.event, action=ACTION, outcome="granted", request=b"")
        write_leaf(desk, replace(leaf, dossier_id=b"", documents=()), now)
    return Reslotted(made)


def _reslotted(desk: Desk, wanted: ToReslot) -> NewSlots:
    try:
        card = _in_force(desk, wanted)
        blind = _blind(desk, wanted, card)
        if _is_present(desk, wanted, card, blind):
            return NewSlots()
        private = _private(desk, wanted, card)
    except Moved:
        return NewSlots(fault="its card is not in force any more")
    except (Unentitled, SealError) as error:
        return NewSlots(fault=str(error) or "its custody slot opens by none of the keys")
    return _sealed(desk, card, private, blind)


def _in_force(desk: Desk, wanted: ToReslot) -> DossierCard:
    """Return the dossier's card; raise :class:`Unentitled`, :class:`Moved`."""
    with desk.journal.own() as own:
        reading = CardReading(desk.sealer, look_in(own))
        card = reading.dossier(wanted.card)
    learn(desk, reading.learnt)
    if slot_digest(wanted.custody) != card.custody:
        raise Unentitled("a custody slot that is in force no more")
    return card


def _blind(desk: Desk, wanted: ToReslot, card: DossierCard) -> bytes:
    """Return what the Vitale slot is bound to, empty where there is none."""
    if not card.vitale:
        return b""
    if slot_digest(wanted.vitale) != card.vitale:
        raise Unentitled("a Vitale slot that is in force no more")
    if desk.sealer.number(wanted.nir) != card.number:
        raise Unentitled("another number than the card's")
    return blind_number(wanted.nir, desk.keys.pepper)


def _is_present(desk: Desk, wanted: ToReslot, card: DossierCard, blind: bytes) -> bool:
    """Whether all slots are sealed to the present key already."""
    present = _of_its_kind((desk.keys.custody,), wanted.custody)
    try:
        open_custody_slot(present, card.dossier, wanted.custody)
        if blind:
            open_vitale_slot(present, card.dossier, wanted.vitale, (blind,))
    except SealError:
        return False
    return True


def _of_its_kind(keys: Sequence[CustodyKey], slot: bytes) -> tuple[CustodyKey, ...]:
    """Return the keys that a slot may be under; no stranger measures this, and tokens are slow."""
    return tuple(key for key in keys if is_of(slot, key.public_key()))


def _private(desk: Desk, wanted: ToReslot, card: DossierCard) -> bytes:
    """Return the dossier's private key; raise :class:`SealError`, :class:`Unentitled`."""
    keys = _of_its_kind(desk.keys.all_custody, wanted.custody)
    private: X25519PrivateKey = open_custody_slot(keys, card.dossier, wanted.custody)
    if private.public_key().public_bytes_raw() != card.public_key:
        raise Unentitled("another dossier's key in its slot")
    return private.private_bytes_raw()


def _sealed(desk: Desk, card: DossierCard, private: bytes, blind: bytes) -> NewSlots:
    public = desk.keys.custody.public_key()
    custody = make_custody_slot(public, card.dossier, private)
    vitale = make_vitale_slot(public, card.dossier, private, blind) if blind else b""
    renewed = replace(
        card,
        revision=card.revision + 1,
        act=NO_ACT,
        custody=slot_digest(custody),
        vitale=slot_digest(vitale) if vitale else b"",
    )
    return NewSlots(desk.sealer.sealed(renewed), custody, vitale)
