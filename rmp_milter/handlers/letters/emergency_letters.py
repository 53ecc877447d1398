"""What is written about an emergency access: to who asked, the médecin traitant, the patient."""

from collections.abc import Sequence

import msgspec

from rmp_milter.dossier.emergency import reference_of
from rmp_milter.dossier.model import Doctor, Dossier, PatientTold, PostalLetter
from rmp_milter.handlers.asking.steps import Asked, Notice, View
from rmp_milter.handlers.letters.index import dossier_letter
from rmp_milter.handlers.people.search import short_reference
from rmp_milter.handlers.sight.sight import Seen
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Enclosure, Letter
from rmp_milter.mail.outgoing.wording import birth_date, bullet_list, full_name, minute


def emergency_letter(  # noqa: PLR0913, PLR0917 -- what an index shows, and to whom
    dossier: Dossier,
    treating: str,
    visible: Sequence[Seen],
    enclosed: Sequence[Enclosure],
    asked: Asked,
    language: Language,
) -> Letter:
    """Return the answer: the index and documents, headed by what is now owed."""
    letter = dossier_letter(
        dossier, treating, visible, enclosed, asked.at, language, whole_sheet=False
    )
    head = text(
        "emergency-head",
        language,
        at=minute(asked.at),
        reference=reference_of(asked.digest),
        hours=str(asked.bounds.justify_hours),
    )
    subject = text("subject-emergency", language, patient=full_name(dossier.patient))
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


def treating_notice(  # noqa: PLR0913, PLR0917 -- who did what, to whom, and who knows
    treating: Doctor,
    dossier: Dossier,
    reference: str,
    told: PatientTold,
    asked: Asked,
    language: Language,
) -> Notice:
    """Tell the médecin traitant, without anything medical."""
    words = text(
        "emergency-notice",
        language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        doctor=asked.doctor.name,
        rpps=asked.doctor.rpps,
        at=minute(asked.at),
        reference=reference,
        told=text(f"emergency-told-{told.value}", language),
    )
    return Notice(
        treating, Letter(subject=text("subject-notice", language), text=words), urgent=True
    )


def patient_notice(
    patient: Doctor, dossier: Dossier, reference: str, asked: Asked, language: Language
) -> Notice:
    """Tell a patient who has a key of his own."""
    letter = patient_letter(dossier, reference, asked, language)
    return Notice(
        patient, Letter(subject=text("subject-notice", language), text=letter.text), urgent=True
    )


def patient_letter(
    dossier: Dossier, reference: str, asked: Asked, language: Language
) -> PostalLetter:
    """Return the letter that the host posts to a patient: nothing medical stands in it."""
    words = text(
        "emergency-letter",
        language,
        doctor=asked.doctor.name,
        at=minute(asked.at),
        reference=reference,
    )
    name = dossier.patient.first_names, dossier.sheet.used_name or dossier.patient.birth_name
    return PostalLetter(
        letter_id=asked.new_id(),
        reference=reference,
        at=asked.at,
        name=(" ".join(name),),
        address=dossier.sheet.address,
        text=words,
    )
