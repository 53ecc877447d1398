"""The ways into a dossier: by the code or the card of a mail, or by the custody key.

Which slot is opened, whose code is tried and whether at all is for the keeper to say. What must
not be tried (nobody's, a resting code, an opposed sender, a slot that is in force no more) tries
a decoy: it costs the same, and ends the same.
"""

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from rmp_milter.calls.protocol.message import Event, Why
from rmp_milter.calls.protocol.releasing import (
    DECOY_SLOT,
    DECOY_VITALE,
    ByCode,
    ByCustody,
    ByVitale,
    Prove,
    Recode,
    Release,
)
from rmp_milter.dossier.cards import DossierCard, code_digest, slot_digest
from rmp_milter.dossier.emergency import EMERGENCY
from rmp_milter.dossier.model import CodeSlot, Verb
from rmp_milter.dossier.rules import Act, Relation, Way
from rmp_milter.errors import GONE
from rmp_milter.keeper.authority.judging import (
    SEES_ALL,
    dossier_grant,
    granted,
    relation_to,
)
from rmp_milter.keeper.authority.refusals import Replayed, Unentitled
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.entitled import (
    NOBODY,
    Entitled,
    acting_for,
    entitled,
    leaf_of,
    write_entitled,
)
from rmp_milter.keeper.desk.guesses import forgive, is_resting, is_throttled, refusal_counted
from rmp_milter.keeper.keys.sealing import (
    SealError,
    blind_number,
    open_code_slot,
    open_custody_slot,
    open_vitale_slot,
)
from rmp_milter.keeper.log.known import Stand, of_dossier
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.own_tables import ID_SIZE

WRONG_CUSTODY = "custody.key opens no slot that it made: is it another's? rmp check"
"""What the host's log says where the custody key is not the one of the cards."""
_BY_SIGNATURE_ALONE = frozenset({Verb.CLE_DU_PATIENT, Verb.NOUVEAU_CODE, Verb.CONTESTATION})
"""Requests for which a signature that suffices opens the custody slot."""


class Passage(NamedTuple):
    """A way into a dossier that is open: by which right, with which key."""

    found: Entitled
    dossier_id: bytes
    way: Way
    relation: Relation
    private: X25519PrivateKey

    @property
    def sees_all(self) -> bool:
        """Whether masks hide nothing from the sender, now or by what he becomes."""
        ground, ticket = self.found.ground, self.found.ticket
        takes_over = (
            ticket.verb is Verb.MEDECIN_TRAITANT
            and ground.sender.is_doctor
            and ticket.header(ground.share).consent is True
        )
        becomes = takes_over or ticket.verb is Verb.CONTESTATION
        return becomes or self.relation in SEES_ALL

    def leaf(self, event: Event, documents: tuple[bytes, ...] = ()) -> Event:
        """Return the call's leaf; an emergency's is called so, whatever the milter says."""
        urgent = self.found.ticket.verb is Verb.URGENCE
        return leaf_of(
            self.found,
            event,
            dossier=self.dossier_id,
            documents=documents,
            way=self.way,
            acting_for=acting_for(self.found.ground, is_locum=self.relation is Relation.LOCUM),
            action=EMERGENCY if urgent else "",
        )


class _Plan(NamedTuple):
    """What is opened, and by which right; ``slot`` None for what must not be tried."""

    dossier_id: bytes
    relation: Relation
    way: Way
    slot: CodeSlot | bytes | None


def passage(desk: Desk, request: Prove | Release | Recode, now: int) -> Passage:
    """Go a call's way into its dossier.

    What does not open leaves its refusal and raises :class:`CallFailed` ``WRONG_CODE``; raises
    :class:`Unentitled` for what no ticket allows, and what :func:`entitled` raises.
    """
    found = entitled(desk, request.by, now)
    match request.way_in:
        case ByCode(slot):
            return _tried(desk, found, request, _by_code(desk, found, slot, now), now)
        case ByVitale(slot):
            return _tried(desk, found, request, _by_card(desk, found, slot), now)
        case ByCustody(slot):
            return _by_custody(desk, found, request, slot)


def _by_code(desk: Desk, found: Entitled, slot: CodeSlot, now: int) -> _Plan:
    dossier = found.ground.dossier
    if dossier is None:
        return _Plan(NOBODY, Relation.OTHER, Way.CODE, None)
    _, relation, grant = dossier_grant(desk.rules, desk.sealer, found.ground)
    if grant.way is not Way.CODE:
        raise Unentitled("no code is asked for")
    in_force = dossier.code and code_digest(slot) == dossier.code
    resting = is_resting(desk, dossier, now, of_before=not slot.folded)
    hopeless = relation is Relation.OPPOSED or resting or not in_force
    return _Plan(dossier.dossier, relation, Way.CODE, None if hopeless else slot)


def _by_card(desk: Desk, found: Entitled, slot: bytes) -> _Plan:
    dossier, attestation = found.ground.dossier, found.ticket.attestation
    if attestation is None:
        raise Unentitled("without an attestation")
    if dossier is None:
        return _Plan(NOBODY, Relation.OTHER, Way.VITALE, None)
    _, relation, grant = dossier_grant(desk.rules, desk.sealer, found.ground)
    if grant.way is not Way.VITALE:
        raise Unentitled("no card is asked for")
    in_force = dossier.vitale and slot_digest(slot) == dossier.vitale
    same = desk.sealer.number(attestation.nir) == dossier.number
    hopeless = relation is Relation.OPPOSED or not in_force or not same
    return _Plan(dossier.dossier, relation, Way.VITALE, None if hopeless else slot)


def _tried(
    desk: Desk, found: Entitled, request: Prove | Release | Recode, plan: _Plan, now: int
) -> Passage:
    """Open the slot, or the decoy in its place; note the attestation as used."""
    spend_attestation(desk, found)
    if is_throttled(desk, found.ground.sender.person, now):
        plan = plan._replace(slot=None)
    try:
        private = _opened(desk, found, plan)
    except SealError:
        _refuse(desk, found, request.event, plan, now)
        raise CallFailed(Why.WRONG_CODE) from None
    if plan.way is Way.CODE:
        forgive(desk, plan.dossier_id, found.ticket.act, now)
    return Passage(found, plan.dossier_id, plan.way, plan.relation, private)


def _opened(desk: Desk, found: Entitled, plan: _Plan) -> X25519PrivateKey:
    keys, ticket = desk.keys, found.ticket
    if plan.way is Way.CODE:
        slot = plan.slot if isinstance(plan.slot, CodeSlot) else DECOY_SLOT
        return open_code_slot(slot, ticket.code, plan.dossier_id, keys.peppers.code_keys)
    card = plan.slot if isinstance(plan.slot, bytes) else DECOY_VITALE
    nir = ticket.attestation.nir if ticket.attestation else ""
    blinds = [blind_number(nir, each) for each in keys.peppers.blinding]
    return open_vitale_slot(keys.all_custody, plan.dossier_id, card, blinds)


def spend_attestation(desk: Desk, found: Entitled) -> None:
    """Note that the mail's attestation is used; raise :class:`Replayed` where another's was it."""
    attestation, act = found.ticket.attestation, found.ticket.act
    if attestation is None:
        return

    def change(own: Own) -> bool:
        return own.acts.note_attestation(
            attestation.issuer, attestation.token, act, attestation.expires
        )

    if not desk.journal.change(change):
        raise Replayed


def _refuse(desk: Desk, found: Entitled, event: Event, plan: _Plan, now: int) -> None:
    """Write the refusal, and count it with its leaf: once for each mail and dossier."""
    leaf = leaf_of(found, event, dossier=plan.dossier_id, way=plan.way, outcome="refused")
    counted = refusal_counted(desk, found.ground, by_code=plan.way is Way.CODE)

    def count(own: Own) -> None:
        own.tries.count(counted, now)

    write_entitled(desk, found, replace(leaf, entries=()), now, once=count)


def _by_custody(
    desk: Desk, found: Entitled, request: Prove | Release | Recode, slot: bytes
) -> Passage:
    """Open the custody slot for what a signature alone entitles to."""
    verb = found.ticket.verb
    if verb is Verb.URGENCE and isinstance(request, Release):
        return _emergency(desk, found, request, slot)
    dossier, relation = _entitled_to_custody(desk, found)
    if slot_digest(slot) != dossier.custody:
        raise Unentitled("a slot that is in force no more")
    private = custody_opened(desk, dossier.dossier, slot, in_force=True)
    return Passage(found, dossier.dossier, Way.CUSTODY, relation, private)


def _entitled_to_custody(desk: Desk, found: Entitled) -> tuple[DossierCard, Relation]:
    """Return the dossier that the mail may have opened so; raise :class:`Unentitled`."""
    ground, verb = found.ground, found.ticket.verb
    if verb is Verb.NOUVELLE_CLE:
        return _own_dossier(desk, found)
    dossier, relation, grant = dossier_grant(desk.rules, desk.sealer, ground)
    by_signature = grant.way is Way.STANDING and verb in _BY_SIGNATURE_ALONE
    if grant.way is not Way.CUSTODY and not by_signature:
        raise Unentitled("the custody slot is not for this")
    return dossier, relation


def _own_dossier(desk: Desk, found: Entitled) -> tuple[DossierCard, Relation]:
    """Return a dossier that the sender reads by his key, for another key of his."""
    ground = found.ground
    if ground.dossier is None or ground.dossier.closed_at:
        raise Unentitled("no open dossier")
    relation = relation_to(desk.rules, ground, ground.dossier)
    if relation not in {Relation.TREATING, Relation.PATIENT}:
        raise Unentitled("not a dossier of his")
    granted(desk.rules, ground, Act.NOUVELLE_CLE, relation)
    return ground.dossier, relation


def _emergency(desk: Desk, found: Entitled, request: Release, slot: bytes) -> Passage:
    """Open a dossier in an emergency: whichever card of it is shown, or none.

    The slot itself is bound to the dossier whose id the leaf names.
    """
    if found.ground.sender.patient_of:
        raise Unentitled("emergencies are for professionals")
    dossier = found.ground.dossier
    if dossier and dossier.closed_at:
        raise Unentitled("a closed dossier")
    dossier_id = dossier.dossier if dossier else request.dossier_id
    check_there(desk, dossier_id)
    relation = relation_to(desk.rules, found.ground, dossier) if dossier else Relation.OTHER
    in_force = dossier is not None and slot_digest(slot) == dossier.custody
    private = custody_opened(desk, dossier_id, slot, in_force=in_force)
    return Passage(found, dossier_id, Way.CUSTODY, relation, private)


def check_there(desk: Desk, dossier_id: bytes) -> None:
    """Raise :class:`Unentitled` for what was erased: no copy of its slot brings it back."""
    if len(dossier_id) != ID_SIZE:
        raise Unentitled("no dossier's id")
    with desk.journal.looking([]) as own:
        if own.known.look(of_dossier(dossier_id), 0, b"") is Stand.GONE:
            raise Unentitled(GONE)


def custody_opened(
    desk: Desk, dossier_id: bytes, slot: bytes, *, in_force: bool
) -> X25519PrivateKey:
    """Open a custody slot; raise :class:`Unentitled` for one that is not this dossier's.

    Where a card of this keeper's names the slot (``in_force``) it is the custody key that is
    wrong: :class:`CallFailed` ``UNAVAILABLE``, so that the mail comes again and nobody is told
    that he may not.
    """
    try:
        return open_custody_slot(desk.keys.all_custody, dossier_id, slot)
    except SealError:
        if in_force:
            raise CallFailed(Why.UNAVAILABLE, WRONG_CUSTODY) from None
        raise Unentitled("not this dossier's custody slot") from None
