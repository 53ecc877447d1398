"""Of all codes in a mail only the patient's is one, and none is shown to the milter."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.routing import cut, parse
from rmp_milter.mail.header.words import Field, field_of

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
LETTER = "\nCher confrère, thorax normal.\n"
OTHERS = [
    *("Code postal", "Code INSEE", "Code lieu de naissance", "Lieu de naissance (code INSEE)"),
    *("Code porte", "Code d'entrée", "Code de la porte", "Digicode", "Code immeuble"),
    *("Code NABM", "Code ATC", "Code CCAM", "Code CIM-10", "Code NGAP", "Code LOINC"),
    *("Code barre", "Code acte", "Code UCD", "Code examen", "Code APE", "Code pays"),
    *("Code wifi", "Code PIN", "Mot de passe du PDF", "Mot de passe du fichier", "QR code"),
]


@pytest.mark.parametrize("word", OTHERS)
@pytest.mark.parametrize("asked", ["", "Demande : création\nConsentement : oui\n"])
def test_another_code_is_none_and_costs_nothing(word: str, asked: str) -> None:
    found = cut(f"{asked}{WHO}{word} : 75112\n{LETTER}")
    header = parse(found.header, 2026)
    assert (found.code, found.has_secret, found.letter) == ("", False, True)
    assert (header.birth_name, header.problems) == ("DUPONT", ())
    assert "75112" not in found.header


@pytest.mark.parametrize("word", OTHERS)
def test_another_code_in_a_letter_is_none(word: str) -> None:
    for text in (f"{WHO}\n{word} : 75112\n{LETTER}", f"{WHO}{LETTER}{word} 75112\n"):
        found = cut(text)
        assert (found.code, found.has_secret) == ("", False)
        assert parse(found.header, 2026).problems == ()


@pytest.mark.parametrize("word", OTHERS)
def test_another_code_opens_nothing(word: str) -> None:
    found = cut(f"Demande : dossier\n{WHO}{word} : JzbV7\n")
    assert found.code == ""
    assert "JzbV7" not in found.header


@pytest.mark.parametrize(
    "word", ["Mot de passe", "Mot de passe du patient", "MDP", "Code d'accès au dossier"]
)
def test_a_password_is_the_patients_code_where_something_is_asked(word: str) -> None:
    found = cut(f"Demande : dossier\n{WHO}{word} : JzbV7\n")
    assert (found.code, parse(found.header, 2026).problems) == ("JzbV7", ())
    assert "JzbV7" not in found.header


@pytest.mark.parametrize("word", ["Mot de passe", "MDP"])
def test_a_password_in_a_deposit_is_a_letters(word: str) -> None:
    found = cut(f"{WHO}{LETTER}{word} : JzbV7\n")
    assert (found.code, found.has_secret) == ("", False)


@pytest.mark.parametrize("line", ["Code postal", "Code ATC", "Code rouge", "Code Lyon"])
def test_a_line_without_a_colon_is_a_code_only_if_it_looks_like_one(line: str) -> None:
    assert cut(f"{WHO}{line}\n{LETTER}").code == ""


def test_a_code_below_a_sentence_is_the_patients() -> None:
    found = cut(f"Demande : dossier\n{WHO}\nVoici son code.\nCode : JzbV7\n")
    assert found.code == "JzbV7"
    assert parse(found.header, 2026).verb is Verb.CONSULTATION


def test_a_code_in_a_request_is_no_request_for_one() -> None:
    found = cut(f"Demande : code JzbV7\n{WHO}")
    header = parse(found.header, 2026)
    assert (header.verb, "JzbV7" in found.header) == (Verb.AIDE, False)
    assert parse(cut(f"Demande : nouvau code\n{WHO}").header, 2026).meant is Verb.NOUVEAU_CODE


def test_dots_are_no_code() -> None:
    for dots in ("........", "…", "[code]", "-"):
        assert cut(f"Demande : dossier\n{WHO}Code : {dots}\n").code == ""


def _says_code(text: str) -> bool:
    folded = fold(re.sub("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]", "", text))
    return "CODE" in folded or "PASSE" in folded or "MDP" in folded


_LINES = st.builds(
    "{} : {}".format,
    st.sampled_from(sorted(field.value for field in Field if field is not Field.CODE)),
    st.one_of(st.text(max_size=20), st.sampled_from(["12A45", "75112", "dossier", "JzbV7"])),
)


@given(st.lists(st.one_of(_LINES, st.text(max_size=30)), max_size=12).map("\n".join))
def test_no_text_without_the_word_yields_a_code(text: str) -> None:
    for whole in (text, WHO + text, f"Demande : dossier\n{WHO}{text}"):
        assert _says_code(whole) or cut(whole).code == ""


@given(
    st.sampled_from(OTHERS),
    st.sampled_from([" : ", ": ", " = ", " ", "\t"]),
    st.sampled_from(["", "\n", LETTER, "Document : Radio\n", "Demande : dossier\n"]),
)
def test_no_other_code_ever_is_one(word: str, colon: str, between: str) -> None:
    found = cut(f"{WHO}{between}{word}{colon}12A45\n{LETTER}")
    assert found.code == ""
    assert "12A45" not in found.header


@given(
    st.sampled_from(
        ["le code est", "code porte", "mdp", "son mot de passe", "Code truc", "codes"]
    ),
    st.sampled_from([" : ", " ", " = ", ", "]),
    st.sampled_from(["", " : oui", "\nNé le : 30/01/1959", " et la date : demain", " = x"]),
)
def test_a_secret_beside_a_code_word_is_not_shown(word: str, colon: str, after: str) -> None:
    for start in ("", "Document : lettre ", "Demande : dossier\nPatient : A\n", "Patient : A "):
        assert "SECRET7" not in cut(f"Patient : A\n{start}{word}{colon}SECRET7{after}").header


@pytest.mark.parametrize(
    "word",
    [
        "Code",
        "Code patient",
        "Code du patient",
        "Code confidentiel",
        "Code d'accès",
        "Code RMP",
    ],
)
def test_the_words_of_the_patients_code(word: str) -> None:
    assert field_of(word) is Field.CODE
