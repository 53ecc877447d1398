"""Two patients in one mail are asked back, in whatever form the second one is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.patients import MAX_ROWS, names_another
from rmp_milter.mail.header.routing import cut, parse

FIRST = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
LETTER = "\nCher confrère, thorax normal.\n"
SECOND = [
    "Patient : MARTIN Paul\nNé le : 02/02/1960",
    "Patient : MARTIN Paul",
    "Patient : martin paul\nNé le : 02/02/1960",
    "Patient : MARTIN\nNé le : 02/02/1960",
    "Patient : DUPONT Jean\nNé le : 02/02/1960",
    "Patient : DUPONT Jeanne\nNé le : 30/01/1959",
    "Nom : DUPONT\nPrénom : Jean\nNé le : 02/02/1960",
    "Patient : MARTIN Paul, né le 02/02/1960",
    "MARTIN Paul, né le 02/02/1960",
    "Patient suivant : MARTIN Paul",
    "2e patient : MARTIN Paul né le 02/02/1960",
    "Concernant M. MARTIN Paul né le 02/02/1960",
    "Nom : MARTIN\nPrénom : Paul\nNé le : 02/02/1960",
    "Nom : MARTIN\nPrénom : Paul",
    "Nom : MARTIN Paul",
    "Né le : 02/02/1960\nPatient : MARTIN Paul",
    "> Patient : MARTIN Paul\n> Né le : 02/02/1960",
    "Patient\tMARTIN Paul\nNé le\t02/02/1960",
    "| Patient | MARTIN Paul |\n| Né le | 02/02/1960 |",
    "Nom\tPrénom\tNé le\nMARTIN\tPaul\t02/02/1960",
    "Nom  Prénom  Né le\nMARTIN  Paul  02/02/1960",
    "Patiente : Mme DUPONT Anne née MARTIN",
    "Patiente : Mme DUPONT Anne (née MARTIN)",
    "Patiente : MARTIN ép. DUPONT Anne",
    "Patient : MARTIN DE LA TOUR Luc",
    "Patiente : d'ALMEIDA Léa",
    "Patient : de la TOUR Luc",
    "MARTIN PAUL né le 02/02/1960",
    "Mme MARTIN LUCE, NEE LE 02/02/1960",
    "M. Paul Martin, né le 02/02/1960",
    "et MARTIN Paul né le 02/02/1960",
    "ainsi que MARTIN Paul, né le 02/02/1960",
    "Et aussi : MARTIN Paul né le 02/02/1960",
    "MARTIN JEAN né le 30/01/1960",
    "DUPONT ANNE née le 30/01/1959",
]
NOBODY = [
    "Patient : fatigué",
    "Patient : Fatigué, amaigri.",
    "Patient : Homme de 67 ans",
    "Patient : Bon état général",
    "PATIENT : APYRETIQUE",
    "Patient : DUPONT Jean",
    "Patient : Monsieur DUPONT Jean, né le 30/01/1959",
    "Patient : Jean Dupont",
    "Patient : M. DUPONT",
    "Nom : DUPONT\nPrénom : Jean\nDate de naissance : 30 janvier 1959",
    "Assuré : DUPONT Marie",
    "Mère : MARTIN Jeanne, née le 12/03/1990",
    "Sa mère, Mme MARTIN Jeanne née le 12/03/1990, va bien.",
    "Nom : DEMO Paul\nRPPS : 10000000001",
    "Nom : Dr MARTIN Paul",
    "Médecin : Dr MARTIN Paul",
    "Médecin du patient : MARTIN Paul",
    "Patient suivi : MARTIN va bien",
    "Nom : DOLIPRANE",
    "Nom\tPosologie\nKARDEGIC\t75 mg",
    "Né le : 30/01/1959",
    "DUPONT Jean né le 30/01/59",
    "DUPONT JEAN né le 30/01/1959",
    "M. Jean Dupont, né le 30/01/1959",
    "M. DUPONT JEAN PAUL né le 30/01/1959 à Lyon",
    "MARTIN JEAN né le 30/01/1959",
    "Patient : né en Italie",
    "Patient : du SAMU",
    "et sa mère, Mme MARTIN Jeanne, née le 12/03/1990",
    "Mère MARTIN JEANNE née le 12/03/1990",
    "Vu ce jour avec Mme MARTIN JEANNE née le 12/03/1990",
    "Né le 12/03/1990",
]


def troubles(text: str) -> list[str]:
    return [each.kind.value for each in parse(cut(text).header, 2026).problems]


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("between", ["", "\n", "\n--------\n", LETTER, LETTER + "text\n" * 200])
def test_a_second_patient_is_asked_back(second: str, between: str) -> None:
    found = troubles(f"{FIRST}{between}{second}\n{LETTER}")
    assert set(found) & {"other-patient", "duplicate", "contradiction"}


@pytest.mark.parametrize("second", SECOND)
def test_the_second_patient_is_named(second: str) -> None:
    header = parse(cut(f"{FIRST}{LETTER}{second}\n").header, 2026)
    (problem,) = [each for each in header.problems if each.kind == "other-patient"]
    assert problem.word == "Patient"
    assert set(problem.value.upper().split()) & {"MARTIN", "DUPONT", "D'ALMEIDA", "TOUR"}


@pytest.mark.parametrize(
    "row", ["Mme MARTIN LUCE, née le 02/02/1960", "et MARTIN Paul né le 02/02/1960"]
)
def test_an_emergency_does_not_wait_for_a_row_of_its_text(row: str) -> None:
    text = f"Demande : urgence\n{FIRST}Motif : coma\n\nPrévenir sa fille :\n{row}\n"
    read = parse(cut(text).header, 2026)
    assert (read.verb, read.problems) == (Verb.URGENCE, ())


@pytest.mark.parametrize("nobody", NOBODY)
@pytest.mark.parametrize("between", [LETTER, LETTER + "text\n" * 200])
def test_prose_and_the_same_patient_are_no_second(nobody: str, between: str) -> None:
    text = f"{FIRST}{between}\n{nobody}\n{LETTER}"
    assert troubles(text) == []
    assert not names_another(text.splitlines(), FIRST, 2026)


@pytest.mark.parametrize(
    "value",
    [
        "DUPONT Jean et MARTIN Paul",
        "DUPONT Jean, MARTIN Paul",
        "DUPONT Jean / MARTIN Paul",
        "DUPONT Jean & MARTIN Paul",
        "M. DUPONT Jean et Mme DUPONT Jeanne",
    ],
)
@pytest.mark.parametrize("word", ["Patient", "Patients", "Nom et prénom"])
def test_two_in_one_line_are_asked_back(word: str, value: str) -> None:
    assert troubles(f"{word} : {value}\nNé le : 30/01/1959{LETTER}") == ["other-patient"]


def test_a_table_with_a_row_a_patient_is_asked_back() -> None:
    table = "Nom\tPrénom\tNé le\nDUPONT\tJean\t30/01/1959\nMARTIN\tPaul\t02/02/1960\n"
    assert "duplicate" in troubles(table + LETTER)
    assert parse(cut(table).header, 2026).birth_name == ""


@pytest.mark.parametrize("second", SECOND)
def test_a_text_that_names_somebody_else_is_told_from_one_that_does_not(second: str) -> None:
    header = cut(FIRST).header
    assert names_another(second.splitlines(), header, 2026)
    assert names_another([*LETTER.splitlines(), *second.splitlines()], header, 2026)
    assert not names_another(second.splitlines(), cut(second).header, 2026)


def test_hprim_lines_of_somebody_else_are_told() -> None:
    lines = ["4711", "MARTIN", "Paul", "3 rue X", "", "69003 Lyon", "02/02/1960", "", "12", ""]
    assert names_another(lines, FIRST, 2026)
    assert names_another(["text", *lines], FIRST, 2026)
    assert not names_another(lines, "Nom : MARTIN\nPrénom : Paul\nNé le : 02/02/1960", 2026)


def test_a_name_that_may_be_the_married_one_is_not_surely_another() -> None:
    mine = "Patient : DURAND Jeanne\nNée le : 30/01/1959"
    assert not names_another(["Patient : DUPONT Jeanne", "Née le : 30/01/1959"], mine, 2026)
    used = "Patient : DURAND ép. DUPONT Jeanne\nNée le : 30/01/1959"
    assert not names_another(["Patient : DUPONT Jeanne"], used, 2026)


def test_where_nobody_is_named_there_is_no_other() -> None:
    assert not names_another(["Patient : MARTIN Paul"], "Demande : liste", 2026)
    assert not names_another([], FIRST, 2026)


@pytest.mark.slow
@pytest.mark.parametrize(
    "row", ["Patient : A", "Nom\tPrénom", "a:" * 200, "| " * 200, "30/01/1959", "né " * 130]
)
def test_any_number_of_lines_is_read_in_bounds(row: str) -> None:
    # Quadratic work would never end.
    assert isinstance(names_another([row] * (MAX_ROWS * 2), FIRST, 2026), bool)
    assert cut(f"{FIRST}\n" + f"{row}\n" * 4_000).header.startswith("Patient : DUPONT Jean")


_NAMES = st.tuples(
    st.sampled_from(["DUPONT", "MARTIN", "LE GALL", "D'ALMEIDA"]),
    st.sampled_from(["Jean", "Paul", "Léa", "Jean-Pierre"]),
    st.sampled_from(["30/01/1959", "02/02/1960", "12/03/1990"]),
)
_FORMS = st.sampled_from(
    [
        "Patient : {0} {1}\nNé le : {2}\n",
        "Patient : {0} {1}, né le {2}\n",
        "Nom : {0}\nPrénom : {1}\nNé(e) le : {2}\n",
        "Nom : {0} ; Prénom : {1} ; Né le : {2}\n",
        "Patient\t{0} {1}\nNé le\t{2}\n",
        "- Patient : {0} {1}\n- DDN : {2}\n",
        "**Patient** : {1} {0}\n**Né le** : {2}\n",
        "{0} {1}, né le {2}\n",
    ]
)
_WORDS = st.sampled_from(
    ["", "\n", "---\n", LETTER, "Document : Radio\n", "\nVoici la suite.\n\n"]
)


_TEXTS = st.tuples(_WORDS, _FORMS, _WORDS, _FORMS)


@given(_NAMES, _NAMES, _TEXTS)
def test_no_mail_whose_headers_name_two_is_filed(
    one: tuple[str, str, str], other: tuple[str, str, str], forms: tuple[str, str, str, str]
) -> None:
    above, first, between, second = forms
    text = f"{above}{first.format(*one)}{between}{second.format(*other)}{LETTER}"
    assert (troubles(text) == []) <= (one == other)
