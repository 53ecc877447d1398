"""What the patient is told of a doctor whom he refuses, or admits again."""

from rmp_milter.dossier.model import Doctor, Dossier
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import full_name


def opposition_letter(key: str, doctor: Doctor, dossier: Dossier, language: Language) -> Letter:
    """Return the answer in the words of ``key``: of whom, and what holds from now on."""
    patient = full_name(dossier.patient)
    return Letter(
        subject=text("subject-opposition", language, patient=patient),
        text=text(key, language, patient=patient, doctor=doctor.name, rpps=doctor.rpps),
    )
