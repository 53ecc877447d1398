"""Greetings, thanks and what is sent along: whether own words ask for anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.whose.courtesy import Said, is_salutation, said


@pytest.mark.parametrize(
    "text", ["", "\n \n", "...", "…", "-", "Motif".replace("Motif", "...")]
)
def test_dots_say_nothing(text: str) -> None:
    assert said(text.split("\n")) is Said.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "Merci",
        "MERCI !",
        "Merci beaucoup, cher confrère.\nDr Paul DEMO",
        "Bien reçu, bonne continuation !\nLucie",
        "Merci pour l'aide.",
        "Merci de votre réponse rapide et bonne journée",
        "Bonjour,\n\nBien reçu, merci.\n\nBien confraternellement,\nDr Anne MOREL\nCardiologue",
        "OK",
        "C'est noté, merci.\n-- \nCabinet des Lilas\n12 rue X, 75011 Paris\nTél : 01 02 03 04 05",
        "Merci\n\nEnvoyé de mon iPhone",
        "Thank you very much for your help.\nBest regards,\nJohn",
        "Bonjour Karim,",
        "Cher confrère,",
    ],
)
def test_thanks_and_greetings_are_courtesies(text: str) -> None:
    assert said(text.split("\n")) is Said.COURTESY


@pytest.mark.parametrize(
    "text",
    [
        "Pour information",
        "Bonjour,\nci-joint le compte rendu de votre patient.\nCordialement,\nDr Paul DEMO",
        "FYI",
        "Je vous transfère ce courrier. Merci.",
        "Voir ci-dessous",
        "Bonjour, voici les résultats reçus.",
        "Please find attached",
    ],
)
def test_what_announces_an_enclosure_is_a_cover(text: str) -> None:
    assert said(text.split("\n")) is Said.COVER


@pytest.mark.parametrize(
    "text",
    [
        "Merci. Quelle dose d'apixaban avez-vous retenue ?",
        "Merci ?",
        "?",
        "Merci\nURGENCE",
        "Merci\nUrgent",
        "Merci.\nDemande : dossier",
        "Merci.\nPatient : DUPONT Jean",
        "Merci.\nM. DUPONT Jean",
        "Bonjour,\nCi-joint le courrier de M. DUPONT.",
        "Bonjour, merci de m'envoyer le dossier.",
        "Merci\n-- \nDr Paul DEMO\nPatient : DUPONT Jean",
        "Cordialement,\nPS : allergique à la pénicilline",
        "Cordialement,\nDUPONT Jean né le 30/01/1959",
        "Cordialement\n" + "ligne\n" * 20,
        "Cordialement\nle patient a été revu hier et son traitement est à poursuivre",
        "Non",
        "AVC ischémique",
        "Bonjour urgence",
        "Je suis absente jusqu'au 30/11/2026.",
        "Merci " * 40,
        "1",
    ],
)
def test_everything_else_is_words(text: str) -> None:
    assert said(text.split("\n")) is Said.WORDS


@pytest.mark.parametrize(
    "line",
    ["Bonjour,", "Bonjour Madame, Monsieur", "Chers confrères,", "Dear Dr Smith,", "", "Hi"],
)
def test_salutations(line: str) -> None:
    assert is_salutation(line) is (line != "Dear Dr Smith,")


@pytest.mark.parametrize(
    "line", ["Merci", "Bonjour ?", "Bonjour, ok", "Dossier", "Bonjour dossier", "a" * 500]
)
def test_what_is_no_salutation(line: str) -> None:
    assert is_salutation(line) is False


@given(st.lists(st.text(max_size=60), max_size=5), st.sampled_from(["Demande : x", "Code : y"]))
def test_a_line_of_a_request_is_never_a_courtesy(lines: list[str], request: str) -> None:
    for at in range(len(lines) + 1):
        assert said([*lines[:at], request, *lines[at:]]) is Said.WORDS
