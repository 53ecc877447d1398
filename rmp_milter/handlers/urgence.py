"""Urgence (bris de glace): any enrolled PS reads a dossier without code or card, at once.

A signature and a reason in words are all it takes; nothing throttles it, and it is outside
the table of rights. The leaf is written before a key leaves the keeper; médecin traitant and
patient are told in the same act; justification is awaited. What the patient has masked
stays masked. Who is not sure who the patient is gets a short list to choose from, which is an
access itself and is logged as one.
"""

from collections.abc import Generator, Sequence

import msgspec

from rmp_milter.calls.protocol import (
    ByCustody,
    Record,
    Recorded,
    Release,
    Released,
    Reply,
    Request,
)
from rmp_milter.certificates import usable
from rmp_milter.dossier.emergency import EMERGENCY, reference_of
from rmp_milter.dossier.identity import Outcome as Matched
from rmp_milter.dossier.model import Dossier, Emergency, PatientTold, PostalLetter
from rmp_milter.dossier.rules import Proof, Relation, Way
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import (
    Asked,
    Effects,
    Notice,
    Outcome,
    Steps,
    View,
    asked_patient,
    event,
    expect,
)
from rmp_milter.handlers.consultation import authors_certificates, documents_of, enclosures
from rmp_milter.handlers.letters.emergency_letters import (
    emergency_letter,
    list_letter,
    nobody_letter,
    patient_letter,
    patient_notice,
    treating_notice,
)
from rmp_milter.handlers.people.search import short_list, short_reference
from rmp_milter.handlers.sight.sight import SEES_ALL, Seen, seen
from rmp_milter.handlers.way_in.admission import match_open, relation_to
from rmp_milter.handlers.way_in.unlocking import sealed_document
from rmp_milter.mail.catalogue.text import Language

LISTED = "urgence liste"
"""The action of the leaf of a patient who stood in a short list."""


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Send the dossier, or the short list to choose from, or say that nobody is alike."""
    _check(asked)
    dossier = _dossier(asked, view)
    if dossier is not None:
        return (yield from _grant(asked, dossier, view, language))
    header = asked.header
    found = short_list(header.names_said, header.born_years, view.dossiers())
    if not found:
        leaf = event(asked, LISTED, outcome="none")
        expect((yield Record(leaf, asked.opened.held_reason)), Recorded)
        return Outcome(nobody_letter(language), urgent=True)
    for each in found:
        leaf = event(asked, LISTED, each.dossier_id)
        expect((yield Record(leaf, asked.opened.held_reason)), Recorded)
    return Outcome(list_letter(found, view, language), urgent=True)


def _check(asked: Asked) -> None:
    """Raise what an emergency cannot do without: a signature, a reason in words.

    The profession is not asked for: it is free text of the directory, and a life must not
    hang on how somebody once wrote it. Only a patient's own key is no professional's.
    """
    if asked.doctor.patient_of:
        raise MailError("emergency-professionals-only")
    if asked.sender.proof is not Proof.SIGNATURE:
        raise MailError("signature-needed")
    if not asked.opened.held_reason:
        raise MailError("reason-missing")


def _dossier(asked: Asked, view: View) -> Dossier | None:
    """Return the dossier if it is chosen from a list, or sure by the three traits."""
    header = asked.header
    if header.reference:
        wanted = header.reference.strip().upper()
        chosen = (each for each in view.dossiers() if each.closure is None)
        return next(
            (each for each in chosen if short_reference(each.dossier_id) == wanted), None
        )
    if not (header.birth_name and header.first_names and header.birth_date):
        return None
    found = match_open(asked_patient(header), view)
    return found.dossier if found.outcome is Matched.ONE else None


def _grant(asked: Asked, dossier: Dossier, view: View, language: Language) -> Steps:
    relation = relation_to(asked, dossier, view)
    relation = relation if relation in SEES_ALL else Relation.OTHER
    entries = view.entries(dossier.dossier_id)
    visible = seen(dossier, entries, relation, asked.doctor.doctor_id)
    reference = reference_of(asked.digest)
    released = yield from _release(asked, dossier, visible, reference)
    enclosed = enclosures(visible, [packets[0] for packets in released.packets])
    notices, postal, told = _tell(asked, dossier, reference, view, language)
    emergency = Emergency(
        reference=reference,
        dossier_id=dossier.dossier_id,
        doctor_id=asked.doctor.doctor_id,
        at=asked.at,
        leaf=released.leaf,
        patient_told=told,
    )
    treating = view.doctor(dossier.treating)
    certificates = authors_certificates(asked, view, enclosed)
    letter = emergency_letter(
        dossier, treating.name if treating else "", visible, enclosed, asked, language
    )
    return Outcome(
        msgspec.structs.replace(letter, certificates=certificates),
        Effects(emergencies=(emergency,), notices=notices, postal=postal),
        urgent=True,
    )


def _release(
    asked: Asked, dossier: Dossier, visible: Sequence[Seen], reference: str
) -> Generator[Request, Reply, Released]:
    documents = documents_of(visible)
    leaf = event(
        asked,
        EMERGENCY,
        dossier.dossier_id,
        documents=[document.document_id for document in documents],
        way=Way.CUSTODY,
        entries=[each.filed.number for each in visible],
    )
    reply = yield Release(
        digest=asked.digest,
        dossier_id=dossier.dossier_id,
        opening=ByCustody(dossier.slots.custody, asked.opened.held_reason),
        items=tuple(map(sealed_document, documents)),
        readers=(asked.doctor.certificate,),
        event=msgspec.structs.replace(leaf, reference=reference),
    )
    return expect(reply, Released)


def _tell(
    asked: Asked, dossier: Dossier, reference: str, view: View, language: Language
) -> tuple[tuple[Notice, ...], tuple[PostalLetter, ...], PatientTold]:
    """Return who is told, by mail or by post, and how the patient hears of it.

    A patient whose key is of no use any more is told as one who has none.
    """
    patient = view.patient_of(dossier.dossier_id)
    if patient is not None and not usable(patient.certificate, asked.at):
        patient = None
    treating = view.doctor(dossier.treating)
    told = (
        PatientTold.MAIL
        if patient
        else PatientTold.LETTER
        if dossier.sheet.address
        else PatientTold.NONE
    )
    notices: list[Notice] = []
    if treating is not None and treating.doctor_id != asked.doctor.doctor_id:
        notices.append(treating_notice(treating, dossier, reference, told, asked, language))
    if patient is not None:
        notices.append(patient_notice(patient, dossier, reference, asked, language))
    postal = (
        (patient_letter(dossier, reference, asked, language),)
        if told is PatientTold.LETTER
        else ()
    )
    return tuple(notices), postal, told
