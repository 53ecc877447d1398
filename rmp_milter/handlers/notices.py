"""Letters to somebody other than the sender, as he must hear of what happened."""

from rmp_milter.certificates import usable
from rmp_milter.handlers.steps import Asked, Notice, View
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, full_name
from rmp_milter.model import Doctor, Dossier


def code_rests(
    dossier: Dossier, asked: Asked, view: View, language: Language
) -> tuple[Notice, ...]:
    """Tell the médecin traitant that wrong codes let the dossier's code rest."""
    facts = {
        "count": str(asked.bounds.wrong_codes),
        "minutes": str(asked.bounds.window // 60),
    }
    words = _words("code-rests", dossier, language, facts)
    return tuple(
        Notice(reader, Letter(subject=text("subject-notice", language), text=words))
        for reader in _reachable((view.doctor(dossier.treating),), asked)
    )


def tell_concerned(
    key: str, dossier: Dossier, asked: Asked, view: View, language: Language, **facts: str
) -> tuple[Notice, ...]:
    """Tell the médecin traitant, and the patient with a key of his own, the text ``key``.

    The sender is not told: he has the answer. ``facts`` join the patient and the sender.
    """
    words = _words(key, dossier, language, {"sender": asked.doctor.name, **facts})
    concerned = (view.doctor(dossier.treating), view.patient_of(dossier.dossier_id))
    return tuple(
        Notice(reader, Letter(subject=text("subject-notice", language), text=words))
        for reader in _reachable(concerned, asked)
        if reader.doctor_id != asked.doctor.doctor_id
    )


def _words(key: str, dossier: Dossier, language: Language, facts: dict[str, str]) -> str:
    patient = full_name(dossier.patient)
    born = birth_date(dossier.patient)
    return text(key, language, patient=patient, birth_date=born, **facts)


def _reachable(readers: tuple[Doctor | None, ...], asked: Asked) -> tuple[Doctor, ...]:
    """Return those to whose keys a letter can be sealed.

    A key that is expired must not undo what happened, nor a try that counts.
    """
    return tuple(each for each in readers if each and usable(each.certificate, asked.at))
