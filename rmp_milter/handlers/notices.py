"""Letters to somebody other than the sender, as he must hear of what happened."""

from rmp_milter.handlers.steps import Asked, Notice, View
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, full_name
from rmp_milter.model import Doctor, Dossier, Patient


def code_rests(patient: Patient, treating: Doctor, asked: Asked, language: Language) -> Notice:
    """Tell the médecin traitant that wrong codes let the dossier's code rest."""
    words = text(
        "code-rests",
        language,
        patient=full_name(patient),
        birth_date=birth_date(patient),
        count=str(asked.bounds.wrong_codes),
        minutes=str(asked.bounds.window // 60),
    )
    return Notice(treating, Letter(subject=text("subject-notice", language), text=words))


def tell_concerned(
    key: str, dossier: Dossier, asked: Asked, view: View, language: Language, **facts: str
) -> tuple[Notice, ...]:
    """Tell the médecin traitant, and the patient with a key of his own, the text ``key``.

    The sender is not told: he has the answer. ``facts`` join the patient and the sender.
    """
    words = text(
        key,
        language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        sender=asked.doctor.name,
        **facts,
    )
    concerned = (view.doctor(dossier.treating), view.patient_of(dossier.dossier_id))
    return tuple(
        Notice(reader, Letter(subject=text("subject-notice", language), text=words))
        for reader in concerned
        if reader and reader.doctor_id != asked.doctor.doctor_id
    )
