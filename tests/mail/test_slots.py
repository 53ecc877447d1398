"""What an example leaves open is not filled in until somebody fills it in."""

import re

import pytest

from rmp_milter.dossier.model import Verb
from rmp_milter.mail.catalogue import slots
from rmp_milter.mail.catalogue.examples import EXAMPLES, example_of
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.header.routing import Problem, RoutingHeader, Trouble, cut, parse
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import Field, field_of

LANGUAGES: tuple[Language, ...] = ("fr", "en")
PATIENT = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


def read(text: str) -> RoutingHeader:
    return parse(cut(text).header, 2026)


@pytest.mark.parametrize(
    "value",
    [
        *("[NOM Prénom]", "NOM Prénom", "nom prénom", "*[NOM Prénom]*", "« NOM Prénom »"),
        *("[jj/mm/aaaa]", "JJ/MM/AAAA", "jj-mm-aaaa", "JJ/MM/AA", "dd/mm/yyyy", "../../...."),
        *(
            "...",
            "…",
            "........",
            "..",
            "xxx",
            "XX/XX/XXXX",
            "x x x",
            "[...]",
            "[ ]",
            "[code du",
        ),
        *("[pourquoi] Cet accès est inscrit au journal", "pourquoi", "the patient's code"),
        *("<NOM>", "{NOM}", "U-....-....-....", "D-........", "[NOM", "[]"),
    ],
)
def test_these_are_slots(value: str) -> None:
    assert is_slot(Field.REASON, value)
    assert is_slot(Field.DOCUMENT, value)


def test_what_stands_in_brackets_is_a_slot_whatever_it_says() -> None:
    assert is_slot(Field.DOCUMENT, "[n'importe quoi]")
    assert is_slot(Field.CODE, "[JzbV]")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field.REASON, "[coma, chute dans l'escalier]"),
        (Field.REASON, "[trouvé inconscient"),
        (Field.REFERENCE, "[D-7QX3-MZBK]"),
        (Field.PATIENT, "[DUPONT]"),
        (Field.AGE, "[65]"),
    ],
)
def test_brackets_left_around_what_was_filled_in_hide_no_emergency(
    field: Field, value: str
) -> None:
    assert not is_slot(field, value)


@pytest.mark.parametrize(
    "value",
    [
        *("DUPONT Jean", "30/01/1959", "oui", "liste", "-", "X", "AVC...", "chute (escalier)"),
        *("<rmp@chu.example>", "JzbV", "U-K7QX-3MZB-9FTR", "[SAMU] inconscient", "M. XX"),
        *("Maxx", "dossier", "1959", "XXe arrondissement"),
    ],
)
def test_these_are_values(value: str) -> None:
    assert not is_slot(Field.REASON, value)


def test_the_words_of_all_slots_are_known_with_and_without_brackets() -> None:
    for each in slots.ALL:
        for words in each:
            assert is_slot(Field.DOCUMENT, words)
            assert is_slot(Field.DOCUMENT, f"[{words}]")


def test_a_slot_where_a_word_is_needed_is_named() -> None:
    header = read(
        "Demande : masquage\nPatient : NOM Prénom\nNé le : JJ/MM/AAAA\nNuméros : ...\n"
    )
    assert header.problems == tuple(
        Problem(Trouble.UNFILLED, word) for word in ("Patient", "Né le", "Numéros")
    )


def test_an_optional_slot_counts_as_absent() -> None:
    header = read(f"{PATIENT}Document : [type du document]\nPrescripteur : ...\nNIR : [NIR]\n")
    assert header.problems == ()
    assert (header.document, header.prescriber, header.nir) == ("", "", "")


def test_a_ticked_box_is_no_slot() -> None:
    assert not is_slot(Field.CONSENT, "[x]")
    assert is_slot(Field.CONSENT, "[ ]")
    assert is_slot(Field.CONSENT, "[oui]")


def test_a_slot_beside_the_value_does_not_disturb() -> None:
    header = read(f"Patient : [NOM Prénom]\n{PATIENT}")
    assert (header.birth_name, header.problems) == ("DUPONT", ())


@pytest.mark.parametrize("value", ["[liste]", "[dossier, résumé ou index]", "...", "(voir)"])
def test_a_request_in_brackets_is_not_asked(value: str) -> None:
    header = read(f"Demande : {value}\n{PATIENT}")
    assert header.verb is Verb.AIDE
    assert header.problems == (Problem(Trouble.UNFILLED, "Demande"),)


@pytest.mark.parametrize("value", ["[code du patient]", "code du patient", "....", "[code du"])
def test_a_slot_is_no_code_and_no_try(value: str) -> None:
    found = cut(f"Demande : dossier\n{PATIENT}Code : {value}\n")
    assert (found.code, found.has_secret) == ("", False)
    assert parse(found.header, 2026).problems == ()


@pytest.mark.parametrize("value", ["[pourquoi]", "...", "pourquoi", "[pourquoi] suite"])
@pytest.mark.parametrize("asked", ["urgence", "justification\nRéférence : U-1"])
def test_a_slot_is_no_reason_whatever_follows(value: str, asked: str) -> None:
    assert cut(f"Demande : {asked}\nMotif : {value}\n\nCordialement.\n").reason == ""
    assert cut(f"Demande : {asked}\nMotif : {value}\nCordialement.\n").reason == ""


def test_a_reason_in_the_forms_brackets_is_a_reason() -> None:
    found = cut("Demande : urgence\nPatient : [DUPONT]\nMotif : [coma]\n")
    assert found.reason == "[coma]"
    assert "DUPONT" in parse(found.header, 2026).names_said


def test_a_slot_is_no_attestation() -> None:
    assert cut(f"Demande : dossier\n{PATIENT}Vitale : [attestation]\n").attestation == ""


FILLED = {
    Field.PATIENT: "DUPONT Jean",
    Field.BIRTH_NAME: "DU",
    Field.BIRTH_DATE: "30/01/1959",
    Field.CODE: "JzbV3kQ9",
    Field.CONSENT: "oui",
    Field.DOCUMENT: "Compte-rendu radiologie",
    Field.PRESCRIBER: "Dr Anne MOREL",
    Field.AGE: "environ 65 ans",
    Field.REASON: "trouvé inconscient",
    Field.REFERENCE: "U-K7QX-3MZB-9FTR",
    Field.LOCUM: "Dr Anne MOREL",
    Field.FIRST_DAY: "01/07/2026",
    Field.LAST_DAY: "31/07/2026",
    Field.DOCTOR: "10003456786",
    Field.NUMBERS: "3, 5-7",
    Field.TABLE: "K7QXM",
    Field.TAB: "Imagerie",
    Field.ADDRESS: "1 rue de l'Église, 75011 Paris",
    Field.MAIL: "jean@exemple.test",
    Field.FINGERPRINT: "D1A6 6E1A 23B1 82C9 9808  FB4B 8F6B 6C2A 9A0E 5D40",
    Field.SERVICE: "rmp@chu.example",
}


def filled(verb: Verb, language: Language) -> str:
    """Return the example as a doctor sends it: real values, brackets gone."""
    lines = []
    for line in example_of(verb, language).splitlines():
        word, _, value = line.strip().partition(" : ")
        field = field_of(word)
        assert field is not None
        said = FILLED.get(field) or value.strip("[]").split(",")[0]
        lines.append(f"    {word} : {said}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verb", Verb)
def test_every_example_works_once_it_is_filled_in(verb: Verb, language: Language) -> None:
    text = filled(verb, language)
    found = cut(text)
    header = parse(found.header, 2026)
    assert header.verb is verb
    words = {line.partition(" : ")[0].strip() for line in text.splitlines()}
    hidden = [each for each in header.problems if each.word == Field.REASON and found.reason]
    assert [each for each in header.problems if each not in hidden] == []
    assert header.service == "rmp@chu.example"
    assert not words & {"Table"} or header.table == FILLED[Field.TABLE]
    assert not words & {"Code"} or found.code == FILLED[Field.CODE]
    assert not words & {"Motif", "Reason"} or found.reason == FILLED[Field.REASON]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verb", Verb)
def test_no_example_asks_for_anything_as_it_stands(verb: Verb, language: Language) -> None:
    found = cut(example_of(verb, language))
    assert (found.code, found.reason, found.attestation) == ("", "", "")
    assert parse(found.header, 2026).problems


def test_there_is_an_example_of_every_request_and_it_holds_no_value() -> None:
    assert set(EXAMPLES) == set(Verb)
    for example in EXAMPLES.values():
        for line in f"{example.fr}\n{example.en}".splitlines():
            word, _, value = line.partition(" : ")
            assert word in {"Demande", "Request"} or re.fullmatch(r"\[[^\]]+\]", value)
            assert len(f"    {line}") <= 66


@pytest.mark.parametrize(
    ("value", "service"),
    [
        ("rmp@chu.example", "rmp@chu.example"),
        ("<RMP@CHU.example>", "rmp@chu.example"),
        ("rmp@chu.example <mailto:rmp@chu.example>", "rmp@chu.example"),
        ("Cardiologie", ""),
        ("[adresse du service]", ""),
        ("Pr Dubois, 3e étage", ""),
    ],
)
def test_only_an_address_binds_a_mail_to_a_service(value: str, service: str) -> None:
    header = read(f"{PATIENT}Service : {value}\n")
    assert (header.service, header.problems) == (service, ())


def test_what_a_letterhead_says_of_its_service_stays_in_the_keeper() -> None:
    assert "VIH" not in cut(f"{PATIENT}Service : suivi VIH\n").header


def test_two_services_are_asked_back() -> None:
    header = read(f"{PATIENT}Service : a@a.example\nService : b@b.example\n")
    assert [each.kind for each in header.problems] == [Trouble.DUPLICATE]


@pytest.mark.parametrize(
    ("value", "fingerprint"),
    [
        ("D1A6 6E1A 23B1 82C9 9808  FB4B 8F6B 6C2A 9A0E 5D40", True),
        ("0xd1a66e1a23b182c99808fb4b8f6b6c2a9a0e5d40", True),
        ("D1:A6:6E:1A:23:B1:82:C9:98:08:FB:4B:8F:6B:6C:2A:9A:0E:5D:40", True),
        ("8F6B6C2A9A0E5D40", False),
        ("9A0E5D40", False),
    ],
)
def test_a_new_key_is_named_by_its_whole_fingerprint(value: str, *, fingerprint: bool) -> None:
    header = read(f"Demande : nouvelle clé\nEmpreinte : {value}\n")
    said = "d1a66e1a23b182c99808fb4b8f6b6c2a9a0e5d40" if fingerprint else ""
    assert header.fingerprint == said
    assert bool(header.problems) is not fingerprint


def test_a_new_key_without_its_fingerprint_is_asked_back() -> None:
    header = read("Demande : nouvelle clé\n")
    assert header.problems == (Problem(Trouble.MISSING, "Empreinte"),)
