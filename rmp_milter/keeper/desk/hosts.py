"""What the host's own commands have done, through the operator's door: no mail asks for it.

Root can read the keeper's key files anyway: a further key would add nothing. Each call leaves
its leaf, which names nobody but the host.
"""

from msgspec.structs import replace

from rmp_milter.calls.authority import DossierSaid, PersonSaid, Said, WaitingSaid
from rmp_milter.calls.protocol.cards import Forget, Vouch, Vouched, Wake
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Event, Why
from rmp_milter.calls.protocol.releasing import ByCustody, Release, Released
from rmp_milter.calls.protocol.rotating import CustodyTried
from rmp_milter.credentials import CredentialError
from rmp_milter.dossier.cards import (
    MOST_OTHERS,
    NO_ACT,
    DossierCard,
    PersonCard,
    WaitingCard,
    slot_digest,
)
from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.keeper.authority.ground import DOSSIER, PERSON, CardReading
from rmp_milter.keeper.authority.next_cards import key_fields, other_credential
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.desk.desk import CallFailed, Desk, write_leaf
from rmp_milter.keeper.desk.entitled import learn, look_in
from rmp_milter.keeper.desk.readers import DocumentOwner, packet_for, readers_of
from rmp_milter.keeper.keys.custody import (
    CustodyAway,
    CustodyKey,
    ElsewhereKey,
    some_point,
)
from rmp_milter.keeper.keys.sealing import SealError, open_custody_slot, open_session_key
from rmp_milter.keeper.log.known import Stand
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.tries import of_dossier


def vouch(desk: Desk, request: Vouch, now: int) -> Vouched:
    """Make the card that says what the host says; it is in force once it is presented.

    ``before`` must be the card in force, or its next one. Raises :class:`Unentitled`,
    ``Moved``, :class:`CallFailed` ``BAD_KEY``.
    """
    said = request.said
    if isinstance(said, WaitingSaid):
        card: WaitingCard | DossierCard | PersonCard = _waiting(desk, said)
    else:
        card = replace(_said(desk, said), revision=_revision(desk, request), act=NO_ACT)

    with desk.journal.own() as own:
        if isinstance(card, PersonCard):
            _check_owner(own, card)
    write_leaf(desk, request.event, now)
    return Vouched(desk.sealer.sealed(card))


def _revision(desk: Desk, request: Vouch) -> int:
    """Return the revision behind the card in force, 0 for what has none."""
    if not request.before:
        _check_unknown(desk, request.said)
        return 0
    with desk.journal.own() as own:
        reading = CardReading(desk.sealer, look_in(own))
        revision = _before(reading, request)
    learn(desk, reading.learnt)
    return revision + 1


def _check_unknown(desk: Desk, said: Said) -> None:
    """Raise :class:`Unentitled` for what the keeper knows, or knows to be gone: it has a card."""
    if isinstance(said, WaitingSaid):
        return
    key = (
        PERSON + said.card.person
        if isinstance(said, PersonSaid)
        else DOSSIER + said.card.dossier
    )
    with desk.journal.own() as own:
        if own.known.look(key, 0, bytes(16)) is not Stand.NEXT:
            raise Unentitled("the keeper knows another card of it")


def _before(reading: CardReading, request: Vouch) -> int:
    match request.said:
        case DossierSaid(card=said):
            dossier = reading.dossier(request.before)
            is_same, revision = dossier.dossier == said.dossier, dossier.revision
        case PersonSaid(card=person_said):
            person = reading.card_of_person(request.before)
            is_same, revision = person.person == person_said.person, person.revision
        case _:
            raise Unentitled("a waiting deposit has no revisions")
    if not is_same:
        raise Unentitled("somebody else's card")
    return revision


def _said(desk: Desk, said: Said) -> DossierCard | PersonCard:
    """Return the card with what the keeper reads and keys itself."""
    if isinstance(said, DossierSaid):
        traits, number = desk.sealer.traits(said.patient), desk.sealer.number(said.patient.nir)
        return replace(said.card, traits=traits, number=number)
    if isinstance(said, PersonSaid):
        return replace(said.card, **_certificates(said))
    raise Unentitled("of another kind")


def _certificates(said: PersonSaid) -> dict[str, object]:
    """Return what a card says of somebody's certificates; raise ``BAD_KEY``."""
    try:
        fields, others = key_fields(said.certificate), tuple(map(other_credential, said.more))
    except CredentialError as error:
        raise CallFailed(Why.BAD_KEY, error.reason) from None
    fingerprints = {fields["fingerprint"], *(each.fingerprint for each in others)}
    if len(others) > MOST_OTHERS or len(fingerprints) <= len(others):
        raise Unentitled("too many certificates, or one of them twice")
    return {**fields, "credentials": others}


def _waiting(desk: Desk, said: WaitingSaid) -> WaitingCard:
    return WaitingCard(
        waiting=said.waiting,
        act=b"",
        depositor=said.depositor,
        rpps=said.rpps,
        fingerprint=said.fingerprint,
        traits=desk.sealer.traits(said.patient),
        number=desk.sealer.number(said.patient.nir),
        documents=said.documents,
    )


def _check_owner(own: Own, card: PersonCard) -> None:
    fingerprints = map(bytes.fromhex, fingerprints_of(card))
    if not own.owners.all_open(fingerprints, card.person):
        raise Unentitled("a key that is somebody else's")


def wake(desk: Desk, request: Wake, now: int) -> Recorded:
    """Forget a dossier's wrong codes; the leaf is written with it."""
    event = replace(_hosts(request.event), dossier_id=request.dossier_id)

    def with_it(own: Own, _is_new: bool) -> None:  # noqa: FBT001 -- as the journal calls it
        own.tries.clear(of_dossier(request.dossier_id))

    return Recorded(write_leaf(desk, event, now, with_it=with_it))


def rekey(desk: Desk, request: Release, now: int) -> Released:
    """Open a dossier for the médecin traitant's or the patient's key, by the host's command.

    Raises :class:`Unentitled` for anybody else's key, ``Moved``, :class:`CallFailed`.
    """
    if not isinstance(request.way_in, ByCustody):
        raise Unentitled("the host opens by custody alone")
    with desk.journal.own() as own:
        reading = CardReading(desk.sealer, look_in(own))
        dossier = reading.dossier(request.by.dossier)
        persons = [reading.person(each, now) for each in request.by.persons]
    learn(desk, reading.learnt)
    standing = {dossier.treating, dossier.patient} - {b""}
    allowed = {each.certificate for each in persons if each.card.person in standing}
    if not allowed.issuperset(request.readers):
        raise Unentitled("a reader who has no standing in the dossier")
    if slot_digest(request.way_in.slot) != dossier.custody:
        raise Unentitled("a slot that is in force no more")
    readers = readers_of(request.readers, request.by.persons, now)
    try:
        private = open_custody_slot(desk.keys.all_custody, dossier.dossier, request.way_in.slot)
        keys = [open_session_key(private, dossier.dossier, item) for item in request.items]
    except SealError:
        raise CallFailed(Why.UNAVAILABLE, "a sealed key does not fit its document") from None
    owner = DocumentOwner(dossier.dossier)
    documents = tuple(item.document_id for item in request.items)
    leaf = replace(_hosts(request.event), dossier_id=dossier.dossier, documents=documents)
    packets = tuple(
        tuple(packet_for(desk, key, owner, item, reader) for reader in readers)
        for key, item in zip(keys, request.items, strict=True)
    )
    return Released(packets, write_leaf(desk, leaf, now))


def _hosts(event: Event) -> Event:
    return replace(event, outcome="granted")


def forget(desk: Desk, request: Forget, now: int) -> Recorded:
    """Write that a dossier was erased, then forget which leaves were its own.

    Its card leaves a tombstone: no copy of the store brings it back. Raises
    :class:`CallFailed` for an event that no leaf can hold.
    """
    event = replace(_hosts(request.event), dossier_id=request.dossier_id)
    index = write_leaf(desk, event, now)
    desk.journal.forget(request.dossier_id, with_it=lambda own: own.erase(request.dossier_id))
    return Recorded(index)


def try_custody(desk: Desk) -> CustodyTried:
    """Ask custody keys that lie elsewhere for something of which nothing comes."""
    return CustodyTried(tuple(filter(None, map(_tried, desk.keys.all_custody))))


def _tried(key: CustodyKey) -> str:
    if not isinstance(key, ElsewhereKey):
        return ""
    try:
        key.private.exchange(some_point())
    except CustodyAway as error:
        return str(error)
    return ""
