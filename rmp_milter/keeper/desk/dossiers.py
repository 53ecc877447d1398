"""The calls that make a dossier, open one, or put it under a new code.

Whatever hands out a key writes its leaf first, and what does not open leaves its refusal.
"""

import time
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from rmp_milter.calls.protocol.filing import Create, Created
from rmp_milter.calls.protocol.message import Why
from rmp_milter.calls.protocol.releasing import (
    Prove,
    Proven,
    Recode,
    Recoded,
    Release,
    Released,
    SealedDocument,
)
from rmp_milter.dossier.cards import DossierCard, code_digest, slot_digest
from rmp_milter.dossier.emergency import EMERGENCY_PURPOSE, reference_of
from rmp_milter.dossier.model import CodeSlot, Patient, Slots, Verb
from rmp_milter.dossier.rules import Act, Relation, Way
from rmp_milter.dossier.takeovers import may_be_contested
from rmp_milter.keeper.authority.ground import digest_of
from rmp_milter.keeper.authority.judging import ABOUT_ENCLOSED_KEYS, agree, granted
from rmp_milter.keeper.authority.next_cards import check_issued, next_dossier, stated_of
from rmp_milter.keeper.authority.prolonged import is_prolonged
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.authority.tickets import Ticket, sealed_ticket
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.entitled import (
    Entitled,
    check_undone,
    entitled,
    leaf_of,
    note_act,
    write_entitled,
)
from rmp_milter.keeper.desk.readers import DocumentOwner, packet_for, readers_of
from rmp_milter.keeper.desk.ways import Passage, passage, spend_attestation
from rmp_milter.keeper.keys.held import HeldKind
from rmp_milter.keeper.keys.sealing import (
    Random,
    SealError,
    blind_number,
    chosen_code,
    draw_code,
    make_code_slot,
    make_custody_slot,
    make_vitale_slot,
    open_session_key,
)
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.openpgp.sessionkey import SessionKey
from rmp_milter.keeper.vitale.attestation import is_number

_CHANGES = frozenset({Verb.MEDECIN_TRAITANT, Verb.CONTESTATION, Verb.CLE_DU_PATIENT})
"""Requests that open a dossier and then change who has a standing in it."""

_GIVES_STANDING = ABOUT_ENCLOSED_KEYS | {Verb.MEDECIN_TRAITANT, Verb.CONTESTATION}
"""Requests by which somebody reads the documents from then on; others bring them once."""

_HANDS_OUT = _GIVES_STANDING | {*(Verb.CONSULTATION, Verb.RENVOI, Verb.COPIE, Verb.URGENCE)}
"""Requests whose answer brings documents, or lets somebody read them from then on."""


def create(desk: Desk, request: Create, now: int) -> Created:
    """Make a dossier's id, key pair, slots and card, under the mail's code or one drawn here.

    Raises :class:`CallFailed` ``WEAK_CODE``, :class:`Unentitled` for who may create none and
    for a patient of whom there may be a dossier.
    """
    found = entitled(desk, request.by, now)
    patient = _patient_to_create(desk, found)
    spend_attestation(desk, found)
    code = _code_to_set(desk, found.ticket.code, request.guessable)
    dossier_id = _new_id(desk.random)
    pair = X25519PrivateKey.generate()
    slots = _slots(desk, code, patient, dossier_id, pair.private_bytes_raw())
    card = DossierCard(
        dossier=dossier_id,
        revision=0,
        act=found.ticket.act,
        public_key=pair.public_key().public_bytes_raw(),
        treating=found.ground.sender.person,
        traits=desk.sealer.traits(patient),
        number=desk.sealer.number(patient.nir),
        custody=slot_digest(slots.custody),
        code=code_digest(slots.code),
        vitale=slot_digest(slots.vitale),
    )

    def also(own: Own) -> None:
        note_act(own, desk, found.ground, b"", now)  # first: its own dossier is alike
        _check_nobody_alike(own, card)

    leaf = leaf_of(found, request.event, dossier=dossier_id)
    write_entitled(desk, found, leaf, now, also=also)
    held = hold_code(desk, found.ticket, code, now)
    return Created(dossier_id, card.public_key, slots, held, desk.sealer.sealed(card))


def _patient_to_create(desk: Desk, found: Entitled) -> Patient:
    """Return whose dossier the mail may create; raise :class:`Unentitled`."""
    ticket, sender = found.ticket, found.ground.sender
    header = ticket.header(found.ground.share)
    if ticket.verb is not Verb.CREATION or header.consent is not True or not sender.is_doctor:
        raise Unentitled("no creation by a doctor, with consent")
    granted(desk.rules, found.ground, Act.CREATION, Relation.OTHER)
    attested = ticket.attestation
    if attested and attested.rpps != sender.rpps:
        raise Unentitled("somebody else's attestation")
    nir = header.nir or (attested.nir if attested else "")
    _check_number(nir)
    return Patient(header.birth_name, header.first_names, header.birth_date, nir)


def _check_nobody_alike(own: Own, card: DossierCard) -> None:
    """Raise where an open dossier may be of the same patient: doubt creates nothing."""
    alike = own.traits.find(card.traits)
    if any(agree(card.traits, card.number, card.traits, each) for each in alike.values()):
        raise Unentitled("a dossier of these traits is there")


def _new_id(random: Random) -> bytes:
    """Return a fresh id: microseconds, then 8 random bytes, as the milter draws others."""
    return (time.time_ns() // 1000).to_bytes(8) + random(8)


def _slots(desk: Desk, code: str, patient: Patient, dossier_id: bytes, private: bytes) -> Slots:
    custody = make_custody_slot(desk.keys.custody.public_key(), dossier_id, private)
    return Slots(
        code=_code_slot(desk, code, dossier_id, private),
        custody=custody,
        vitale=_vitale_slot(desk, patient.nir, dossier_id, private),
    )


def _check_number(nir: str) -> None:
    """Refuse a number that no attestation could name: its slot would never open."""
    if nir and not is_number(nir):
        raise CallFailed(Why.UNAVAILABLE, "not a patient's number")


def _code_to_set(desk: Desk, typed: str, guessable: tuple[str, ...]) -> str:
    if not typed:
        return draw_code(desk.limits.code_length, desk.random)
    try:
        return chosen_code(typed, desk.limits.code_minimum, guessable)
    except ValueError as error:
        raise CallFailed(Why.WEAK_CODE, str(error)) from None


def hold_code(desk: Desk, ticket: Ticket, code: str, now: int) -> bytes:
    """Return a code in force as the milter carries it into the answer, to the sender alone."""
    return desk.holder.hold(HeldKind.CODE, code.encode(), ticket.act + ticket.person, now)


def _code_slot(desk: Desk, code: str, dossier_id: bytes, private: bytes) -> CodeSlot:
    return make_code_slot(
        code, dossier_id, private, desk.keys.peppers.code_keys[0], desk.random
    )


def _vitale_slot(desk: Desk, nir: str, dossier_id: bytes, private: bytes) -> bytes:
    if not nir:
        return b""
    blind = blind_number(nir, desk.keys.pepper)
    return make_vitale_slot(desk.keys.custody.public_key(), dossier_id, private, blind)


def recode(desk: Desk, request: Recode, now: int) -> Recoded:
    """Open the dossier and put it under a new code; with a number, its Vitale slot too.

    Raises as :func:`create` and :func:`release` do; ``WEAK_CODE`` before anything is tried.
    """
    number = request.nir.strip()
    _check_number(number)
    ticket = entitled(desk, request.by, now).ticket
    if ticket.verb is not Verb.NOUVEAU_CODE:
        raise Unentitled("no new code is asked for")
    typed = ticket.code if request.chosen else ""
    code = _code_to_set(desk, typed, request.guessable)
    way = passage(desk, request, now)
    dossier = way.found.ground.dossier
    if dossier is None or (request.chosen and (way.way is Way.CODE or not way.sees_all)):
        raise Unentitled("a code of whom it is not for to choose")
    if number and desk.sealer.number(number) != dossier.number:
        raise Unentitled("not the patient's number")
    private = way.private.private_bytes_raw()
    slot = _code_slot(desk, code, dossier.dossier, private)
    # One that is in force stays: the number is the same, and so is what it opens.
    vitale = _vitale_slot(desk, number, dossier.dossier, private) if not dossier.vitale else b""
    in_force = dossier.vitale or slot_digest(vitale)
    card = next_dossier(dossier, ticket.act, code=code_digest(slot), vitale=in_force)
    _write_change(desk, way, request, now)
    held = hold_code(desk, ticket, code, now)
    return Recoded(slot, held, desk.sealer.sealed(card), vitale)


def _write_change(desk: Desk, way: Passage, request: Recode, now: int) -> None:
    def also(own: Own) -> None:
        note_act(own, desk, way.found.ground, way.dossier_id, now)

    write_entitled(desk, way.found, way.leaf(request.event), now, also=also)


def prove(desk: Desk, request: Prove, now: int) -> Proven:
    """Try the way in; raises as :func:`release` does where it does not open."""
    way = passage(desk, request, now)
    ticket = way.found.ticket
    proven = tuple(dict.fromkeys((*ticket.proven, way.dossier_id)))
    return Proven(sealed_ticket(desk.holder, replace(ticket, proven=proven), ticket.at))


def release(desk: Desk, request: Release, now: int) -> Released:
    """Open the dossier, write the readers' key packets.

    What does not open writes its refusal into the log and raises :class:`CallFailed`
    ``WRONG_CODE``. ``UNSUPPORTED`` is an emergency that gives no reason or has another
    reference than its own: it could never be justified.
    """
    readers = readers_of(request.readers, request.by.persons, now)
    way = passage(desk, request, now)
    ticket = way.found.ticket
    urgent = ticket.verb is Verb.URGENCE
    if urgent and not (ticket.reason and request.event.reference == reference_of(ticket.act)):
        raise CallFailed(Why.UNSUPPORTED, "an emergency without a reason or its reference")
    if request.items and ticket.verb not in _HANDS_OUT:
        raise Unentitled("no documents are asked for")
    for each in request.readers:
        _check_reader(desk, way.found, each, now)
    _check_masks(way, request.items)
    keys = [(_session_key(way, item), item) for item in request.items]
    owner = DocumentOwner(way.dossier_id, b"" if ticket.verb in _GIVES_STANDING else ticket.act)
    packets = tuple(
        tuple(packet_for(desk, key, owner, item, reader) for reader in readers)
        for key, item in keys
    )
    return Released(packets, _write_release(desk, way, request, now))


def _write_release(desk: Desk, way: Passage, request: Release, now: int) -> int:
    ticket = way.found.ticket
    leaf = way.leaf(request.event, tuple(item.document_id for item in request.items))
    urgent = ticket.verb is Verb.URGENCE
    if urgent:
        reference = reference_of(ticket.act)
        leaf = replace(leaf, purpose=EMERGENCY_PURPOSE, reference=reference)

    def also(own: Own) -> None:
        check_undone(own, way.found.ground)
        if urgent or ticket.verb in _CHANGES:
            note_act(own, desk, way.found.ground, way.dossier_id, now)

    reason = ticket.reason if urgent else ""
    return write_entitled(desk, way.found, leaf, now, reason=reason, also=also)


def _check_reader(desk: Desk, found: Entitled, certificate: bytes, now: int) -> None:
    """Raise unless the packets are for the sender, or the enclosed key.

    :class:`Unentitled`, or :class:`Untrusted` where nobody answers for an enclosed certificate.
    """
    ground, ticket = found.ground, found.ticket
    own = ground.certificates_of(ticket.person)
    dossier = ground.dossier
    if ticket.verb is Verb.CONTESTATION and dossier:
        if not (dossier.takeover and may_be_contested(dossier.takeover, ticket.at)):
            raise Unentitled("nothing to contest")
        own = ground.certificates_of(dossier.takeover.former)  # whom the contest puts back
    if ticket.verb not in ABOUT_ENCLOSED_KEYS:
        if certificate not in own:
            raise Unentitled("another reader than the sender")
        return
    if ticket.verb is Verb.NOUVELLE_CLE:
        stated = ticket.header(ground.share).fingerprint
        if stated not in stated_of(certificate):
            raise Unentitled("another key than the mail states")
        # Of X.509 another certificate is judged as one, whatever it renews.
        if any(is_prolonged(present, certificate, now) for present in own):
            return
    if digest_of(certificate) not in ticket.keys:
        raise Unentitled("a key that the mail does not enclose")
    rpps = ground.sender.rpps if ticket.verb is Verb.NOUVELLE_CLE else ""
    check_issued(certificate, rpps, desk.world, now)


def _check_masks(way: Passage, items: Iterable[SealedDocument]) -> None:
    """Raise :class:`Unentitled` for a document that is hidden from the sender."""
    ground = way.found.ground
    dossier, person = ground.dossier, ground.sender.person
    if dossier is None or way.sees_all:
        return
    if ground.ticket.verb is Verb.URGENCE and ground.lacks_persons:
        return  # whose locum he may be nobody can say: that must not refuse an emergency
    hidden = {each.document for each in dossier.masked if each.author != person}
    if any(item.document_id in hidden for item in items):
        raise Unentitled("a masked document")


def _session_key(way: Passage, item: SealedDocument) -> SessionKey:
    try:
        return open_session_key(way.private, way.dossier_id, item)
    except SealError:
        raise Unentitled("a sealed key that is not this dossier's document's") from None
