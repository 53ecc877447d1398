"""Copie: whole for whoever sees all of it, and what the others see for them."""

import pytest
from handlers_case import DEMO, OTHER, asked, run
from msgspec.structs import replace
from wishes_case import FILED, LOCUM, MASKED, PATIENT, text_of, world

from rmp_milter.dossier.model import Doctor
from rmp_milter.handlers import copie

REPLACING = replace(FILED[2], entry=replace(FILED[2].entry, replaces=1))


@pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
def test_it_is_whole_with_masked_and_replaced_entries(by: Doctor) -> None:
    known = world(MASKED, (*FILED[:2], REPLACING))
    mail = asked(text_of("copie", "Numéros : 1"), by=by)
    outcome, (request,) = run(copie.handle, mail, known)
    assert request.event.action == "copie"
    assert request.event.entries == (1, 2, 3)
    assert outcome.letter is not None
    assert len(outcome.letter.enclosures) == 3


def test_others_get_what_they_see() -> None:
    known = world(MASKED, (*FILED[:2], REPLACING))
    mail = asked(text_of("copie"), by=OTHER, has_code=True)
    outcome, _ = run(copie.handle, mail, known)
    assert outcome.letter is not None
    assert [each.number for each in outcome.letter.enclosures] == [1]
