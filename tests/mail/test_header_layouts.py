"""Layouts in which doctors write who the patient is: read as a person reads them."""

import pytest

from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.names import without_title
from rmp_milter.mail.header.routing import RoutingHeader, Trouble, cut, parse

LETTER = "\n\nCher confrère, thorax normal.\n"


def read(text: str) -> RoutingHeader:
    return parse(cut(text).header, 2026)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(problem.kind.value, problem.word) for problem in read(text).problems]


@pytest.mark.parametrize(
    "header",
    [
        "Patient : DUPONT Jean, né le 30/01/1959",
        "Patient : DUPONT Jean - 30/01/1959",
        "Patient : DUPONT Jean (30/01/1959)",
        "Patient : M. DUPONT Jean né(e) le vendredi 30 janvier 1959 à Lyon (69)",
        "Patient : DUPONT Jean, DDN 30.01.1959, 67 ans",
        "Patient : DUPONT Jean, date de naissance : 30/01/1959",
        "DUPONT Jean, né le 30/01/1959",
        "Concernant M. Jean DUPONT né le 30/01/1959",
        "Concernant : M. Jean DUPONT né le 30/01/1959",
        "Patient 1 : DUPONT Jean né le 30/01/1959",
        "Nom : DUPONT ; Prénom : Jean ; Né le : 30/01/1959",
        "Nom : DUPONT Prénom : Jean Né(e) le : 30/01/1959",
        "Nom : DUPONT | Prénom : Jean | DDN : 30/01/1959",
        "Nom : DUPONT\nPrénom : Jean\nDate naiss. : 30/01/1959",
        "Nom et prénom : DUPONT Jean\nDate de naissance 30/01/1959",
        "Nom\tPrénom\tNé le\nDUPONT\tJean\t30/01/1959",
        "Nom     Prénom     Né le\nDUPONT  Jean       30/01/1959",
        "|Nom|Prénom|Né le|\n|---|---|---|\n|DUPONT|Jean|30/01/1959|",
        "| Patient | DUPONT Jean |\n| Né le | 30/01/1959 |",
        "Patient | DUPONT Jean\nNé le | 30/01/1959",
        "Patient       DUPONT Jean\nNé le         30/01/1959",
        "Patient\tDUPONT Jean\tNé le\t30/01/1959",
        "1) Patient : DUPONT Jean\n2) Né le : 30/01/1959",
        "▪ Patient : DUPONT Jean\n▪ Né le : 30/01/1959",
        "👤 Patient : DUPONT Jean\n🎂 Né le : 30/01/1959",
        "**Patient : DUPONT Jean**\n**Né le : 30/01/1959**",
        "Bonjour, Patient : DUPONT Jean, Né le : 30/01/1959",
        "Patient : DUPONT Jean. Né le : 30/01/1959.",
        "Identité : DUPONT Jean - M - 30/01/1959",
        "Patient ; DUPONT Jean\nNé le ; 30/01/1959",
        "Patient - DUPONT Jean\nNé le - 30/01/1959",
        "Patient → DUPONT Jean\nNé le → 30/01/1959",
        "Patient : “DUPONT Jean”\nNé le : “30/01/1959”",
        "Nom de naissance : DUPONT\nPremier prénom de naissance : Jean\nDDN : 30/01/1959",
        "Cabinet\nNom : DEMO Paul\nRPPS : 10000000001\n\nPatient : DUPONT Jean\nNé le : 30/01/1959",
        "Nom patient : DUPONT\nPrénom patient : Jean\nDate naissance patient : 30/01/1959",
        "Patient : DUPONT Jean\nExamen : IRM\nDate : 12/11/2026\nNé le : 30/01/1959",
        "Service : Cardiologie\nIPP : 12345\nPatient : DUPONT Jean\nNé le : 30/01/1959",
        "Patient : DUPONT Jean\nAssuré : DUPONT Léa\nLieu de naissance : Lyon\nNé le : 30/01/1959",
    ],
)
def test_a_patient_is_read_as_people_write_him(header: str) -> None:
    found = read(header + LETTER)
    assert (found.birth_name, found.first_names, found.birth_date, found.problems) == (
        "DUPONT",
        "Jean",
        "1959-01-30",
        (),
    )
    assert cut(header + LETTER).letter


@pytest.mark.parametrize(
    "line",
    [
        "Bonjour, ci-joint la radiographie de M. Paul MARTIN, né le 02/02/1960.",
        "Ci-joint MARTIN Paul, né le 02/02/1960",
        "Sa mère, Mme MARTIN Jeanne, née le 12/03/1990",
        "Né le 30/01/1959 à Lyon, il a grandi à Paris.",
        "Vu ce jour MARTIN Paul le 02/02/2026",
    ],
)
def test_a_sentence_about_somebody_is_no_header(line: str) -> None:
    assert not cut(f"{line}\n").found
    assert kinds(f"Patient : DUPONT Jean\nNé le : 30/01/1959\n\n{line}\n") == []


@pytest.mark.parametrize(
    "patient",
    ["DUPONT Jean hospitalisé", "DUPONT très fatigué", "M. et Mme DUPONT", "famille DUPONT"],
)
def test_words_beside_a_name_are_no_first_names(patient: str) -> None:
    assert [word for _, word in kinds(f"Patient : {patient}\nNé le : 30/01/1959")] == [
        "Patient"
    ]


@pytest.mark.parametrize("gap", [" ; ", ", ", " / ", " | ", " ", "   ", "\t", "\n"])
def test_a_request_on_one_line_is_read(gap: str) -> None:
    words = ("Demande : dossier", "Patient : DUPONT Jean", "Né le : 30/01/1959", "Code : JzbV7")
    found = cut(gap.join(words))
    header = parse(found.header, 2026)
    assert (header.verb, header.birth_name, header.birth_date) == (
        Verb.CONSULTATION,
        "DUPONT",
        "1959-01-30",
    )
    assert (found.code, header.problems) == ("JzbV7", ())


def test_a_sentence_in_a_free_line_is_not_taken_apart() -> None:
    header = read("Demande : liste\nDocument : bilan, patient : fatigué, né : loin\nNom : DU")
    assert header.document == "bilan, patient : fatigué, né : loin"
    found = cut(
        "Demande : urgence\nPatient : DUPONT Jean\nMotif : chute, patient : inconscient"
    )
    assert found.reason == "chute, patient : inconscient"


@pytest.mark.parametrize(
    ("patient", "name", "given", "used"),
    [
        ("Mme DUPONT-MARTIN Jeanne née DURAND", "DURAND", "Jeanne", "DUPONT-MARTIN"),
        ("DUPONT née DURAND Jeanne", "DURAND", "Jeanne", "DUPONT"),
        ("DURAND ép. DUPONT Jeanne", "DURAND", "Jeanne", "DUPONT"),
        ("DURAND Jeanne, épouse DUPONT", "DURAND", "Jeanne", "DUPONT"),
        ("Mme DURAND Jeanne veuve DUPONT", "DURAND", "Jeanne", "DUPONT"),
        ("Bébé DURAND Jeanne", "DURAND", "Jeanne", ""),
        ("Nouveau-né DURAND Jeanne", "DURAND", "Jeanne", ""),
        ("DURAND Jeanne (F)", "DURAND", "Jeanne", ""),
        ("Mme.DURAND Jeanne", "DURAND", "Jeanne", ""),
        ("M.DURAND Jeanne", "DURAND", "Jeanne", ""),
        ("MME.DURAND Jeanne", "DURAND", "Jeanne", ""),
        ("Mme.Jeanne DURAND", "DURAND", "Jeanne", ""),
        ("M.D'ALMEIDA Jean", "D'ALMEIDA", "Jean", ""),
        ("DUPONT NJF DURAND Jeanne", "DURAND", "Jeanne", "DUPONT"),
        ("Mme DUPONT Jeanne njf DURAND", "DURAND", "Jeanne", "DUPONT"),
        ("DURAND–DUPONT Jeanne", "DURAND–DUPONT", "Jeanne", ""),
        ("O´BRIEN Jeanne", "O´BRIEN", "Jeanne", ""),
    ],
)
def test_both_names_of_a_patient_are_read(
    patient: str, name: str, given: str, used: str
) -> None:
    header = read(f"Patient : {patient}\nNée le : 30/01/1959{LETTER}")
    assert header.problems == ()
    assert (header.birth_name, header.first_names) == (name, given)
    assert header.sheet.used_name == used


@pytest.mark.parametrize(
    "names",
    [
        "Nom : DUPONT\nNom de naissance : DURAND",
        "Nom utilisé : DUPONT\nNom de naissance : DURAND",
        "Nom d'usage : DUPONT\nNom : DURAND",
        "Nom : DURAND ép. DUPONT",
        "Nom : Mme DUPONT née DURAND",
        "Nom : M.DUPONT NJF DURAND",
        "Nom : DUPONT\nNom JF : DURAND",
        "Nom : DUPONT\nNJF : M.DURAND",
    ],
)
def test_both_names_in_lines_of_their_own_are_read(names: str) -> None:
    header = read(f"{names}\nPrénom : Jeanne\nNée le : 30/01/1959{LETTER}")
    assert (header.birth_name, header.sheet.used_name, header.problems) == (
        "DURAND",
        "DUPONT",
        (),
    )


@pytest.mark.parametrize("value", ["M.J.DUPONT", "J.M.DUPONT", "DUPONT M.-C."])
def test_an_initial_is_no_title(value: str) -> None:
    assert without_title(value) == value


def test_two_readings_are_both_shown() -> None:
    (problem,) = read(f"Patient : Jeanne Dupont\nNée le : 30/01/1959{LETTER}").problems
    assert problem.kind is Trouble.TWO_READINGS
    assert problem.value == "JEANNE Dupont / DUPONT Jeanne"
    (problem,) = read(
        f"Nom : DURAND EPOUSE DUPONT\nPrénom : A\nNée le : 3/1/1959{LETTER}"
    ).problems
    assert problem.kind is Trouble.TWO_READINGS
    assert "DURAND" in problem.value


@pytest.mark.parametrize(
    ("names", "word"),
    [
        ("Patient : DUPONT J.", "Prénom"),
        ("Patient : DUPONT J.-P.", "Prénom"),
        ("Nom : DUPONT\nPrénom : J", "Prénom"),
        ("Patient : Bébé DUPONT", "Prénom"),
        ("Patient : Monsieur DUPONT", "Prénom"),
        ("Nom : DUPONT Jean\nPrénom : Paul", "Nom"),
        ("Patient : DURAND ép. DUPONT Jeanne\nNom d'usage : MARTIN", "Nom d'usage"),
    ],
)
def test_a_name_that_nobody_surely_has_is_asked_back(names: str, word: str) -> None:
    assert [each for _, each in kinds(f"{names}\nNé le : 30/01/1959{LETTER}")] == [word]


@pytest.mark.parametrize(
    "born",
    [
        "30/01/1959 (67 ans)",
        "30/01/1959, 66 ans",
        "30/01/1959 à Paris (75)",
        "30/01/1959 à Aix-en-Provence, Bouches-du-Rhône - 67 ans",
        "le vendredi 30 janvier 1959",
        "30 / 01 / 1959",
        "30\u201101\u20111959",
        "30\u00a001\u00a01959",
        "30/01/1959 - M",
    ],
)
def test_what_stands_beside_a_date_changes_nothing(born: str) -> None:
    header = read(f"Patient : DUPONT Jean\nNé le : {born}{LETTER}")
    assert (header.birth_date, header.problems) == ("1959-01-30", ())


@pytest.mark.parametrize(
    "who",
    [
        "Patient : DUPONT Jean\nNé le : 30/01/1959 (65 ans)",
        "Patient : DUPONT Jean, né le 30/01/1959 (68 ans)",
        "Patient : DUPONT Jean (12 ans)\nNé le : 30/01/1959",
        "Patient : DUPONT Jean\nNé le : 30/01/1959\nÂge : 40 ans",
        "Patient : DUPONT Jean\nNé le : 30/01/1959 (3 mois)",
    ],
)
def test_an_age_that_contradicts_asks_back(who: str) -> None:
    assert kinds(who + LETTER) == [("contradiction", "Né le")]
    assert read(who + LETTER).birth_date == ""


@pytest.mark.parametrize(
    "born", ["30/01/1959 ou 1960", "environ 30/01/1959", "01/30/1959", "30/01/20", "vers 1959"]
)
def test_a_date_that_is_not_sure_is_asked_back(born: str) -> None:
    assert kinds(f"Patient : DUPONT Jean\nNé le : {born}{LETTER}") == [("unreadable", "Né le")]


def test_a_child_of_months_has_its_age() -> None:
    header = read(f"Patient : DUPONT Léa\nNée le : 02/08/2026 (3 mois){LETTER}")
    assert (header.birth_date, header.problems) == ("2026-08-02", ())


@pytest.mark.parametrize("value", ["ok", "X", "☑", "✓", "oui.", "Oui (oral)", "[x]"])
def test_a_tick_is_a_consent(value: str) -> None:
    assert read(f"Demande : création\nConsentement : {value}").consent is True


@pytest.mark.parametrize("value", ["☐ oui", "[ ] oui", "☐ oui ☑ non", "à demander", "oui ?non"])
def test_an_empty_box_is_none(value: str) -> None:
    assert read(f"Demande : création\nConsentement : {value}").consent is None


def test_an_ins_number_may_say_which_it_is() -> None:
    who = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
    for line in (
        "159017511600108 (1.2.250.1.213.1.4.8)",
        "1 59 01 75 116 001 08 OID 1.2.250.1",
    ):
        assert read(f"{who}INS : {line}{LETTER}").nir == "159017511600108"


@pytest.mark.parametrize(
    "signature",
    [
        "\n\n\nAdresse : 12 rue du Cabinet\n\nTél : 01 43 00 00 00",
        "\n\nAdresse : 12 rue du Cabinet\n\nTél : 01 43 00 00 00",
    ],
)
def test_a_signature_below_a_wide_header_is_no_address_of_the_patient(signature: str) -> None:
    lines = (
        "Demande : création",
        "Patient : LEROY Anne",
        "Né le : 03/03/1970",
        "Code : Abcd1234",
    )
    header = read("\n\n".join(lines) + signature)
    assert (header.sheet.address, header.sheet.phone, header.problems) == ("", "", ())
    wide = read("\n\n".join((*lines[:3], "Adresse : 3 rue X", lines[3])) + signature)
    assert wide.sheet.address == "3 rue X"


def test_a_signature_right_below_a_header_is_no_address_of_the_patient() -> None:
    header = "Demande : création\nPatient : LEROY Anne\nNé le : 03/03/1970\n"
    assert read(f"{header}Dr Paul DEMO\nAdresse : 12 rue du Cabinet\n").sheet.address == ""
    assert read(f"{header}-- \nAdresse : 12 rue du Cabinet\n").sheet.address == ""
    assert read(f"{header}Adresse : 3 rue X\n").sheet.address == "3 rue X"


@pytest.mark.parametrize(
    ("patient", "names", "years"),
    [
        ("DUPONT Jean, 65 ans", "DUPONT Jean", (1960, 1962)),
        ("DUPONT Jean, homme d'environ 65 ans", "DUPONT Jean", (1956, 1966)),
        ("homme d'environ 65 ans", "", (1956, 1966)),
        ("DUPONT Jean né vers 1959", "DUPONT Jean", (1957, 1961)),
        ("Mme DUPONT Jeanne née DURAND", "DUPONT Jeanne DURAND", None),
        ("inconnue, femme, 40 ans", "", (1985, 1987)),
        ("DUPONT Léa, 3 mois", "DUPONT Léa", (2025, 2026)),
    ],
)
def test_an_emergency_searches_by_what_is_known(
    patient: str, names: str, years: tuple[int, int] | None
) -> None:
    header = read(f"Demande : urgence\nPatient : {patient}\nMotif : coma")
    assert (header.verb, header.names_said, header.born_years) == (Verb.URGENCE, names, years)


@pytest.mark.parametrize(
    "sentence",
    [
        "carte, le dossier de votre patient DUPONT Jean, né le 30/01/1959.",
        "le dossier de votre patient DUPONT Jean, né(e) le 30/01/1959",
    ],
)
def test_a_word_that_ends_like_re_concerns_nobody(sentence: str) -> None:
    assert not cut(sentence).found


def test_the_end_of_a_sentence_is_no_patient() -> None:
    assert cut("DUPONT Jean, né le 30/01/1959\n\nLettre.\n").found
    assert not cut("DUPONT Jean, né le 30/01/1959.\n\nLettre.\n").found
