"""Levée d'opposition: a doctor is admitted again."""

from handlers_case import DEMO, NEXT_CARD, OTHER, asked, dossier, run
from msgspec.structs import replace
from wishes_case import state_of, text_of, words_of, world

from rmp_milter.calls.authority import Oppose
from rmp_milter.handlers import levee_d_opposition

MAIL = asked(text_of("levée d'opposition", f"Médecin : {OTHER.rpps}"))


def test_the_doctor_is_one_among_others_again() -> None:
    opposed = replace(dossier(), opposed=(OTHER.doctor_id,))
    outcome, (record, amend) = run(levee_d_opposition.handle, MAIL, world(opposed))
    assert state_of(outcome).opposed == ()
    assert record.event.action == amend.event.action == "levee d'opposition"
    assert amend.wish == Oppose(OTHER.doctor_id, lifted=True)
    assert [each.card for each in amend.by.persons] == [DEMO.card, OTHER.card]
    assert state_of(outcome).card == NEXT_CARD


def test_twice_changes_nothing_and_says_so() -> None:
    outcome, _ = run(levee_d_opposition.handle, MAIL, world())
    assert outcome.effects.updates == ()
    assert "Rien n'a été changé." in words_of(outcome)
