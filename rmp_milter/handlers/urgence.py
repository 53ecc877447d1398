"""Urgence (bris de glace): any enrolled PS reads a dossier without code or card, at once.

A signature and a reason in words are all it takes (a reason that is missing is asked for at
once); nothing throttles it, and it is outside the table of rights. The leaf is written before
a key leaves the keeper; médecin traitant and patient are told in the same act; justification
is awaited. What the patient has masked stays masked. Who is not sure who the patient is gets
a short list to choose from, which is an access itself and is logged as one.
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.calls.authority import Authority
from rmp_milter.calls.protocol.leaves import ListedLeaf, Record, RecordList
from rmp_milter.calls.protocol.releasing import ByCustody, Release, Released
from rmp_milter.credentials import reachable
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.emergency import EMERGENCY, reference_of
from rmp_milter.dossier.model import Dossier, Emergency, PatientTold, PostalLetter
from rmp_milter.dossier.rules import Proof, Relation, Way
from rmp_milter.errors import GoneError, MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Notice, Outcome
from rmp_milter.handlers.letters.emergency_letters import (
    emergency_letter,
    patient_letter,
    patient_notice,
    treating_notice,
)
from rmp_milter.handlers.letters.emergency_questions import (
    list_letter,
    nobody_letter,
    reason_letter,
)
from rmp_milter.handlers.people.choice import Choice, FoundBy, choose
from rmp_milter.handlers.reading.enclosing import authors_certificates, documents_of, enclosures
from rmp_milter.handlers.sight.seen import SEES_ALL, Seen, seen
from rmp_milter.handlers.way_in.admission import relation_to
from rmp_milter.handlers.way_in.unlocking import sealed_document

LISTED = "urgence liste"
"""The action of the leaf of a patient who stood in a short list."""


def handle(case: Case) -> Outcome:
    """Send the dossier, or the short list to choose from, or say that nobody is alike."""
    _check(case)
    if not case.opened.has_reason:
        asking = reason_letter(case.header, case.opened.header, case.language)
        return Outcome(asking, urgent=True)
    choice = choose(case.header, case.view, int(day_of(case.at, case.clock)[:4]))
    if choice.sure is not None:
        try:
            return _grant(case, choice.sure)
        except GoneError:  # erased, and back in the store by an older copy of it: nobody
            choice = Choice()
    choice = _log(case, choice)
    letter = list_letter if choice.listed.found else nobody_letter
    return Outcome(letter(case, choice), urgent=True)


def _check(case: Case) -> None:
    """Raise what an emergency cannot do without.

    The profession is not asked for: it is free text of the directory, and a life must not
    hang on how somebody once wrote it. Only a patient's own key is no professional's.
    """
    if case.doctor.patient_of:
        raise MailError("emergency-professionals-only")
    if case.sender.proof is not Proof.SIGNATURE:
        raise MailError("emergency-unsigned")


def _log(case: Case, choice: Choice) -> Choice:
    """Write a leaf for each who is listed, one for a search that found nobody.

    Where nobody was looked for there is nothing to write down. Return the choice without those
    whom the keeper knows to be erased.
    """
    if choice.by is FoundBy.NOTHING:
        return choice
    listed = _logged(case, choice.listed.found)
    if not listed:
        leaf = event(case, LISTED, outcome="none")
        case.keeper.record(Record(leaf, authority(case), with_reason=True))
    still = msgspec.structs.replace(choice.listed, found=listed)
    return msgspec.structs.replace(choice, listed=still)


def _logged(case: Case, found: Sequence[Dossier]) -> tuple[Dossier, ...]:
    """Write the leaves of those who are listed, in one call; return those that there still are."""
    if not found:
        return ()
    leaves = tuple(
        ListedLeaf(event(case, LISTED, each.dossier_id), each.card) for each in found
    )
    numbers = case.keeper.record_list(RecordList(authority(case), leaves)).numbers
    written = zip(found, numbers, strict=True)
    return tuple(each for each, number in written if number is not None)


def _grant(case: Case, dossier: Dossier) -> Outcome:
    relation = relation_to(case, dossier)
    relation = relation if relation in SEES_ALL else Relation.OTHER
    entries = case.view.entries(dossier.dossier_id)
    visible = seen(dossier, entries, relation, case.doctor.doctor_id)
    reference = reference_of(case.act)
    released = _release(case, dossier, visible, reference)
    enclosed = enclosures(dossier, visible, [packets[0] for packets in released.packets])
    notices, postal, told = _tell(case, dossier, reference)
    emergency = Emergency(
        reference=reference,
        dossier_id=dossier.dossier_id,
        doctor_id=case.doctor.doctor_id,
        at=case.at,
        leaf=released.leaf,
        patient_told=told,
    )
    certificates = authors_certificates(case, enclosed)
    letter = emergency_letter(case, dossier, relation, visible, enclosed)
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
            by=_ground(case, dossier),
            way_in=ByCustody(dossier.slots.custody),
            items=tuple(map(sealed_document, documents)),
            readers=(case.sender.certificate,),
            event=leaf,
            dossier_id=dossier.dossier_id,
        )
    )


def _ground(case: Case, dossier: Dossier) -> Authority:
    """Return what the release rests on; a card that is not there stops no emergency."""
    treating = case.view.doctor(dossier.treating)
    return authority(
        case,
        dossier if dossier.card else None,
        treating if treating and treating.card else None,
    )


def _tell(
    case: Case, dossier: Dossier, reference: str
) -> tuple[tuple[Notice, ...], tuple[PostalLetter, ...], PatientTold]:
    """Return who is told, by mail or by post, and how the patient hears of it.

    A patient whose key is of no use any more is told as one who has none; so is one whose key
    is suspended, since it may be a former doctor's.
    """
    patient = None if dossier.suspended else case.view.patient_of(dossier.dossier_id)
    if patient is not None and not reachable(patient.certificate, case.at):
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
