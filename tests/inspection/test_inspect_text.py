"""``rmp inspect --text``: the keeper's reading of a decrypted text, for who tries his letters."""

from email.message import EmailMessage

import pytest
from inspect_case import Inspect

QUOTED = """Merci.

Le 12/11/2026 à 10:12, RMP a écrit :
> Demande : masquage
> Patient : DUPONT Jean
> Né le : 30/01/1959
> Numéros : 1
"""
DEPOSIT = "Patient : DUPONT Jean\nNé le : 30/01/1959\n\nCher confrère, thorax normal.\n"


def test_what_is_quoted_is_passed_over_and_nothing_is_asked(inspect: Inspect) -> None:
    said = inspect.mail(QUOTED.encode(), "--text")
    status, output = said.status, said.out
    assert status == 0
    assert "-- own words\n  Merci." in output
    assert "-- passed over\n  Le 12/11/2026" in output
    assert "none: nothing is done" in output
    found = inspect.as_json(QUOTED.encode(), "--text").json
    assert (found["verb"], found["nothing_asked"], found["problems"]) == ("", True, [])


def test_a_deposit_shows_its_patient_and_that_its_letter_is_kept(inspect: Inspect) -> None:
    found = inspect.as_json(DEPOSIT.encode(), "--text").json
    assert found["verb"] == "depot"
    assert (found["birth_name"], found["first_names"]) == ("DUPONT", "Jean")
    assert (found["birth_date"], found["letter_kept"]) == ("1959-01-30", True)
    assert found["code_stated"] is False


def test_a_code_is_told_of_and_its_text_is_not_kept(inspect: Inspect) -> None:
    text = f"Demande : dossier\n{DEPOSIT}".replace("\n\n", "\nCode : JzbVm7Kq\n\n")
    found = inspect.as_json(text.encode(), "--text").json
    assert (found["code_stated"], found["letter_kept"]) == (True, False)


def test_what_is_asked_back_is_shown_as_its_author_would_read_it(inspect: Inspect) -> None:
    said = inspect.mail(b"Patient : DUPONT Jean\n\nCher confr\xe8re.\n", "--text")
    status, output = said.status, said.out
    assert status == 1
    assert "asked back" in output
    assert "What comes back:" in output
    assert "« Né le » manque" in output


def test_an_entity_is_read_by_all_its_texts(inspect: Inspect) -> None:
    mail = EmailMessage()
    mail.set_content("Votre messagerie n'affiche pas le HTML.\n")
    mail.add_alternative(
        "<p>Patient : DUPONT Jean</p><p>Né le : 30/01/1959</p>", subtype="html"
    )
    found = inspect.as_json(mail.as_bytes(), "--text").json
    assert (found["verb"], found["birth_name"], found["problems"]) == ("depot", "DUPONT", [])


@pytest.mark.parametrize(
    "data", [b"", b"\0\0", b"Content-Type: multipart/mixed\n\n", b"\xff" * 99]
)
def test_any_octets_are_answered(inspect: Inspect, data: bytes) -> None:
    said = inspect.mail(data, "--text")
    status, output = said.status, said.out
    assert status == 1
    assert output


def test_a_key_does_not_go_with_a_text(inspect: Inspect) -> None:
    said = inspect.mail(b"x", "--secret-key", __file__, "--text")
    assert said.status == 2
    assert "--text is of a decrypted text" in said.err


def test_an_emergency_without_a_reason_shows_the_form_that_comes_back(inspect: Inspect) -> None:
    said = inspect.mail(b"Demande : urgence\nPatient : DUPONT Jean\n", "--text")
    assert said.status == 1
    assert "    Patient : DUPONT Jean\n    Motif : [pourquoi]\n" in said.out


def test_a_problem_offers_the_word_that_was_meant(inspect: Inspect) -> None:
    lines = "Demmande : dossier\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"
    (problem,) = inspect.as_json(lines.encode(), "--text").json["problems"]
    assert problem["nearest"] == "Demande"
    assert "vouliez-vous écrire « Demande » ?" in problem["sentence"]


def test_words_without_a_request_have_no_verb_and_no_problem(inspect: Inspect) -> None:
    found = inspect.as_json(b"Quelle dose avez-vous retenue ?\n", "--text").json
    assert (found["verb"], found["problems"], found["letter_kept"]) == ("", [], False)
    assert (found["nothing_asked"], found["refusal"]) == (False, "nothing-asked")
