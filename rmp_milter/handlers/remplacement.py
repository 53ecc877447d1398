"""Remplacement: a doctor names who acts for him between two days.

In these days the locum reads, lists and adds to the dossiers of the doctor as he himself
does, and each of it says in whose name. Who is médecin traitant does not change.
"""

from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.letters.locums import locum_declared, locums_letter
from rmp_milter.handlers.people.locums import with_locum
from rmp_milter.handlers.way_in.locum_choice import acknowledged, locum_chosen


def handle(case: Case) -> Outcome:
    """Declare the locum; he is told from when to when."""
    locum, header = locum_chosen(case), case.header
    days = header.first_day, header.last_day
    changed = with_locum(case.doctor, locum, *days, case.at, case.clock)
    changed = acknowledged(case, changed, locum)
    letter = locums_letter("locum-declared", changed, locum, case.view, case.language)
    notice = locum_declared(case.doctor, locum, header, case.language)
    return Outcome(letter, Effects(doctors=(changed,), notices=(notice,)))
