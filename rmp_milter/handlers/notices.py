"""Letters to somebody other than the sender, as he must hear of what happened."""

from rmp_milter.handlers.steps import Asked, Notice
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, full_name
from rmp_milter.model import Doctor, Patient


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
