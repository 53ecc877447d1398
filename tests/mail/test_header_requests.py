"""A request is understood or asked back, never a deposit; an emergency is never missed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.near import is_near, nearest
from rmp_milter.mail.header.routing import Problem, RoutingHeader, Trouble, cut, parse
from rmp_milter.mail.header.urgency import is_urgency

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
LETTER = "\nCher confrère, thorax normal, à contrôler.\n"


def read(text: str) -> RoutingHeader:
    return parse(cut(text).header, 2026)


@pytest.mark.parametrize(
    ("text", "meant", "problem"),
    [
        (
            f"Demmande : dossier\n{WHO}",
            Verb.CONSULTATION,
            Problem(Trouble.UNKNOWN, "Demmande", "dossier", "Demande"),
        ),
        (
            f"{WHO}Demende : création\n",
            Verb.CREATION,
            Problem(Trouble.UNKNOWN, "Demende", "création", "Demande"),
        ),
        (
            f"Demande : masquge\n{WHO}",
            Verb.MASQUAGE,
            Problem(Trouble.UNREADABLE, "Demande", "masquge", "masquage"),
        ),
        (
            f"Demande : medcin traitant\n{WHO}",
            Verb.MEDECIN_TRAITANT,
            Problem(Trouble.UNREADABLE, "Demande", "medcin traitant", "médecin traitant"),
        ),
        (
            f"Demande : avis cardiologique\n{WHO}{LETTER}",
            None,
            Problem(Trouble.UNREADABLE, "Demande", "avis cardiologique"),
        ),
        (
            f"Demande : avis urgent\n{WHO}{LETTER}",
            Verb.URGENCE,
            Problem(Trouble.UNREADABLE, "Demande", "avis urgent"),
        ),
        (
            f"Demande de dossier\n{WHO}",
            Verb.CONSULTATION,
            Problem(Trouble.APART, "Demande", "dossier"),
        ),
        (
            f"Objet : demande de copie\n\n{WHO}",
            Verb.COPIE,
            Problem(Trouble.APART, "Demande", "copie"),
        ),
        (
            f"Demande de renouvellement\n{WHO}{LETTER}",
            None,
            Problem(Trouble.APART, "Demande", "(ligne non comprise)"),
        ),
        (
            f"{WHO}{LETTER}Demande : clôture\n",
            Verb.CLOTURE,
            Problem(Trouble.APART, "Demande", "clôture"),
        ),
        (
            f"{WHO}{LETTER}Demande : IRM lombaire\n",
            None,
            Problem(Trouble.APART, "Demande", "(ligne non comprise)"),
        ),
        (
            f"{WHO}{LETTER}" + "texte\n" * 500 + "Demmande : masquage\n",
            Verb.MASQUAGE,
            Problem(Trouble.UNKNOWN, "Demmande", "masquage", "Demande"),
        ),
        (
            f"{WHO}{LETTER}" + "mot " * 3000 + "\nDemmande : masquage\n",
            Verb.MASQUAGE,
            Problem(Trouble.UNKNOWN, "Demmande", "masquage", "Demande"),
        ),
        (
            f"{WHO}Consentement : oui\n{LETTER}",
            Verb.CREATION,
            Problem(Trouble.NO_REQUEST, "Consentement", "oui"),
        ),
        (f"{WHO}Numéros : 2\n{LETTER}", None, Problem(Trouble.NO_REQUEST, "Numéros", "2")),
        (f"{WHO}Code : JzbV7\n", Verb.CONSULTATION, Problem(Trouble.NO_REQUEST, "Code")),
        (
            f"Demande : envoi du dossier en urgence\n{WHO}",
            Verb.URGENCE,
            Problem(Trouble.UNREADABLE, "Demande", "envoi du dossier en urgence", ""),
        ),
        (
            f"URGENT\n{WHO}{LETTER}",
            Verb.URGENCE,
            Problem(Trouble.APART, "Demande", "urgence"),
        ),
        (
            f"Urgence : relative\n{WHO}{LETTER}",
            Verb.URGENCE,
            Problem(Trouble.APART, "Demande", "urgence"),
        ),
    ],
)
def test_what_is_not_understood_is_asked_back_with_what_was_meant(
    text: str, meant: Verb | None, problem: Problem
) -> None:
    header = read(text)
    assert header.verb is Verb.AIDE
    assert header.meant is meant
    assert header.problems == (problem,)


@pytest.mark.parametrize("word", ["Pateint", "Prenmo", "Consentment", "Cdoe", "Document s"])
def test_the_nearest_word_is_offered_and_not_used(word: str) -> None:
    header = read(f"Demande : dossier\n{WHO}{word} : valeur\n")
    (problem,) = header.problems
    assert problem.kind is Trouble.UNKNOWN
    assert problem.nearest in {"Patient", "Prénom", "Consentement", "Code", "Document"}
    assert (problem.word, problem.value, header.meant) == (word, "", Verb.CONSULTATION)


@pytest.mark.parametrize("verb", ["dossier", "dépôt"])
def test_what_was_understood_is_what_was_meant(verb: str) -> None:
    header = read(f"Demande : {verb}\n{WHO}")
    assert header.meant is header.verb
    assert read(WHO).meant is Verb.DEPOT


@pytest.mark.parametrize(
    "value",
    [
        "le dossier complet svp",
        '"dossier"',
        "« dossier »",
        "dossier médical",
        "Dossier, merci.",
    ],
)
def test_politeness_around_a_request_changes_nothing(value: str) -> None:
    header = read(f"Demande : {value}\n{WHO}")
    assert (header.verb, header.problems) == (Verb.CONSULTATION, ())


EMERGENCIES = [
    "Demande : urgence",
    "Demande : urgent",
    "Demande : Urgance",
    "Demande : URGENCE !!!",
    "Demande : urgence vitale",
    "Demande : d'urgence",
    "Demmande : urgence",
    "Demande : accès urgent",
    "Demande : accès au dossier en urgence, merci",
    "Demande : dossier en urgence",
    "Demande : dossier urgent svp",
    "Demande : urjence",
    "Demande : hurgence",
    "Demande : ugrence",
    "Demande urgente : dossier",
    "Demande d'urgence : DUPONT Jean",
    "Demande : urgence\nDemande : dossier",
    "Demande : dossier\nDemande : urgence",
    "Demande : résumé\nDemande : urgent",
    "URGENCE",
    "URGENT",
    "*** URGENT ***",
    "Urgence vitale !",
    "Demande d'urgence",
    "Accès en urgence",
    "Objet : URGENT",
    "Urgence : oui",
    "Bonjour, urgent !",
    "Urgence vitale : patient inconscient",
    "URGENT : patient inconscient",
    "URGENCE - patient inconscient",
]


@pytest.mark.parametrize("asked", EMERGENCIES)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_an_emergency_is_understood_in_every_spelling(asked: str, gap: str) -> None:
    found = cut(f"Bonjour,\n{asked}{gap}{WHO}Motif : trouvé inconscient\n\nMerci\nDr X\n")
    header = parse(found.header, 2026)
    assert (header.verb, header.birth_name, header.problems) == (Verb.URGENCE, "DUPONT", ())
    assert found.reason.startswith("trouvé inconscient")
    assert "inconscient" not in found.header


@pytest.mark.parametrize("asked", EMERGENCIES)
@pytest.mark.parametrize("reason", ["", "Motif :\n", "Motif : ...\n", "Motif : [pourquoi]\n"])
def test_an_emergency_without_a_reason_is_asked_for_it_alone(asked: str, reason: str) -> None:
    found = cut(f"{asked}\n{WHO}{reason}")
    header = parse(found.header, 2026)
    assert (header.verb, header.reason, found.reason) == (Verb.URGENCE, "", "")
    assert header.problems == (Problem(Trouble.MISSING, "Motif"),)


@pytest.mark.parametrize(
    "text",
    [
        f"{WHO}\nDemande : urgence\nMotif : coma\n",
        f"{WHO}{LETTER}\nDemande : urgence\nMotif : coma\n",
        f"{WHO}{LETTER}" + "texte\n" * 300 + "Demande : urgence\nMotif : coma\n",
        f"Demande : urgence\n\n{WHO}\nMotif : coma\n",
        f"URGENCE\n\n{WHO}\nMotif : coma\n",
        f"Motif de l'urgence : coma\n{WHO}",
        "texte\n" * 40 + f"Demande : urgence\n{WHO}Motif : coma\n",
        f"URGENCE\nDemande : dossier\n{WHO}Motif : coma\n",
        f"URGENT\n{WHO}Motif : coma\n\nMerci de m'envoyer le dossier au plus vite.\n",
    ],
)
def test_an_emergency_is_found_wherever_it_stands(text: str) -> None:
    found = cut(text)
    header = parse(found.header, 2026)
    assert (header.verb, header.birth_name) == (Verb.URGENCE, "DUPONT")
    assert found.reason.startswith("coma")


@pytest.mark.parametrize(
    "text", ["URGENCE", "Bonjour,\n\nURGENT !\n\nDr X", "accès en urgence"]
)
def test_the_word_alone_is_never_answered_by_nothing(text: str) -> None:
    header = read(text)
    assert (header.verb, header.problems) == (
        Verb.URGENCE,
        (Problem(Trouble.MISSING, "Motif"),),
    )


@pytest.mark.parametrize(
    "text",
    [
        f"{WHO}Urgence : non\n{LETTER}",
        f"{WHO}\nJe vous l'adresse en urgence pour avis. Accès urgent au scanner souhaité.\n",
        f"{WHO}\nEn cas d'urgence, appelez le 15.\n",
        f"URGENCES\nCHU de Lyon\n\n{WHO}Motif : chute\n{LETTER}",
        f"Service des urgences\n{WHO}{LETTER}",
        f"{WHO}Motif : lombalgies\nMédecin : Dr Anne MOREL\n{LETTER}",
    ],
)
def test_urgency_in_a_letter_is_none(text: str) -> None:
    header = read(text)
    assert (header.verb, header.birth_name, header.problems) == (Verb.DEPOT, "DUPONT", ())


def test_an_explicit_request_is_not_turned_into_an_emergency() -> None:
    for text in (
        f"URGENT\nDemande : dossier\n{WHO}Code : JzbV7\nMotif : suivi\n",
        f"URGENT\nDemande : dossier\n{WHO}",
    ):
        assert (read(text).verb, read(text).problems) == (Verb.CONSULTATION, ())


def test_words_behind_an_emergency_are_not_shown_to_the_milter() -> None:
    assert (
        cut(f"Demande : urgence AVC massif\n{WHO}").header.splitlines()[0]
        == "Demande : urgence"
    )


def test_a_header_may_stand_below_its_request() -> None:
    for text in (f"Demande : dossier\nCode : JzbV7\n\n{WHO}", f"{WHO}\n\nDemande : dossier\n"):
        header = read(text)
        assert (header.verb, header.birth_name, header.problems) == (
            Verb.CONSULTATION,
            "DUPONT",
            (),
        )


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("DEMMANDE", "DEMANDE", True),
        ("DEMNDE", "DEMANDE", True),
        ("DEMENDE", "DEMANDE", True),
        ("DEAMNDE", "DEMANDE", True),
        ("DEMANDE", "DEMANDE", False),
        ("DMENADE", "DEMANDE", False),
        ("DEMANDEES", "DEMANDE", False),
        ("", "A", True),
    ],
)
def test_one_slip_is_near(word: str, known: str, *, near: bool) -> None:
    assert is_near(word, known) is near


def test_short_words_are_near_nothing() -> None:
    assert nearest("DR", ("DU", "AU")) == ""
    assert nearest("NOM", ("NON",)) == ""


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@given(st.sampled_from(["URGENCE", "URGENT", "URGENTE"]), st.integers(0, 6), st.data())
def test_any_single_slip_in_urgence_is_one(word: str, at: int, data: st.DataObject) -> None:
    at = min(at, len(word) - 1)
    sign = data.draw(st.sampled_from(_LETTERS))
    for spelt in (word[:at] + word[at + 1 :], word[:at] + sign + word[at:]):
        if spelt not in {"ARGENT", "AGENT", "SURGENT"}:
            assert is_urgency(spelt)
    header = read(f"Demande : {word[:at] + sign + word[at:]}\n{WHO}Motif : coma")
    assert header.verb is Verb.URGENCE


@given(st.sampled_from(["Demande", "Consentement"]), st.integers(1, 6), st.sampled_from("xéz"))
def test_no_single_slip_makes_a_deposit_of_a_request(word: str, at: int, sign: str) -> None:
    for spelt in (word[:at] + word[at + 1 :], word[:at] + sign + word[at:]):
        for text in (f"{spelt} : oui\n{WHO}{LETTER}", f"{WHO}{spelt} : oui\n{LETTER}"):
            header = read(text)
            assert header.problems != () or word == "Consentement"


def test_an_emergency_needs_no_colons() -> None:
    found = cut("URGENCE\nPatient DUPONT Jean\nNé le 30/01/1959\nMotif coma\n")
    header = parse(found.header, 2026)
    assert (header.verb, header.birth_name, header.birth_date) == (
        Verb.URGENCE,
        "DUPONT",
        "1959-01-30",
    )
    assert found.reason == "coma"


def test_a_slip_in_another_word_does_not_delay_an_emergency() -> None:
    found = cut("Demande : urgence\nPateint : DUPONT Jean\nNé le : 30/01/1959\nMotiff : coma")
    header = parse(found.header, 2026)
    assert (header.verb, header.birth_name, found.reason) == (Verb.URGENCE, "DUPONT", "coma")
    assert cut(f"Demande : urgence\n{WHO}Cdoe : JzbV7\nMotif : coma").code == ""
