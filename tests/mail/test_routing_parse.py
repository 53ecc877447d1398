import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.model import Onglet, Scope, Sheet, Verb
from rmp_milter.mail.header.lines import lines_of
from rmp_milter.mail.header.once import read_once
from rmp_milter.mail.header.routing import Problem, RoutingHeader, Trouble, parse
from rmp_milter.mail.header.words import Field

YEAR = 2026


def read(text: str) -> RoutingHeader:
    return parse(text, YEAR)


def unreadable(header: RoutingHeader) -> list[str]:
    return [each.word for each in header.problems if each.kind is Trouble.UNREADABLE]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(problem.kind.value, problem.word) for problem in read(text).problems]


def name_of(patient: str) -> tuple[str, str]:
    header = read(f"Patient : {patient}\nNé le : 30/01/1959")
    return header.birth_name, header.first_names


def date_of(value: str) -> str:
    return read(f"Patient : DUPONT Jean\nNé le : {value}").birth_date


def test_a_whole_header() -> None:
    header = read(
        "Patient : DUPONT Jean\nNé le : 30/01/1959\nDemande : création\n"
        "NIR : 1 84 12 76 451 089 46\n"
        "Consentement : oui\nCode : ••••\nDocument : Résumé médical\nPrescripteur : Dr Martin\n"
        "Motif : suivi\nNom d'usage : DURAND"
    )
    assert header == RoutingHeader(
        verb=Verb.CREATION,
        birth_name="DUPONT",
        first_names="Jean",
        sheet=Sheet(used_name="DURAND"),
        birth_date="1959-01-30",
        nir="184127645108946",
        document="Résumé médical",
        prescriber="Dr Martin",
        consent=True,
        reason="suivi",
        names_said="DUPONT Jean DURAND",
        born_years=(1959, 1959),
    )


@pytest.mark.parametrize(
    ("value", "verb"),
    [
        ("dossier", Verb.CONSULTATION),
        ("Consultation", Verb.CONSULTATION),
        ("LISTE", Verb.LISTE),
        ("création", Verb.CREATION),
        ("CREATION", Verb.CREATION),
        ("nouveau dossier", Verb.CREATION),
        ("Création d'un dossier.", Verb.CREATION),
        ("dépôt", Verb.DEPOT),
        ("envoi", Verb.DEPOT),
        ("urgence", Verb.URGENCE),
        ("justification", Verb.JUSTIFICATION),
        ("droits", Verb.DROITS),
        ("contestation", Verb.CONTESTATION),
        ("Contester le changement", Verb.CONTESTATION),
        ("contestation du médecin traitant", Verb.CONTESTATION),
        ("médecin traitant", Verb.MEDECIN_TRAITANT),
        ("aide", Verb.AIDE),
        ("help", Verb.AIDE),
    ],
)
def test_requests_are_read(value: str, verb: Verb) -> None:
    header = read(f"Demande : {value}")
    assert (header.verb, unreadable(header)) == (verb, [])


def test_no_request_is_a_deposit() -> None:
    header = read("Patient : DUPONT Jean\nNé le : 30/01/1959")
    assert (header.verb, header.problems) == (Verb.DEPOT, ())


@pytest.mark.parametrize("value", ["dossier | liste", "supprimer", "dossier et liste"])
def test_an_unclear_request_never_turns_into_a_deposit(value: str) -> None:
    header = read(f"Patient : DUPONT Jean\nNé le : 30/01/1959\nDemande : {value}")
    assert header.verb is Verb.AIDE
    assert header.problems == (Problem(Trouble.UNREADABLE, "Demande", value),)


def test_two_requests_never_turn_into_a_deposit() -> None:
    text = "Demande : dossier\nDemande : liste"
    assert read(text).verb is Verb.AIDE
    assert kinds(text) == [("duplicate", "Demande")]


def test_english_words_are_read() -> None:
    text = "Patient: DUPONT Jean\nBorn: 30 January 1959\nRequest: record\nCode: ••••"
    header = read(text)
    assert (header.verb, header.birth_date) == (Verb.CONSULTATION, "1959-01-30")
    assert header.problems == ()
    assert [line.field for line in lines_of(text)][-1] is Field.CODE


@pytest.mark.parametrize(
    "word",
    ["Né le", "Née le", "NE LE", "Né(e) le", "né-le", "Date de naissance", "DDN", "NEE  LE"],
)
def test_the_words_tolerate_accents_case_and_signs(word: str) -> None:
    assert read(f"{word} : 30/01/1959").birth_date == "1959-01-30"


@pytest.mark.parametrize(
    ("patient", "name", "given"),
    [
        ("DUPONT Jean", "DUPONT", "Jean"),
        ("Jean DUPONT", "DUPONT", "Jean"),
        ("DUPONT-MARTIN Jean-Pierre", "DUPONT-MARTIN", "Jean-Pierre"),
        ("DUPONT MARTIN Jean Pierre", "DUPONT MARTIN", "Jean Pierre"),
        ("de LA TOUR Marie", "de LA TOUR", "Marie"),
        ("Marie de LA TOUR", "de LA TOUR", "Marie"),
        ("DUPONT de LIGONNÈS Xavier", "DUPONT de LIGONNÈS", "Xavier"),
        ("D'ALMEIDA Éric", "D'ALMEIDA", "Éric"),
        ("d’ALMEIDA Éric", "d’ALMEIDA", "Éric"),
        ("LE GOFF Yann", "LE GOFF", "Yann"),
        ("McDONALD John", "McDONALD", "John"),
        ("M. DUPONT Jean", "DUPONT", "Jean"),
        ("Mme Jeanne DUPONT", "DUPONT", "Jeanne"),
        ("Dupont, Jeanne", "Dupont", "Jeanne"),
        ("DUPONT MARTIN, JEAN PIERRE", "DUPONT MARTIN", "JEAN PIERRE"),
        ("DUPONT, Jean", "DUPONT", "Jean"),
        ("DUPONT Jean, Pierre, Marie", "DUPONT", "Jean, Pierre, Marie"),
        ("ÉTIENNE Zoé", "ÉTIENNE", "Zoé"),
    ],
)
def test_name_and_first_name_are_told_apart_by_capitals(
    patient: str, name: str, given: str
) -> None:
    assert name_of(patient) == (name, given)


@pytest.mark.parametrize(
    "patient",
    [
        "DUPONT MARTIN JEAN",
        "Dupont Martin Jean",
        "DUPONT JEAN",
        "dupont jean",
        "Jeanne Dupont",
        "Mme Dupont Jeanne",
        "DUPONT NÉE MARTIN Jeanne",
        "DUPONT née MARTIN née DURAND Jeanne",
        "DURAND (DUPONT) Jeanne",
        "Jean DUPONT Pierre",
        "DUPONT Jean 1959",
        "\u0414UPONT Jean",  # a Cyrillic letter
        "DUP0NT Jean",
        "<b>DUPONT</b> Jean",
    ],
)
def test_a_name_that_can_be_read_in_two_ways_is_not_read(patient: str) -> None:
    header = read(f"Patient : {patient}\nNé le : 30/01/1959")
    assert not (header.birth_name and header.first_names)
    assert header.problems


def test_a_name_alone_misses_the_first_name() -> None:
    assert kinds("Patient : DUPONT\nNé le : 30/01/1959") == [("missing", "Prénom")]


def test_separate_words_for_the_names() -> None:
    header = read(
        "Nom de naissance : Dupont Martin\nPrénom(s) : Jean Pierre\nNé le : 30/01/1959"
    )
    assert (header.birth_name, header.first_names) == ("Dupont Martin", "Jean Pierre")
    assert header.problems == ()


def test_separate_words_settle_an_unclear_patient() -> None:
    header = read(
        "Patient : DUPONT MARTIN JEAN\nNom : Dupont Martin\nPrénom : Jean\nNé le : 30/01/1959"
    )
    assert (header.birth_name, header.first_names, header.problems) == (
        "Dupont Martin",
        "Jean",
        (),
    )


@pytest.mark.parametrize("second", ["Nom : MARTIN", "Prénom : Paul"])
def test_names_that_contradict_are_a_problem(second: str) -> None:
    text = f"Patient : DUPONT Jean\n{second}\nNé le : 30/01/1959"
    assert kinds(text) == [("contradiction", "Patient")]
    assert (read(text).birth_name, read(text).first_names) == ("", "")


@pytest.mark.parametrize(
    "value",
    [
        "30/01/1959",
        "30.01.1959",
        "30-01-1959",
        "30 01 1959",
        "30/1/1959",
        "1959-01-30",
        "1959/01/30",
        "30/01/59",
        "30 janvier 1959",
        "30 JANV. 1959",
        "30 Janvier 59",
        "30/01/1959 à Lyon",
        "30/01/1959.",
    ],
)
def test_dates_are_read_in_all_accepted_forms(value: str) -> None:
    assert date_of(value) == "1959-01-30"


def test_dates_in_words_with_accents_and_ordinals() -> None:
    assert date_of("1er février 1960") == "1960-02-01"
    assert date_of("1er fev. 1960") == "1960-02-01"
    assert date_of("29 février 2024") == "2024-02-29"
    assert date_of("15 août 2001") == "2001-08-15"


@pytest.mark.parametrize(
    "value",
    [
        "31/02/1959",
        "29/02/1959",
        "01/30/1959",
        "30/01/25",  # 1925 or 2025
        "30/01/2027",
        "30/01/1859",
        "00/00/1959",
        "30 juil-août 1959",
        "janvier 1959",
        "1959",
        "30011959",
        "hier",
        "30/01/1959 30/01/1960",
        "٣٠/٠١/١٩٥٩",
    ],
)
def test_impossible_and_ambiguous_dates_are_a_problem(value: str) -> None:
    text = f"Patient : DUPONT Jean\nNé le : {value}"
    assert (read(text).birth_date, kinds(text)) == ("", [("unreadable", "Né le")])


def test_years_of_two_digits_with_one_possible_century() -> None:
    assert date_of("30/01/05") == "2005-01-30"
    assert date_of("30/01/27") == "1927-01-30"


def test_duplicates_with_other_values_count_as_not_said() -> None:
    text = (
        "Patient : DUPONT Jean\nPatient : MARTIN Paul\nNé le : 30/01/1959\nNé le : 31/01/1959"
    )
    header = read(text)
    assert (header.birth_name, header.birth_date) == ("", "")
    assert kinds(text) == [("other-patient", "Patient"), ("duplicate", "Né le")]


def test_duplicates_with_the_same_value_are_no_problem() -> None:
    text = "Patient : DUPONT Jean\nPatient : Dupont JEAN\nNé le : 30/01/1959"
    assert (read(text).birth_name, kinds(text)) == ("DUPONT", [])


@pytest.mark.parametrize(
    "nir", ["1 84 12 76 451 089 47", "184127645108", "1841276451089", "abc"]
)
def test_a_wrong_nir_is_a_problem_and_counts_as_not_said(nir: str) -> None:
    text = f"Patient : DUPONT Jean\nNé le : 30/01/1959\nNIR : {nir}"
    assert (read(text).nir, kinds(text)) == ("", [("unreadable", "NIR")])


@pytest.mark.parametrize(
    ("value", "consent"), [("oui", True), ("OUI.", True), ("non", False), ("refus", False)]
)
def test_consent_is_yes_or_no(value: str, consent: bool) -> None:  # noqa: FBT001 -- a parameter
    assert read(f"Consentement : {value}").consent is consent


@pytest.mark.parametrize(
    ("line", "proofs"),
    [("Preuves : oui", True), ("Proofs : yes", True), ("Preuves : non", False), ("", False)],
)
def test_proofs_are_wanted_or_not(line: str, proofs: bool) -> None:  # noqa: FBT001 -- a parameter
    header = read(f"Demande : accès\nPatient : DUPONT Jean\nNé le : 30/01/1959\n{line}")
    assert (header.proofs, header.problems) == (proofs, ())


def test_unclear_proofs_are_a_problem() -> None:
    assert kinds("Demande : aide\nPreuves : peut-être") == [("unreadable", "Preuves")]


def test_unclear_consent_is_no_consent() -> None:
    header = read("Consentement : peut-être")
    assert header.consent is None
    assert Problem(Trouble.UNREADABLE, "Consentement", "peut-être") in header.problems


@pytest.mark.parametrize("word", ["Nom", "Lettres", "Patient"])
def test_the_letters_of_a_list(word: str) -> None:
    header = read(f"Demande : liste\n{word} : DU")
    assert (header.letters, header.birth_name, header.problems) == ("DU", "", ())


def test_missing_traits_are_named_for_each_verb_that_needs_them() -> None:
    for verb in ("dossier", "création", "dépôt"):
        assert kinds(f"Demande : {verb}") == [("missing", "Patient"), ("missing", "Né le")]
    for verb in ("liste", "aide"):
        assert kinds(f"Demande : {verb}") == []


def test_empty_values_count_as_not_said() -> None:
    assert kinds("Patient :\nNé le :") == [("missing", "Patient"), ("missing", "Né le")]


def test_too_long_a_value_is_a_problem() -> None:
    text = f"Patient : DUPONT {'J' * 300}\nNé le : 30/01/1959"
    assert kinds(text) == [("unreadable", "Patient")]
    assert len(read(text).problems[0].value) == 80


def test_values_are_without_control_and_direction_marks() -> None:
    header = read("Patient : DUPONT\u202e Je\x07an\u200b\nNé le : 30/01/1959")
    assert (header.birth_name, header.first_names) == ("DUPONT", "Jean")


@given(st.text(max_size=500))
def test_any_header_is_read(text: str) -> None:
    header = read(text)
    assert len(header.birth_name) <= 200
    assert header.birth_date == "" or len(header.birth_date) == 10


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ("3", (3,)),
        ("3, 5 ; 7", (3, 5, 7)),
        ("3 et 5", (3, 5)),
        ("3 - 6, 4", (3, 4, 5, 6)),
        ("12-14", (12, 13, 14)),
        ("1 à 3", (1, 2, 3)),
        ("2 et 5 à 7", (2, 5, 6, 7)),
        ("du 3 au 5", (3, 4, 5)),
        ("n°2", (2,)),
        ("n° 2 et n° 3", (2, 3)),
        ("2 (compte-rendu radio)", (2,)),
        ("documents 2, 3 et 7", (2, 3, 7)),
    ],
)
def test_lists_of_entries(value: str, numbers: tuple[int, ...]) -> None:
    assert read(f"Numéros : {value}").numbers == numbers


@pytest.mark.parametrize(
    "value", ["0", "5-3", "trois", "1-1000000", "-3", "1,,2", "1 à", "2 (5)"]
)
def test_what_is_no_list_of_entries_is_a_problem(value: str) -> None:
    header = read(f"Numéros : {value}")
    assert header.numbers == ()
    assert (Trouble.UNREADABLE, "Numéros") in {(p.kind, p.word) for p in header.problems}


@pytest.mark.parametrize(
    ("value", "scope"),
    [
        ("dossier", Scope.WHOLE),
        ("résumé", Scope.SUMMARY),
        ("Résumé seul", Scope.SUMMARY),
        ("index", Scope.INDEX),
        ("sommaire", Scope.INDEX),
        ("original", Scope.ORIGINAL),
        ("les originaux, svp", Scope.ORIGINAL),
        ("Documents originaux", Scope.ORIGINAL),
        ("originals", Scope.ORIGINAL),
    ],
)
def test_how_much_of_a_dossier_is_asked_for(value: str, scope: Scope) -> None:
    header = read(f"Demande : {value}")
    assert (header.verb, header.scope) == (Verb.CONSULTATION, scope)


def test_the_sheet_of_a_creation() -> None:
    header = read(
        "Demande : création\nPatient : DUPONT Jean\nNé le : 30/01/1959\nSexe : masculin\n"
        "Adresse : 3 rue des Lilas, 69001 Lyon\nRégime : général\nMutuelle : MGEN\n"
        "Téléphone : 04 78 00 00 00\nFax : 04 78 00 00 01\nPortable : 06 00 00 00 00\n"
        "Courriel : cabinet@exemple.fr\nConsentement : oui\n"
    )
    assert header.problems == ()
    assert header.sheet == Sheet(
        sex="M",
        address="3 rue des Lilas, 69001 Lyon",
        regime="général",
        insurer="MGEN",
        phone="04 78 00 00 00",
        fax="04 78 00 00 01",
        mobile="06 00 00 00 00",
        mail="cabinet@exemple.fr",
    )


@pytest.mark.parametrize("value", ["imagerie", "Imagerie", "IMAGERIE", "Imag"])
def test_an_onglet_by_its_name(value: str) -> None:
    assert read(f"Onglet : {value}").tab is Onglet.IMAGERIE


def test_an_onglet_that_is_none() -> None:
    assert read("Onglet : rayons").tab is None
    assert read("Onglet : co").tab is None  # Comptes rendus, Courriers


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("01/12/2026", "2026-12-01"),
        ("1er décembre 2026", "2026-12-01"),
        ("3/1/27", "2027-01-03"),
    ],
)
def test_days_of_a_locum(value: str, iso: str) -> None:
    header = read(
        f"Demande : remplacement\nRemplaçant : 10000000002\nDu : {value}\nAu : {value}"
    )
    assert (header.first_day, header.last_day, header.problems) == (iso, iso, ())


def test_what_a_request_cannot_do_without_is_missed() -> None:
    assert kinds("Demande : masquage\nPatient : DUPONT Jean\nNé le : 30/01/1959") == [
        ("missing", "Numéros")
    ]
    assert kinds("Demande : opposition\nPatient : DUPONT Jean\nNé le : 30/01/1959") == [
        ("missing", "Médecin")
    ]


@pytest.mark.parametrize(
    ("lines", "numbers", "table"),
    [
        ("Numéros : 5 (table K7QXM)", (5,), "K7QXM"),
        ("Numéros : 5, 7 et 9 (table k7qxm).", (5, 7, 9), "K7QXM"),
        ("Numéros : 2-4 table K7QXM", (2, 3, 4), "K7QXM"),
        ("Numéros : 5, 7, de la table K7Q XM", (5, 7), "K7QXM"),
        ("Numéros : 5 [table : K7QXM]", (5,), "K7QXM"),
        ("Numéros : 5\nTable : K7QXM", (5,), "K7QXM"),
        ("Numéros : 5    Table : k7qxm", (5,), "K7QXM"),
        ("Numéros : 5 (table K7QXM)\nTable : K7QXM", (5,), "K7QXM"),
        ("Numéros : 5 (table [K7QXM])", (5,), "K7QXM"),
        ("Numéros : 5 (table )", (5,), "-"),
        ("Numéros : 5\nTable : [K7QXM]", (5,), "K7QXM"),
        ("Numéros : 5 (table [nom de la table])", (5,), ""),
        ("Numéros : 5 (table nom de la table)", (5,), ""),
        ("Numéros : 5 (table ...)", (5,), ""),
        ("Numéros : 5\nTable : [nom de la table]", (5,), ""),
        ("Numéros : 5", (5,), ""),
    ],
)
def test_numbers_and_the_table_that_they_were_read_from(
    lines: str, numbers: tuple[int, ...], table: str
) -> None:
    header = read(f"Demande : dossier\n{lines}")
    assert (header.numbers, header.table) == (numbers, table)
    assert "Numéros" not in {each.word for each in header.problems}


def test_two_tables_contradict_each_other() -> None:
    header = read("Numéros : 5 (table K7QXM)\nTable : ABCDE")
    assert (Trouble.CONTRADICTION, "Table") in {(p.kind, p.word) for p in header.problems}


def test_within_one_call_a_header_is_read_once_and_then_forgotten() -> None:
    header = "Demande : dossier\nPatient : DUPONT Jean\n"
    with read_once():
        first = parse(header, 2026)
        assert parse(header, 2026) is first
        assert parse(header, 2025) is not first
        assert parse(header + "Né le : 30/01/1959\n", 2026) != first
    again = parse(header, 2026)
    assert again == first
    assert again is not first
