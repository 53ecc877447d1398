"""The calls that seal a deposit's session keys: to its dossier, or to wait for one.

The keys are in the mail's ticket (or opened from the waiting key), so no slot of a dossier is
opened; the leaf is written before anything leaves. Whose keys they are sealed to, and who reads
them at once, the cards say.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from rmp_milter.calls.authority import Authority
from rmp_milter.calls.protocol.filing import (
    Adopt,
    Reseal,
    Resealed,
    ResealedItem,
    ToReseal,
    Wait,
)
from rmp_milter.calls.protocol.message import Event, Why
from rmp_milter.calls.protocol.releasing import SealedDocument
from rmp_milter.dossier.cards import CardError, DossierCard, WaitingCard
from rmp_milter.dossier.model import Patient, Verb
from rmp_milter.dossier.naming import is_named
from rmp_milter.dossier.rules import Act, Relation
from rmp_milter.keeper.authority.ground import CardReading, Ground, Registrant, Shown
from rmp_milter.keeper.authority.host_rules import SAME_MOMENT
from rmp_milter.keeper.authority.judging import (
    agree,
    granted,
    meant_dossier,
    relation_to,
    standing_in,
)
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.authority.tickets import read_ticket
from rmp_milter.keeper.desk.desk import CallFailed, Desk, write_leaf
from rmp_milter.keeper.desk.entitled import (
    Entitled,
    acting_for,
    check_in_force,
    entitled,
    leaf_of,
    learn,
    look_in,
    note_act,
    write_entitled,
)
from rmp_milter.keeper.desk.readers import DocumentOwner, Reader, packet_for, readers_of
from rmp_milter.keeper.keys.sealing import (
    SealError,
    open_waiting_key,
    seal_session_key,
    seal_waiting_key,
)
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.openpgp.sessionkey import SessionKey, SessionKeyError, unpacked

ADOPTION = "rattachement"
"""The action of the leaf of a deposit that waited."""
_FILES = frozenset({Verb.DEPOT, Verb.RECTIFICATION})

_Sealer = Callable[[SessionKey, SealedDocument], bytes]


def reseal(desk: Desk, request: Reseal, now: int) -> Resealed:
    """Seal the mail's session keys to the dossier; write the standing readers' key packets.

    Raises :class:`CallFailed` ``BAD_KEY`` if one of the readers cannot be encrypted to,
    :class:`Unentitled`, :class:`~rmp_milter.keeper.authority.refusals.Moved`.
    """
    found = entitled(desk, request.by, now)
    dossier, relation = _filed_in(desk, found)
    persons = standing_in(dossier)
    readers = _readers(found.ground, persons, request, now)
    standing = found.ground.certificates_of(*persons)
    once = DocumentOwner(dossier.dossier, found.ticket.act)
    documents, keys = _from_ticket(found, request.items)
    items = _sealed(
        desk,
        zip(keys, documents, strict=True),
        _to_dossier(dossier),
        [
            (each, DocumentOwner(dossier.dossier) if each.certificate in standing else once)
            for each in readers
        ],
    )

    def also(own: Own) -> None:
        if found.ticket.verb is not Verb.CREATION:
            note_act(own, desk, found.ground, dossier.dossier, now)

    leaf = leaf_of(
        found,
        request.event,
        action=Act.DEPOT.value,
        dossier=dossier.dossier,
        documents=(item.document_id for item in request.items),
        acting_for=acting_for(found.ground, is_locum=relation is Relation.LOCUM),
    )
    write_entitled(desk, found, leaf, now, also=also)
    return Resealed(items)


def _filed_in(desk: Desk, found: Entitled) -> tuple[DossierCard, Relation]:
    """Return the dossier that the mail may add to; raise :class:`Unentitled`."""
    ground, ticket = found.ground, found.ticket
    dossier = meant_dossier(desk.sealer, ground)
    relation = relation_to(desk.rules, ground, dossier)
    if ticket.verb is Verb.CREATION:
        if dossier.act != ticket.act or dossier.treating != ground.sender.person:
            raise Unentitled("not the dossier that the mail creates")
        return dossier, relation
    if ticket.verb not in _FILES:
        raise Unentitled("no deposit")
    if ticket.verb is Verb.RECTIFICATION and dossier.dossier in ticket.proven:
        granted(desk.rules, ground, Act.RECTIFICATION, relation)
    else:
        _check_deposit(desk, ground, relation)
    return dossier, relation


def _check_deposit(desk: Desk, ground: Ground, relation: Relation) -> None:
    """Raise :class:`Unentitled` unless the mail may deposit, or (a patient) correct."""
    of_patient = relation is Relation.PATIENT
    act = Act.RECTIFICATION if of_patient else Act.DEPOT
    if of_patient and ground.ticket.verb is not Verb.RECTIFICATION:
        raise Unentitled("patients deposit nothing")
    granted(desk.rules, ground, act, relation)


def _readers(
    ground: Ground, persons: Iterable[bytes], request: Reseal | Wait, now: int
) -> list[Reader]:
    """Return the keys of the readers, whom a card must name, or the mail as prescriber."""
    allowed = ground.certificates_of(*filter(None, persons))
    prescriber = ground.ticket.header(ground.share).prescriber
    for each in ground.persons:
        if _is_prescriber(each, prescriber):
            allowed.add(each.certificate)
    if not allowed.issuperset(request.readers):
        raise Unentitled("a reader whom nothing names")
    return readers_of(request.readers, request.by.persons, now)


def _is_prescriber(person: Registrant, words: str) -> bool:
    card = person.card
    named = is_named(words, card.rpps, card.mail, card.name)
    return bool(words) and not card.patient_of and named


def wait(desk: Desk, request: Wait, now: int) -> Resealed:
    """Seal the mail's session keys to the waiting key; write the key packets of who reads now.

    The reply's card binds for whom, by whom and of which mail it is. Raises as :func:`reseal`.
    """
    found = entitled(desk, request.by, now)
    ground, ticket = found.ground, found.ticket
    if ticket.verb not in _FILES:
        raise Unentitled("no deposit")
    relation = Relation.FOREIGN if ground.sender.patient_of else Relation.OTHER
    granted(desk.rules, ground, Act.DEPOT, relation)
    readers = _readers(ground, (ground.sender.person,), request, now)
    documents, keys = _from_ticket(found, request.items)
    public = desk.keys.waiting.public_key()

    def to_waiting(key: SessionKey, document: SealedDocument) -> bytes:
        return seal_waiting_key(key, public, request.waiting_id, document)

    once = DocumentOwner(request.waiting_id, ticket.act, waits=True)
    copies = [(each, once) for each in readers]
    items = _sealed(desk, zip(keys, documents, strict=True), to_waiting, copies)
    header = ticket.header(ground.share)
    patient = Patient(header.birth_name, header.first_names, header.birth_date, header.nir)
    card = WaitingCard(
        waiting=request.waiting_id,
        act=ticket.act,
        depositor=ground.sender.person,
        rpps=ground.sender.rpps,
        fingerprint=ground.sender.fingerprint,
        traits=desk.sealer.traits(patient),
        number=desk.sealer.number(patient.nir),
        documents=tuple(item.document_id for item in request.items),
    )
    leaf = leaf_of(found, request.event, action=Act.DEPOT.value, documents=card.documents)
    write_entitled(desk, found, leaf, now)
    return Resealed(items, desk.sealer.sealed(card))


def _from_ticket(
    found: Entitled, items: Sequence[ToReseal]
) -> tuple[list[SealedDocument], list[SessionKey]]:
    """Return what is bound of each body, and its session key; raise :class:`Unentitled`."""
    share, bodies = found.ticket.shares[found.ground.share], found.ticket.bodies
    if any(item.place not in share.bodies or item.place >= len(bodies) for item in items):
        raise Unentitled("a body that is not this patient's")
    held = [(item, bodies[item.place]) for item in items]
    documents = [
        SealedDocument(item.document_id, body.container, body.digest, b"")
        for item, body in held
    ]
    try:
        return documents, [unpacked(body.key) for _, body in held]
    except SessionKeyError:
        raise Unentitled("not a session key") from None


def adopt(desk: Desk, request: Adopt, now: int) -> Resealed:
    """Open the keys of a waiting deposit and seal them to the dossier that now exists.

    No mail asks for it: the deposit's card says for whom it waits, and the dossier's card must
    be of that patient. Raises as :func:`reseal`; :class:`Unentitled` for what does not open.
    """
    try:
        card = desk.sealer.waiting(request.card)
    except CardError:
        raise Unentitled("not a waiting deposit's card") from None
    dossier, persons, shown = _adopting(desk, request.by, now)
    _check_adoption(desk, card, dossier, request.items)
    names = standing_in(dossier)
    allowed = {each.certificate for each in persons if each.card.person in names}
    if not allowed.issuperset(request.readers):
        raise Unentitled("a reader whom nothing names")
    readers = readers_of(request.readers, request.by.persons, now)
    try:
        keys = [
            open_waiting_key(desk.keys.all_waiting, card.waiting, item)
            for item in request.items
        ]
    except SealError:
        raise Unentitled("a waiting key that is not this deposit's document's") from None
    items = _sealed(
        desk,
        zip(keys, request.items, strict=True),
        _to_dossier(dossier),
        [(each, DocumentOwner(dossier.dossier)) for each in readers],
    )

    def with_it(own: Own, _is_new: bool) -> None:  # noqa: FBT001 -- as the journal calls it
        check_in_force(own, shown)

    write_leaf(desk, _adoption_leaf(request.event, card, dossier, now), now, with_it=with_it)
    return Resealed(items)


def _adopting(
    desk: Desk, by: Authority, now: int
) -> tuple[DossierCard, tuple[Registrant, ...], tuple[Shown, ...]]:
    """Return the dossier and the persons of an adoption; with a ticket, its own mail's."""
    act = read_ticket(desk.holder, by.ticket, now).act if by.ticket else b""
    with desk.journal.own() as own:
        reading = CardReading(desk.sealer, look_in(own), act, world=desk.world)
        dossier = reading.dossier(by.dossier)
        persons = tuple(reading.person(each, now) for each in by.persons)
    learn(desk, reading.learnt)
    return dossier, persons, tuple(reading.shown)


def _check_adoption(
    desk: Desk, card: WaitingCard, dossier: DossierCard, items: Sequence[SealedDocument]
) -> None:
    """Raise :class:`Unentitled` unless the deposit surely belongs to this dossier alone."""
    if dossier.closed_at or not agree(card.traits, card.number, dossier.traits, dossier.number):
        raise Unentitled("a deposit for another patient")
    if tuple(item.document_id for item in items) != card.documents:
        raise Unentitled("other documents than waited")
    with desk.journal.own() as own:
        alike = own.traits.find(card.traits)
    alike.pop(dossier.dossier, None)
    if card.number and card.number == dossier.number:
        return
    if any(not number or not card.number or number == card.number for number in alike.values()):
        raise Unentitled("two dossiers that fit")


def _adoption_leaf(event: Event, card: WaitingCard, dossier: DossierCard, now: int) -> Event:
    """Return the leaf in the dossier: of the depositor, whose deposit named no dossier."""
    is_near = abs(event.at - now) <= SAME_MOMENT
    return replace(
        event,
        at=event.at if is_near else now,
        action=ADOPTION,
        request=card.act or event.request,
        actor_rpps=card.rpps,
        actor_fingerprint=card.fingerprint,
        dossier_id=dossier.dossier,
        documents=card.documents,
        outcome="granted",
        proof="",
        acting_for="",
        entries=(),
        subject="",
        witnesses=(),
        purpose="",
        reference="",
        reason=b"",
    )


def _to_dossier(dossier: DossierCard) -> _Sealer:
    def sealer(key: SessionKey, document: SealedDocument) -> bytes:
        return seal_session_key(key, dossier.public_key, dossier.dossier, document)

    return sealer


def _sealed(
    desk: Desk,
    keys: Iterable[tuple[SessionKey, SealedDocument]],
    sealer: _Sealer,
    copies: Sequence[tuple[Reader, DocumentOwner]],
) -> tuple[ResealedItem, ...]:
    """Return what is kept of each key, and what each reader opens his copy by.

    Raises ``UNAVAILABLE`` for ids of a wrong form.
    """
    try:
        return tuple(
            ResealedItem(
                sealer(key, document),
                tuple(packet_for(desk, key, owner, document, each) for each, owner in copies),
            )
            for key, document in keys
        )
    except ValueError:
        raise CallFailed(Why.UNAVAILABLE, "keys or ids of a wrong form") from None
