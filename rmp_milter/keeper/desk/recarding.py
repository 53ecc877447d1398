"""Cards of a former pepper are made anew under the present one, by the host.

They say what they said before. A dossier's Vitale slot is bound by the pepper as well, so it is
sealed anew with the card. What is opened goes nowhere but into the new slot, of the same dossier.
"""

from msgspec.structs import replace

from rmp_milter.calls.protocol.message import Event
from rmp_milter.calls.protocol.rotating import NewCard, Recard, Recarded, ToRecard
from rmp_milter.dossier.cards import NO_ACT, CardError, DossierCard, PersonCard, slot_digest
from rmp_milter.keeper.authority.ground import DOSSIER, PERSON, CardReading
from rmp_milter.keeper.authority.refusals import Moved, Unentitled
from rmp_milter.keeper.desk.desk import Desk, write_leaf
from rmp_milter.keeper.desk.entitled import learn, look_in
from rmp_milter.keeper.keys.sealing import (
    SealError,
    blind_number,
    make_vitale_slot,
    open_vitale_slot,
)

ACTION = "nouveau poivre"
"""The action of the leaf, one for all cards of a call."""
END_OF_CODE = "fin de code"
"""That of the leaf in a dossier whose code opens nothing any more."""


def recard(desk: Desk, request: Recard, now: int) -> Recarded:
    """Return new cards; they are in force once they are committed and shown.

    One card's fault is no other's. A leaf is written where there is any new card, and one in
    each dossier whose code is ended. Raises :class:`~.desk.CallFailed` for an event that no leaf
    can hold.
    """
    made = tuple(_made(desk, each) for each in request.cards)
    pairs = [*zip(request.cards, made, strict=True)]
    if any(new.card and not asked.ends_code for asked, new in pairs):
        write_leaf(desk, _leaf(request.event, ACTION), now)
    for asked, new in pairs:
        if new.card and asked.ends_code:
            dossier_id = desk.sealer.dossier(new.card).dossier
            leaf = replace(_leaf(request.event, END_OF_CODE), dossier_id=dossier_id)
            write_leaf(desk, leaf, now)
    return Recarded(made)


def _leaf(event: Event, action: str) -> Event:
    # Without a request it is always a new leaf: each call has its own.
    leaf = replace(event, action=action, outcome="granted", request=b"")
    return replace(leaf, dossier_id=b"", documents=())


def _made(desk: Desk, wanted: ToRecard) -> NewCard:
    try:
        match wanted.card[1:2]:
            case kind if kind == DOSSIER:
                return _of_dossier(desk, wanted)
            case kind if kind == PERSON:
                return _of_person(desk, wanted.card)
            case _:
                return _of_waiting(desk, wanted.card)
    except Moved:
        return NewCard(fault="it is not in force any more")
    except CardError:
        return NewCard(fault="not a card of this keeper")
    except (Unentitled, SealError) as error:
        return NewCard(fault=str(error) or "its Vitale slot opens by none of the keys")


def _of_waiting(desk: Desk, sealed: bytes) -> NewCard:
    """Return the card of a deposit that waits; it has no revisions."""
    card = desk.sealer.waiting(sealed)
    return NewCard() if desk.sealer.is_present(sealed) else NewCard(desk.sealer.sealed(card))


def _of_person(desk: Desk, sealed: bytes) -> NewCard:
    with desk.journal.own() as own:
        reading = CardReading(desk.sealer, look_in(own))
        card = reading.card_of_person(sealed)
    learn(desk, reading.learnt)
    if desk.sealer.is_present(sealed):
        return NewCard()
    return NewCard(desk.sealer.sealed(_next(card)))


def _of_dossier(desk: Desk, wanted: ToRecard) -> NewCard:
    with desk.journal.own() as own:
        reading = CardReading(desk.sealer, look_in(own))
        card = reading.dossier(wanted.card)
    learn(desk, reading.learnt)
    vitale = _new_vitale(desk, wanted, card)
    ends = wanted.ends_code and bool(card.code)
    if desk.sealer.is_present(wanted.card) and not vitale and not ends:
        return NewCard()
    renewed = replace(
        card,
        code=b"" if ends else card.code,
        vitale=slot_digest(vitale) if vitale else card.vitale,
    )
    return NewCard(desk.sealer.sealed(_next(renewed)), vitale or wanted.vitale)


def _next(card: DossierCard | PersonCard) -> DossierCard | PersonCard:
    made: DossierCard | PersonCard = replace(card, revision=card.revision + 1, act=NO_ACT)
    return made


def _new_vitale(desk: Desk, wanted: ToRecard, card: DossierCard) -> bytes:
    """Return the Vitale slot under the present pepper, empty where it is, or where there is none.

    Raises :class:`Unentitled` for another slot or number, :class:`SealError`.
    """
    if not card.vitale:
        return b""
    if slot_digest(wanted.vitale) != card.vitale:
        raise Unentitled("a Vitale slot that is in force no more")
    if desk.sealer.number(wanted.nir) != card.number:
        raise Unentitled("another number than the card's")
    keys = desk.keys
    blinds = [blind_number(wanted.nir, each) for each in keys.peppers.blinding]
    try:
        open_vitale_slot(keys.all_custody, card.dossier, wanted.vitale, blinds[:1])
    except SealError:
        private = open_vitale_slot(keys.all_custody, card.dossier, wanted.vitale, blinds)
        raw = private.private_bytes_raw()
        return make_vitale_slot(keys.custody.public_key(), card.dossier, raw, blinds[0])
    return b""
