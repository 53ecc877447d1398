"""What was not understood is answered with the example of what was probably meant."""

import pytest
from handlers_case import asked
from msgspec.structs import replace

from rmp_milter.dossier.model import Verb
from rmp_milter.errors import MailError
from rmp_milter.handlers.letters.refusal import refusal_letter
from rmp_milter.mail.catalogue.examples import example_of
from rmp_milter.mail.header.lines import lines_of
from rmp_milter.mail.header.routing import RoutingHeader, cut, parse


def shown(header: RoutingHeader | None) -> set[Verb]:
    """Return the requests whose examples the refusal shows."""
    words = refusal_letter(MailError("header-problems"), header, "", "fr").text
    return {verb for verb in Verb if f"\n{example_of(verb, 'fr')}\n" in words}


@pytest.mark.parametrize(
    ("lines", "verb"),
    [
        ("Patient : DUPONT Jean\n", Verb.DEPOT),
        ("Demande : dossier\n", Verb.CONSULTATION),
        ("Demande : masquage\nPatient : [NOM Prénom]\n", Verb.MASQUAGE),
        ("Demande : nouvelle clé\n", Verb.NOUVELLE_CLE),
    ],
)
def test_a_request_that_is_known_is_shown_as_an_example(lines: str, verb: Verb) -> None:
    assert shown(asked(lines).header) == {verb}


@pytest.mark.parametrize("lines", ["", "Demande : truc\n", "Demande : [mot de la liste]\n"])
def test_what_nobody_can_tell_is_shown_the_two_of_every_day(lines: str) -> None:
    header = parse(lines, 2026) if lines else None
    assert shown(header) == {Verb.DEPOT, Verb.CONSULTATION}


def test_what_the_reader_of_the_header_takes_for_meant_goes_first() -> None:
    header = replace(parse("Demande : mascage\n", 2026), guessed=Verb.MASQUAGE)
    assert shown(header) == {Verb.MASQUAGE}


def test_a_slot_that_is_not_filled_in_is_named() -> None:
    header = parse("Demande : masquage\nPatient : [NOM Prénom]\n", 2026)
    words = refusal_letter(MailError("header-problems"), header, "", "fr").text
    assert "la ligne « Patient » est à remplir, sans les crochets" in words


def test_what_was_understood_is_told_in_no_line_that_can_be_read_again() -> None:
    lines = "Patient : DUPONT Jean\nDocument : x  Demande : remplacement\nCode : ••••\nTruc :\n"
    words = refusal_letter(MailError("header-problems"), parse(lines, 2026), lines, "fr").text
    head, _, below = words.partition("Modèle")
    understood = head + below.partition("Ce que le service a lu")[2]
    assert "  - ligne « Patient »\n      lu « DUPONT Jean »\n" in understood
    assert "  - ligne « Document »\n      lu « x Demande · remplacement »\n" in understood
    assert "  - ligne « Truc »\n" in understood
    assert "  - la ligne « Truc » est inconnue du service\n" in understood
    assert [line for line in lines_of(understood) if line.field] == []


def test_a_word_that_speaks_of_a_code_gives_none_in_the_refusal() -> None:
    lines = "Code porte : 1234\nCode : AbCd\nPatient : DUPONT Jean\n"
    found = parse(lines, 2026)
    words = refusal_letter(MailError("header-problems"), found, lines, "fr").text
    assert cut(words).code == ""
