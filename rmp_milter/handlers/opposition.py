"""Opposition: the patient refuses a named doctor his dossier, or admits him again."""

from rmp_milter.changes import DossierUpdate
from rmp_milter.errors import MailError
from rmp_milter.handlers.entering import Entered, changed, enter, settled
from rmp_milter.handlers.steps import Asked, Effects, Outcome, Steps, View
from rmp_milter.identity import fold
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import full_name
from rmp_milter.model import Doctor
from rmp_milter.rules import Act

_TITLES = ("DR ", "DOCTEUR ", "PR ", "PROFESSEUR ", "MME ", "M ")


def oppose(asked: Asked, view: View, language: Language) -> Steps:
    """Refuse the named doctor from now on: he gets what a stranger gets.

    The médecin traitant cannot be refused, he is changed (``treating-not-opposed``).
    """
    doctor = doctor_named(asked.header.doctor, view)
    entered = yield from enter(asked, Act.OPPOSITION, view, language)
    dossier = entered.dossier
    if doctor.doctor_id == dossier.treating:
        raise MailError("treating-not-opposed")
    if doctor.doctor_id in dossier.opposed:
        return _outcome("opposed-before", doctor, asked, entered, (), language)
    updates = changed(dossier, opposed=(*dossier.opposed, doctor.doctor_id))
    return _outcome("opposed-now", doctor, asked, entered, updates, language)


def lift(asked: Asked, view: View, language: Language) -> Steps:
    """Take an opposition back: the doctor is one among others again."""
    doctor = doctor_named(asked.header.doctor, view)
    entered = yield from enter(asked, Act.OPPOSITION, view, language)
    dossier = entered.dossier
    if doctor.doctor_id not in dossier.opposed:
        return _outcome("lifted-before", doctor, asked, entered, (), language)
    left = tuple(each for each in dossier.opposed if each != doctor.doctor_id)
    updates = changed(dossier, opposed=left)
    return _outcome("lifted-now", doctor, asked, entered, updates, language)


def doctor_named(words: str, view: View) -> Doctor:
    """Return the one enrolled doctor of this RPPS number, mail address or name.

    A name counts with and without its title. Raises :class:`MailError` ``no-such-doctor``
    for none and for several: a wish that hits the wrong doctor would be worse.
    """
    found = view.doctor_by_rpps("".join(words.split())) or view.doctor_by_mail(words)
    if found is not None and not found.patient_of:
        return found
    name = _untitled(words)
    same = [
        each
        for each in view.doctors()
        if name and not each.patient_of and _untitled(each.name) == name
    ]
    if len(same) != 1:
        raise MailError("no-such-doctor", facts={"doctor": words[:80]})
    return same[0]


def _untitled(name: str) -> str:
    folded = fold(name)
    title = next((each for each in _TITLES if folded.startswith(each)), "")
    return folded.removeprefix(title)


def _outcome(  # noqa: PLR0913, PLR0917 -- what the answer says, and of whom
    key: str,
    doctor: Doctor,
    asked: Asked,
    entered: Entered,
    updates: tuple[DossierUpdate, ...],
    language: Language,
) -> Outcome:
    patient = full_name(entered.dossier.patient)
    letter = Letter(
        subject=text("subject-opposition", language, patient=patient),
        text=text(key, language, patient=patient, doctor=doctor.name, rpps=doctor.rpps),
    )
    return Outcome(letter, settled(asked, entered.admission, Effects(updates=updates)))
