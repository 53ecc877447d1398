"""Levée d'opposition: the patient admits a doctor again whom he had refused."""

from rmp_milter.calls.authority import Oppose
from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.letters.notices import tell_of_proven
from rmp_milter.handlers.letters.oppositions import opposition_letter
from rmp_milter.handlers.people.colleagues import colleague_named
from rmp_milter.handlers.way_in.amending import amend_entered
from rmp_milter.handlers.way_in.entering import changed, enter, settled


def handle(case: Case) -> Outcome:
    """Take an opposition back: the doctor is one among others again."""
    doctor = colleague_named(case.header.doctor, case.view)
    entered = enter(case, Act.OPPOSITION)
    dossier = entered.dossier
    if doctor.doctor_id not in dossier.opposed:
        letter = opposition_letter("lifted-before", doctor, dossier, case.language)
        return Outcome(letter, settled(case, entered.admission, Effects()))
    left = tuple(each for each in dossier.opposed if each != doctor.doctor_id)
    wish = Oppose(doctor.doctor_id, lifted=True)
    card = amend_entered(case, entered, wish, doctor)
    updates = changed(dossier, opposed=left, card=card)
    letter = opposition_letter("lifted-now", doctor, dossier, case.language)
    way = entered.admission.way
    notices = tell_of_proven(case, way, "lifted-notice", dossier, doctor=doctor.name)
    effects = Effects(updates=updates, notices=notices)
    return Outcome(letter, settled(case, entered.admission, effects))
