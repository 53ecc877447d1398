"""Opposition: which doctor is refused, and who cannot be."""

import pytest
from handlers_case import DEMO, NEXT_CARD, OTHER, asked, dossier, refusal_of, run
from msgspec.structs import replace
from wishes_case import PATIENT, state_of, text_of, words_of, world

from rmp_milter.calls.authority import Oppose
from rmp_milter.handlers import opposition


@pytest.mark.parametrize("named", [OTHER.rpps, OTHER.mail, "Dr Anne AUTRE", "anne autre"])
def test_a_doctor_by_number_mail_or_name(named: str) -> None:
    mail = asked(text_of("opposition", f"Médecin : {named}"))
    outcome, (*_, amend) = run(opposition.handle, mail, world())
    assert state_of(outcome).opposed == (OTHER.doctor_id,)
    assert amend.wish == Oppose(OTHER.doctor_id)
    assert [each.card for each in amend.by.persons] == [DEMO.card, OTHER.card]
    assert state_of(outcome).card == NEXT_CARD
    assert OTHER.rpps in words_of(outcome)


@pytest.mark.parametrize("named", ["Dr Personne", "Jean Dupont", "10000000099"])
def test_an_unknown_doctor_is_explained(named: str) -> None:
    mail = asked(text_of("opposition", f"Médecin : {named}"))
    error = refusal_of(opposition.handle, mail, world())
    assert (error.text, error.facts["doctor"]) == ("no-such-doctor", named)


def test_two_of_one_name_are_told_apart_by_number_only() -> None:
    known = world()
    twin = replace(OTHER, doctor_id=b"t" * 16, rpps="10000000020", mail="t@x.example")
    known.known[twin.doctor_id] = twin
    mail = asked(text_of("opposition", "Médecin : Dr Anne AUTRE"))
    assert refusal_of(opposition.handle, mail, known).text == "no-such-doctor"


def test_the_treating_doctor_cannot_be_opposed() -> None:
    mail = asked(text_of("opposition", f"Médecin : {DEMO.rpps}"), by=PATIENT)
    assert refusal_of(opposition.handle, mail, world()).text == "treating-not-opposed"


def test_twice_changes_nothing_and_says_so() -> None:
    opposed = replace(dossier(), opposed=(OTHER.doctor_id,))
    mail = asked(text_of("opposition", f"Médecin : {OTHER.rpps}"))
    outcome, _ = run(opposition.handle, mail, world(opposed))
    assert outcome.effects.updates == ()
    assert "Rien n'a été changé." in words_of(outcome)
