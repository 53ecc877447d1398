"""Opposition: the patient refuses a named doctor his dossier."""

from rmp_milter.calls.authority import Oppose
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.letters.notices import tell_of_proven
from rmp_milter.handlers.letters.oppositions import opposition_letter
from rmp_milter.handlers.people.colleagues import colleague_named
from rmp_milter.handlers.way_in.amending import amend_entered
from rmp_milter.handlers.way_in.entering import changed, enter, settled


def handle(case: Case) -> Outcome:
    """Refuse the named doctor from now on: he gets what a stranger gets.

    The médecin traitant cannot be refused, he is changed (``treating-not-opposed``).
    """
    doctor = colleague_named(case.header.doctor, case.view)
    entered = enter(case, Act.OPPOSITION)
    dossier = entered.dossier
    if doctor.doctor_id == dossier.treating:
        raise MailError("treating-not-opposed")
    if doctor.doctor_id in dossier.opposed:
        letter = opposition_letter("opposed-before", doctor, dossier, case.language)
        return Outcome(letter, settled(case, entered.admission, Effects()))
    card = amend_entered(case, entered, Oppose(doctor.doctor_id), doctor)
    opposed = (*dossier.opposed, doctor.doctor_id)
    updates = changed(dossier, opposed=opposed, card=card)
    letter = opposition_letter("opposed-now", doctor, dossier, case.language)
    way = entered.admission.way
    notices = tell_of_proven(case, way, "opposed-notice", dossier, doctor=doctor.name)
    effects = Effects(updates=updates, notices=notices)
    return Outcome(letter, settled(case, entered.admission, effects))
