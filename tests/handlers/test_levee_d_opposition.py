"""Levée d'opposition: a doctor is admitted again."""

from handlers_case import OTHER, asked, dossier, run
from msgspec.structs import replace
from wishes_case import state_of, text_of, words_of, world

from rmp_milter.handlers import levee_d_opposition

MAIL = asked(text_of("levée d'opposition", f"Médecin : {OTHER.rpps}"))


def test_the_doctor_is_one_among_others_again() -> None:
    opposed = replace(dossier(), opposed=(OTHER.doctor_id,))
    outcome, (record,) = run(levee_d_opposition.handle, MAIL, world(opposed))
    assert state_of(outcome).opposed == ()
    assert record.event.action == "levee d'opposition"


def test_twice_changes_nothing_and_says_so() -> None:
    outcome, _ = run(levee_d_opposition.handle, MAIL, world())
    assert outcome.effects.updates == ()
    assert "Rien n'a été changé." in words_of(outcome)
