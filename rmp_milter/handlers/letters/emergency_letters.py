"""What is written about an emergency access: to who asked, the médecin traitant, the patient."""

from collections.abc import Sequence

import msgspec

from rmp_milter.dossier.emergency import reference_of
from rmp_milter.dossier.model import Doctor, Dossier, PatientTold, PostalLetter
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Notice
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.letters.index import dossier_letter
from rmp_milter.handlers.people.search import short_reference
from rmp_milter.handlers.sight.seen import Seen
from rmp_milter.handlers.sight.table import table_of
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Enclosure, Letter
from rmp_milter.mail.outgoing.wording import birth_date, bullet_list, full_name, told_minute


def emergency_letter(
    case: Case,
    dossier: Dossier,
    treating: str,
    visible: Sequence[Seen],
    enclosed: Sequence[Enclosure],
) -> Letter:
    """Return the answer: the index and documents, headed by what is now owed."""
    letter = dossier_letter(
        dossier,
        treating,
        visible,
        enclosed,
        case.at,
        case.language,
        table=table_of(dossier, visible),
        clock=case.clock,
        whole_sheet=False,
    )
    head = text(
        "emergency-head",
        case.language,
        at=told_minute(case.at, case.clock, case.language),
        reference=reference_of(case.digest),
        hours=str(case.bounds.justify_hours),
    )
    subject = text("subject-emergency", case.language, patient=full_name(dossier.patient))
    return msgspec.structs.replace(letter, subject=subject, text=f"{head}\n{letter.text}")


def list_letter(found: Sequence[Dossier], view: View, language: Language) -> Letter:
    """Return the short list, each with the reference that chooses it."""
    lines = bullet_list(_candidate(each, view, language) for each in found)
    return Letter(
        subject=text("subject-emergency-list", language),
        text=text("emergency-list", language, lines=lines, count=str(len(found))),
    )


def _candidate(dossier: Dossier, view: View, language: Language) -> str:
    treating = view.doctor(dossier.treating)
    used = dossier.sheet.used_name
    return text(
        "emergency-candidate",
        language,
        reference=short_reference(dossier.dossier_id),
        patient=full_name(dossier.patient) + (f" ({used})" if used else ""),
        birth_date=birth_date(dossier.patient),
        treating=treating.name if treating else "-",
    )


def nobody_letter(language: Language) -> Letter:
    """Say that nobody is alike, and how to ask more widely."""
    return Letter(
        subject=text("subject-emergency-list", language), text=text("emergency-none", language)
    )


def treating_notice(
    case: Case, treating: Doctor, dossier: Dossier, reference: str, told: PatientTold
) -> Notice:
    """Tell the médecin traitant, without anything medical."""
    words = text(
        "emergency-notice",
        case.language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        doctor=case.doctor.name,
        rpps=case.doctor.rpps,
        at=told_minute(case.at, case.clock, case.language),
        reference=reference,
        told=text(f"emergency-told-{told.value}", case.language),
    )
    return Notice(
        treating, Letter(subject=text("subject-notice", case.language), text=words), urgent=True
    )


def patient_notice(case: Case, patient: Doctor, dossier: Dossier, reference: str) -> Notice:
    """Tell a patient who has a key of his own."""
    letter = patient_letter(case, dossier, reference)
    return Notice(
        patient,
        Letter(subject=text("subject-notice", case.language), text=letter.text),
        urgent=True,
    )


def patient_letter(case: Case, dossier: Dossier, reference: str) -> PostalLetter:
    """Return the letter that the host posts to a patient: nothing medical stands in it."""
    words = text(
        "emergency-letter",
        case.language,
        doctor=case.doctor.name,
        at=told_minute(case.at, case.clock, case.language),
        reference=reference,
    )
    name = dossier.patient.first_names, dossier.sheet.used_name or dossier.patient.birth_name
    return PostalLetter(
        letter_id=case.new_id(),
        reference=reference,
        at=case.at,
        name=(" ".join(name),),
        address=dossier.sheet.address,
        text=words,
    )
