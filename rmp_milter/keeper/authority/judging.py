"""Who may have what done: the table of rights, asked with what the keeper itself knows.

Pure: from a ticket, cards in force and the host's rules to a grant, or to the reason why not.
The milter asks the same table before (:mod:`rmp_milter.handlers.way_in.admission`), to answer
in words; what it grants there counts for nothing here.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rmp_milter.dossier.cards import DossierCard, PersonCard
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.model import Patient, Verb
from rmp_milter.dossier.rules import Act, Grant, Proof, Relation, Way, judge
from rmp_milter.dossier.takeovers import is_running
from rmp_milter.keeper.authority.cards import Sealer
from rmp_milter.keeper.authority.ground import Ground
from rmp_milter.keeper.authority.host_rules import HostRules
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.mail.header.routing import RoutingHeader

SEES_ALL = frozenset({Relation.TREATING, Relation.LOCUM, Relation.PATIENT})
ABOUT_ENCLOSED_KEYS = frozenset({Verb.CLE_DU_PATIENT, Verb.NOUVELLE_CLE})
"""Requests whose answer is for a key that the mail encloses."""
GRACE = 2 * 3600
"""Seconds after a locum's last midnight in which what came before it may still be taken in."""

ACTS: Mapping[Verb, Act] = MappingProxyType(
    {
        Verb.CREATION: Act.CREATION,
        Verb.DEPOT: Act.DEPOT,
        Verb.CONSULTATION: Act.CONSULTATION,
        Verb.RENVOI: Act.CONSULTATION,
        Verb.LISTE: Act.LISTE,
        Verb.FICHE: Act.FICHE,
        Verb.MEDECIN_TRAITANT: Act.MEDECIN_TRAITANT,
        Verb.REMPLACEMENT: Act.REMPLACEMENT,
        Verb.FIN_DE_REMPLACEMENT: Act.REMPLACEMENT,
        Verb.NOUVELLE_CLE: Act.NOUVELLE_CLE,
        Verb.RECLASSEMENT: Act.RECLASSEMENT,
        Verb.RECTIFICATION: Act.RECTIFICATION,
        Verb.MASQUAGE: Act.MASQUAGE,
        Verb.DEMASQUAGE: Act.MASQUAGE,
        Verb.OPPOSITION: Act.OPPOSITION,
        Verb.LEVEE_D_OPPOSITION: Act.OPPOSITION,
        Verb.NOUVEAU_CODE: Act.NOUVEAU_CODE,
        Verb.REVOCATION_DU_CODE: Act.NOUVEAU_CODE,
        Verb.CLE_DU_PATIENT: Act.CLE_DU_PATIENT,
        Verb.CONTESTATION: Act.CONTESTATION,
        Verb.ACCES: Act.ACCES,
        Verb.COPIE: Act.COPIE,
        Verb.CLOTURE: Act.CLOTURE,
    }
)
"""What a request is, as far as rights go; those that touch no right are not here."""


def relation_for(rules: HostRules, ground: Ground, dossier: DossierCard, act: Act) -> Relation:
    """Return what the sender is to the dossier for this act.

    To a contest alone the médecin traitant before a takeover is still somebody, and the patient
    whose key it has suspended.
    """
    if act is not Act.CONTESTATION:
        return relation_to(rules, ground, dossier)
    sender, takeover = ground.sender, dossier.takeover
    if dossier.patient and dossier.patient == sender.person:
        return Relation.PATIENT
    is_former = takeover is not None and takeover.former == sender.person != dossier.treating
    if is_former and is_running(takeover, ground.ticket.at):
        return Relation.FORMER
    return relation_to(rules, ground, dossier)


def standing_in(dossier: DossierCard) -> tuple[bytes, ...]:
    """Return who reads what is filed from then on, by id: médecin traitant and patient."""
    return (dossier.treating, *((dossier.patient,) if not dossier.suspended else ()))


def relation_to(rules: HostRules, ground: Ground, dossier: DossierCard) -> Relation:
    """Return what the mail's sender is to the dossier, by cards alone."""
    sender = ground.sender
    if sender.patient_of:
        own = sender.patient_of == dossier.dossier and dossier.patient == sender.person
        return Relation.PATIENT if own and not dossier.suspended else Relation.FOREIGN
    if sender.person == dossier.treating:
        return Relation.TREATING
    if sender.person in dossier.opposed:
        return Relation.OPPOSED
    treating = ground.person(dossier.treating)
    if treating and is_locum(sender.person, treating, _days(rules, ground)):
        return Relation.LOCUM
    return Relation.OTHER


def _days(rules: HostRules, ground: Ground) -> set[str]:
    """Return the days on which the mail counts as sent: today's, by this machine's clock.

    Within the grace yesterday's as well, if it was signed by then.
    """
    ticket = ground.ticket
    today, before = (day_of(ticket.at - back, rules.clock) for back in (0, GRACE))
    in_time = ticket.signed and day_of(ticket.signed, rules.clock) <= before
    return {today, before} if in_time else {today}


def is_locum(person: bytes, principal: PersonCard, days: Iterable[str]) -> bool:
    """Whether somebody acts for the principal on one of these days."""
    return any(
        each.locum == person and each.first <= day <= each.last
        for each in principal.locums
        for day in days
    )


def proofs_of(ground: Ground) -> frozenset[Proof]:
    """Return what the mail proves; its code is only stated, a slot tries it."""
    ticket = ground.ticket
    found = {*ticket.known_by}
    if ticket.code:
        found.add(Proof.CODE)
    if ticket.attestation and ticket.attestation.rpps == ground.sender.rpps:
        found.add(Proof.VITALE)
    return frozenset(found)


def granted(rules: HostRules, ground: Ground, act: Act, relation: Relation) -> Grant:
    """Return the grant of the host's policy; raise :class:`Unentitled`."""
    grant = judge(rules.policy, act, relation, proofs_of(ground))
    if not isinstance(grant, Grant):
        raise Unentitled(f"{act} by {relation}: {grant}")
    return grant


def meant_dossier(sealer: Sealer, ground: Ground) -> DossierCard:
    """Return the open dossier of the patient whom the mail names.

    A patient with a key of his own need not name himself. Raises :class:`Unentitled`.
    """
    dossier = ground.dossier
    if dossier is None:
        raise Unentitled("without the dossier's card")
    if dossier.closed_at:
        raise Unentitled("a closed dossier")
    header = ground.ticket.header(ground.share)
    own = ground.sender.patient_of == dossier.dossier and not header.birth_name
    if not own and not fits(sealer, header, dossier):
        raise Unentitled("another patient's dossier")
    return dossier


def fits(sealer: Sealer, header: RoutingHeader, dossier: DossierCard) -> bool:
    """Whether a header names the dossier's patient: by a trait, and by no other number."""
    patient = Patient(header.birth_name, header.first_names, header.birth_date, header.nir)
    return agree(
        sealer.traits(patient), sealer.number(patient.nir), dossier.traits, dossier.number
    )


def agree(
    traits: Iterable[bytes], number: bytes, others: Iterable[bytes], other: bytes
) -> bool:
    """Whether two patients may be one: a trait of both, and not two numbers."""
    return not set(traits).isdisjoint(others) and (not number or not other or number == other)


def dossier_grant(
    rules: HostRules, sealer: Sealer, ground: Ground
) -> tuple[DossierCard, Relation, Grant]:
    """Return the dossier that the mail means, and by which right it touches it.

    Raises :class:`Unentitled`.
    """
    verb = ground.ticket.verb
    act = ACTS.get(verb) if verb else None
    if act is None:
        raise Unentitled("the mail asks nothing of a dossier")
    dossier = meant_dossier(sealer, ground)
    relation = relation_for(rules, ground, dossier, act)
    return dossier, relation, granted(rules, ground, act, relation)


def opens(grant: Grant, ground: Ground, dossier: DossierCard) -> bool:
    """Whether the way in is open: by a signature at once, by code or card once it was tried."""
    tried = grant.way in {Way.CODE, Way.VITALE}
    return not tried or dossier.dossier in ground.ticket.proven
