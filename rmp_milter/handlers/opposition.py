"""Opposition: the patient refuses a named doctor his dossier, or admits him again."""

from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Asked, Effects, Outcome, Steps, View
from rmp_milter.handlers.people.colleagues import colleague
from rmp_milter.handlers.way_in.entering import Entered, changed, enter, settled
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import full_name


def oppose(asked: Asked, view: View, language: Language) -> Steps:
    """Refuse the named doctor from now on: he gets what a stranger gets.

    The médecin traitant cannot be refused, he is changed (``treating-not-opposed``).
    """
    doctor = _named(asked, view)
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
    doctor = _named(asked, view)
    entered = yield from enter(asked, Act.OPPOSITION, view, language)
    dossier = entered.dossier
    if doctor.doctor_id not in dossier.opposed:
        return _outcome("lifted-before", doctor, asked, entered, (), language)
    left = tuple(each for each in dossier.opposed if each != doctor.doctor_id)
    updates = changed(dossier, opposed=left)
    return _outcome("lifted-now", doctor, asked, entered, updates, language)


def _named(asked: Asked, view: View) -> Doctor:
    """Return the doctor whom the header names; a wish that hits another would be worse."""
    words = asked.header.doctor
    found = colleague(words, view)
    if found is None:
        raise MailError("no-such-doctor", facts={"doctor": words[:80]})
    return found


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
