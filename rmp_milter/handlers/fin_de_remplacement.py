"""Fin de remplacement: what was declared of a locum ends at once."""

from rmp_milter.dossier.days import day_of
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.letters.locums import locum_ended, locums_letter
from rmp_milter.handlers.people.locums import without_locum
from rmp_milter.handlers.way_in.locum_choice import acknowledged, locum_chosen


def handle(case: Case) -> Outcome:
    """Take back all that was declared of the locum; he is told."""
    locum = locum_chosen(case)
    changed = without_locum(case.doctor, locum, day_of(case.at, case.clock))
    changed = acknowledged(case, changed, locum)
    letter = locums_letter("locum-ended", changed, locum, case.view, case.language)
    notice = locum_ended(case.doctor, locum, case.language)
    return Outcome(letter, Effects(doctors=(changed,), notices=(notice,)))
