"""From a mail to the dossier that it may touch: the one way in, for every verb.

    patient → dossier → relation → rule → throttle → (slot: :mod:`~.unlocking`)

Nobody, a closed dossier, an opposed sender and a resting code slot get an admission without
a dossier, which ends as a wrong code does.
"""

import msgspec

from rmp_milter.dossier.changes import Once
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.identity import Match, match, trait_keys
from rmp_milter.dossier.identity import Outcome as Matched
from rmp_milter.dossier.model import Doctor, Dossier, Fault, Patient
from rmp_milter.dossier.rules import Act, Denied, Grant, Proof, Relation, Way, judge
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Asked, View, asked_patient


class Admission(msgspec.Struct, frozen=True):
    """That a mail may do an act to a dossier, once its way in has been gone.

    ``dossier`` is None for one that must not be told from a wrong code; ``acting_for`` is
    the RPPS number of the médecin traitant where a locum acts for him; ``proven`` says that
    the code or the attestation was tried and opens (:func:`~.unlocking.prove`).
    """

    act: Act
    patient: Patient
    dossier: Dossier | None
    relation: Relation
    way: Way
    acting_for: str = ""
    proven: bool = False


def relation_to(asked: Asked, dossier: Dossier, view: View) -> Relation:
    """Return what the sender is to the dossier today."""
    doctor = asked.doctor
    if doctor.patient_of:
        own = doctor.patient_of == dossier.dossier_id
        return Relation.PATIENT if own else Relation.FOREIGN
    if doctor.doctor_id == dossier.treating:
        return Relation.TREATING
    if doctor.doctor_id in dossier.opposed:
        return Relation.OPPOSED
    treating = view.doctor(dossier.treating)
    today = day_of(asked.at)
    locums = treating.locums if treating else ()
    if any(
        one.doctor_id == doctor.doctor_id and one.first <= today <= one.last for one in locums
    ):
        return Relation.LOCUM
    return Relation.OTHER


def admit(asked: Asked, act: Act, view: View) -> Admission:
    """Find the dossier and judge the sender's right to ``act``.

    Raises :class:`MailError` for what is missing, ``too-many`` for a throttled sender,
    ``attestation-used`` for an attestation that came before.
    """
    patient, dossier = _dossier_asked(asked, view)
    relation = relation_to(asked, dossier, view) if dossier else _nobodys(asked)
    grant = permitted(asked, act, relation)
    if grant.way in {Way.CODE, Way.VITALE}:
        _check_throttles(asked, view)
        check_unused(asked, view)
        dossier = _openable(asked, grant, relation, dossier, view)
    elif dossier is None:
        raise MailError("no-access", detail="no dossier")
    acted_for = principal(relation, dossier, view)
    return Admission(
        act, patient, dossier, relation, grant.way, acted_for.rpps if acted_for else ""
    )


def permitted(asked: Asked, act: Act, relation: Relation) -> Grant:
    """Return the grant of the host's policy; raise :class:`MailError` for what is missing."""
    grant = judge(asked.policy, act, relation, asked.proofs)
    if isinstance(grant, Denied):
        raise MailError(grant.value, detail=f"{act} by {relation}")
    return grant


def check_unused(asked: Asked, view: View) -> None:
    """Tell a doctor that his attestation came before; the commit would refuse it anyway."""
    if any(view.happened(once.value) for once in spent(asked)):
        raise MailError("attestation-used")


def principal(relation: Relation, dossier: Dossier | None, view: View) -> Doctor | None:
    """Return the médecin traitant in whose name a locum acts; None where no locum does."""
    if relation is not Relation.LOCUM or dossier is None:
        return None
    return view.doctor(dossier.treating)


def _nobodys(asked: Asked) -> Relation:
    return Relation.FOREIGN if asked.doctor.patient_of else Relation.OTHER


def _dossier_asked(asked: Asked, view: View) -> tuple[Patient, Dossier | None]:
    """Return the patient that the mail means, and his open dossier if it is sure."""
    if asked.doctor.patient_of and not asked.header.birth_name:
        own = view.dossier(asked.doctor.patient_of)
        if own is None:
            raise MailError("no-access", detail="the patient's dossier is gone")
        return own.patient, own if own.closure is None else None
    patient = asked_patient(asked.header)
    found = match_open(patient, view)
    return patient, found.dossier if found.outcome is Matched.ONE else None


def match_open(patient: Patient, view: View) -> Match:
    """Match the patient among the dossiers that are not closed: a closed one is as none."""
    known = view.dossiers_by_traits(trait_keys(patient))
    return match(patient, [dossier for dossier in known if dossier.closure is None])


def _check_throttles(asked: Asked, view: View) -> None:
    bounds = asked.bounds
    sender = recent_tries(asked, view, Fault.SENDER, asked.doctor.doctor_id)
    everybody = recent_tries(asked, view, Fault.GLOBAL, b"")
    if sender >= bounds.sender_codes or everybody >= bounds.global_codes:
        raise MailError("too-many", detail="throttled")


def recent_tries(asked: Asked, view: View, fault: Fault, subject: bytes) -> int:
    """Return how many tries count within the window."""
    since = asked.at - asked.bounds.window
    return sum(each > since for each in view.tally(fault, subject).times)


def _openable(
    asked: Asked, grant: Grant, relation: Relation, dossier: Dossier | None, view: View
) -> Dossier | None:
    """Return the dossier unless its slot must not be tried: then a decoy is."""
    if dossier is None or relation is Relation.OPPOSED:
        return None
    if Proof.VITALE in grant.proofs:
        attested = asked.opened.attested
        return dossier if attested and attested.nir == dossier.patient.nir else None
    tries = recent_tries(asked, view, Fault.DOSSIER, dossier.dossier_id)
    return dossier if tries < asked.bounds.wrong_codes else None


def spent(asked: Asked) -> tuple[Once, ...]:
    """Return the attestation's one-time id as used, if the mail carries one."""
    attested = asked.opened.attested
    if attested is None:
        return ()
    name = f"vitale {attested.issuer} {attested.token_id}"
    return (Once(name.encode(), attested.expires),)
