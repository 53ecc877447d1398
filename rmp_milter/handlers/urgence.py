"""Urgence (bris de glace): any enrolled PS reads a dossier without code or card, at once.

A signature and a reason in words are all it takes; nothing throttles it, and it is outside
the table of rights. The leaf is written before a key leaves the keeper; médecin traitant and
patient are told in the same act; justification is awaited. What the patient has masked
stays masked. Who is not sure who the patient is gets a short list to choose from, which is an
access itself and is logged as one.
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.calls.protocol import (
    ByCustody,
    Record,
    Release,
    Released,
)
from rmp_milter.certificates import usable
from rmp_milter.dossier.emergency import EMERGENCY, reference_of
from rmp_milter.dossier.identity import Matching as Matched
from rmp_milter.dossier.model import Dossier, Emergency, PatientTold, PostalLetter
from rmp_milter.dossier.rules import Proof, Relation, Way
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Notice, Outcome
from rmp_milter.handlers.letters.emergency_letters import (
    emergency_letter,
    list_letter,
    nobody_letter,
    patient_letter,
    patient_notice,
    treating_notice,
)
from rmp_milter.handlers.people.patients import asked_patient, match_open
from rmp_milter.handlers.people.search import chosen_by, short_list
from rmp_milter.handlers.reading.enclosing import authors_certificates, documents_of, enclosures
from rmp_milter.handlers.sight.seen import SEES_ALL, Seen, seen
from rmp_milter.handlers.way_in.admission import relation_to
from rmp_milter.handlers.way_in.unlocking import sealed_document

LISTED = "urgence liste"
"""The action of the leaf of a patient who stood in a short list."""


def handle(case: Case) -> Outcome:
    """Send the dossier, or the short list to choose from, or say that nobody is alike."""
    _check(case)
    dossier = _dossier(case)
    if dossier is not None:
        return _grant(case, dossier)
    header = case.header
    found = short_list(header.names_said, header.born_years, case.view.dossiers())
    if not found:
        leaf = event(case, LISTED, outcome="none")
        case.keeper.record(Record(leaf, case.opened.held_reason))
        return Outcome(nobody_letter(case.language), urgent=True)
    for each in found:
        leaf = event(case, LISTED, each.dossier_id)
        case.keeper.record(Record(leaf, case.opened.held_reason))
    return Outcome(list_letter(found, case.view, case.language), urgent=True)


def _check(case: Case) -> None:
    """Raise what an emergency cannot do without: a signature, a reason in words.

    The profession is not asked for: it is free text of the directory, and a life must not
    hang on how somebody once wrote it. Only a patient's own key is no professional's.
    """
    if case.doctor.patient_of:
        raise MailError("emergency-professionals-only")
    if case.sender.proof is not Proof.SIGNATURE:
        raise MailError("signature-needed")
    if not case.opened.held_reason:
        raise MailError("reason-missing")


def _dossier(case: Case) -> Dossier | None:
    """Return the dossier if it is chosen from a list, or sure by the three traits."""
    header = case.header
    if header.reference:
        chosen = chosen_by(header.reference, case.view.dossiers())
        return chosen[0] if len(chosen) == 1 else None
    if not (header.birth_name and header.first_names and header.birth_date):
        return None
    found = match_open(asked_patient(header), case.view)
    return found.dossier if found.outcome is Matched.ONE else None


def _grant(case: Case, dossier: Dossier) -> Outcome:
    relation = relation_to(case, dossier)
    relation = relation if relation in SEES_ALL else Relation.OTHER
    entries = case.view.entries(dossier.dossier_id)
    visible = seen(dossier, entries, relation, case.doctor.doctor_id)
    reference = reference_of(case.digest)
    released = _release(case, dossier, visible, reference)
    enclosed = enclosures(visible, [packets[0] for packets in released.packets])
    notices, postal, told = _tell(case, dossier, reference)
    emergency = Emergency(
        reference=reference,
        dossier_id=dossier.dossier_id,
        doctor_id=case.doctor.doctor_id,
        at=case.at,
        leaf=released.leaf,
        patient_told=told,
    )
    treating = case.view.doctor(dossier.treating)
    certificates = authors_certificates(case, enclosed)
    letter = emergency_letter(
        case, dossier, treating.name if treating else "", visible, enclosed
    )
    return Outcome(
        msgspec.structs.replace(letter, certificates=certificates),
        Effects(emergencies=(emergency,), notices=notices, postal=postal),
        urgent=True,
    )


def _release(case: Case, dossier: Dossier, visible: Sequence[Seen], reference: str) -> Released:
    documents = documents_of(visible)
    leaf = event(
        case,
        EMERGENCY,
        dossier.dossier_id,
        documents=[document.document_id for document in documents],
        way=Way.CUSTODY,
        entries=[each.filed.number for each in visible],
        reference=reference,
    )
    return case.keeper.release(
        Release(
            digest=case.digest,
            dossier_id=dossier.dossier_id,
            way_in=ByCustody(dossier.slots.custody, case.opened.held_reason),
            items=tuple(map(sealed_document, documents)),
            readers=(case.doctor.certificate,),
            event=leaf,
        )
    )


def _tell(
    case: Case, dossier: Dossier, reference: str
) -> tuple[tuple[Notice, ...], tuple[PostalLetter, ...], PatientTold]:
    """Return who is told, by mail or by post, and how the patient hears of it.

    A patient whose key is of no use any more is told as one who has none.
    """
    patient = case.view.patient_of(dossier.dossier_id)
    if patient is not None and not usable(patient.certificate, case.at):
        patient = None
    treating = case.view.doctor(dossier.treating)
    told = (
        PatientTold.MAIL
        if patient
        else PatientTold.LETTER
        if dossier.sheet.address
        else PatientTold.NONE
    )
    notices: list[Notice] = []
    if treating is not None and treating.doctor_id != case.doctor.doctor_id:
        notices.append(treating_notice(case, treating, dossier, reference, told))
    if patient is not None:
        notices.append(patient_notice(case, patient, dossier, reference))
    postal = (patient_letter(case, dossier, reference),) if told is PatientTold.LETTER else ()
    return tuple(notices), postal, told
