"""From a mail to the dossier that it may touch: the one way in, for every verb.

    patient → dossier → relation → rule → throttle → (slot: :mod:`~.unlocking`)

Nobody, a closed dossier, an opposed sender and a resting code slot get an admission without
a dossier, which ends as a wrong code does.
"""

import msgspec

from rmp_milter.dossier.changes import Once
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.identity import Matching as Matched
from rmp_milter.dossier.model import Doctor, Dossier, Fault, Patient
from rmp_milter.dossier.rules import Act, Denied, Grant, Proof, Relation, Way, judge
from rmp_milter.dossier.takeovers import is_former, may_be_contested
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.letters.takeovers import until_words
from rmp_milter.handlers.people.locums import acts_for
from rmp_milter.handlers.people.patients import asked_patient, match_open
from rmp_milter.handlers.way_in.throttles import check_tries, is_resting


class Admission(msgspec.Struct, frozen=True):
    """That a mail may do an act to a dossier, once its way in has been gone.

    ``dossier`` is None for one that must not be told from a wrong code; ``acting_for`` is
    the RPPS number of the médecin traitant where a locum acts for him; ``proven`` says that
    the code or the attestation was tried and opens (:func:`~.unlocking.prove`), as ``ticket``
    tells the keeper.
    """

    act: Act
    patient: Patient
    dossier: Dossier | None
    relation: Relation
    way: Way
    acting_for: str = ""
    proven: bool = False
    ticket: bytes = b""


def relation_to(case: Case, dossier: Dossier) -> Relation:
    """Return what the sender is to the dossier today.

    Whoever is not its médecin traitant has as much looked at, whatever the patient wished.
    """
    doctor = case.doctor
    if doctor.patient_of:
        own = doctor.patient_of == dossier.dossier_id
        return Relation.PATIENT if own else Relation.FOREIGN
    if doctor.doctor_id == dossier.treating:
        return Relation.TREATING
    treating = case.view.doctor(dossier.treating)
    if doctor.doctor_id in dossier.opposed:
        return Relation.OPPOSED
    if treating and acts_for(doctor, treating, day_of(case.at, case.clock)):
        return Relation.LOCUM
    return Relation.OTHER


def admit(case: Case, act: Act) -> Admission:
    """Find the dossier and judge the sender's right to ``act``.

    Raises :class:`MailError` for what is missing, ``too-many`` for a throttled sender,
    ``attestation-used`` for an attestation that came before, and what a patient is told whose
    key is suspended.
    """
    patient, dossier = _dossier_asked(case)
    relation = _relation(case, dossier, act)
    if act is not Act.CONTESTATION:
        check_confirmed(case, dossier)
    grant = permitted(case, act, relation)
    if grant.way in {Way.CODE, Way.VITALE}:
        check_tries(case, Fault.SENDER, case.doctor.doctor_id, case.bounds.sender_codes)
        check_tries(case, Fault.GLOBAL, b"", case.bounds.global_codes)
        check_unused(case)
        dossier = _openable(case, grant, relation, dossier, patient)
    elif dossier is None:
        raise MailError("no-access", detail="no dossier")
    acted_for = principal(relation, dossier, case.view)
    return Admission(
        act, patient, dossier, relation, grant.way, acted_for.rpps if acted_for else ""
    )


def _relation(case: Case, dossier: Dossier | None, act: Act) -> Relation:
    """Return what the sender is; a former médecin traitant is that to a contest alone.

    Whom the patient has refused since then he is as well: the refusal may be his who took over.
    """
    if dossier is None:
        return relation_to_nobody(case)
    contests = act is Act.CONTESTATION
    if contests and is_former(dossier, case.doctor.doctor_id, case.at):
        return Relation.FORMER
    return relation_to(case, dossier)


def check_confirmed(case: Case, dossier: Dossier | None) -> None:
    """Refuse the patient of this dossier while his key is suspended, in words of its own.

    Only he is told, who signed by that key.
    """
    if dossier is None or not dossier.suspended:
        return
    if case.doctor.patient_of == dossier.dossier_id:
        contestable = may_be_contested(dossier.takeover, case.at)
        key = "patient-key-contestable" if contestable else "patient-key-suspended"
        raise MailError(key, facts={"at": until_words(case, dossier)})


def permitted(case: Case, act: Act, relation: Relation) -> Grant:
    """Return the grant of the host's policy; raise :class:`MailError` for what is missing."""
    grant = judge(case.policy, act, relation, case.proofs)
    if isinstance(grant, Denied):
        raise MailError(grant.value, detail=f"{act} by {relation}")
    return grant


def is_permitted(case: Case, act: Act, relation: Relation) -> bool:
    """Whether the host's policy grants it, where the refusal has words of its own."""
    return isinstance(judge(case.policy, act, relation, case.proofs), Grant)


def check_unused(case: Case) -> None:
    """Tell a doctor that his attestation came before; the commit would refuse it anyway."""
    if any(case.view.happened(once.value) for once in spent(case)):
        raise MailError("attestation-used")


def principal(relation: Relation, dossier: Dossier | None, view: View) -> Doctor | None:
    """Return the médecin traitant in whose name a locum acts; None where no locum does."""
    if relation is not Relation.LOCUM or dossier is None:
        return None
    return view.doctor(dossier.treating)


def relation_to_nobody(case: Case) -> Relation:
    """Return what the sender is to a patient without a dossier.

    Somebody is looked up in the place of his médecin traitant.
    """
    if case.doctor.patient_of:
        return Relation.FOREIGN
    case.view.doctor(case.doctor.doctor_id)
    return Relation.OTHER


def _dossier_asked(case: Case) -> tuple[Patient, Dossier | None]:
    """Return the patient that the mail means, and his open dossier if it is sure."""
    if case.doctor.patient_of and not case.header.birth_name:
        own = case.view.dossier(case.doctor.patient_of)
        if own is None:
            raise MailError("no-access", detail="the patient's dossier is gone")
        return own.patient, own if own.closure is None else None
    patient = asked_patient(case.header)
    found = match_open(patient, case.view)
    return patient, found.dossier if found.outcome is Matched.ONE else None


def _openable(
    case: Case, grant: Grant, relation: Relation, dossier: Dossier | None, patient: Patient
) -> Dossier | None:
    """Return the dossier unless its slot must not be tried: then a decoy is."""
    by_card = Proof.VITALE in grant.proofs
    resting = not by_card and is_resting(case, dossier, patient)
    if dossier is None or relation is Relation.OPPOSED or resting:
        return None
    attested = case.opened.attested
    if by_card and not (attested and attested.nir == dossier.patient.nir):
        return None
    return dossier


def spent(case: Case) -> tuple[Once, ...]:
    """Return the attestation's one-time id as used, if the mail carries one."""
    attested = case.opened.attested
    if attested is None:
        return ()
    name = f"vitale {attested.issuer} {attested.token_id}"
    return (Once(name.encode(), attested.expires),)
