"""The lines by which a mail that nobody signed says who wrote it, and when."""

import pytest

from rmp_milter.mail.catalogue.examples import example_unsigned
from rmp_milter.mail.header.routing import RoutingHeader, Trouble, cut, parse

PATIENT = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


def read(lines: str) -> RoutingHeader:
    return parse(cut(f"{PATIENT}{lines}\nCher confrère.\n").header, 2026)


@pytest.mark.parametrize(
    "lines",
    [
        "Auteur : paul@cabinet.test\nÉcrit le : 30/11/2026\n",
        "auteur : Dr Paul DEMO <Paul@Cabinet.test>\nECRIT LE : 30 novembre 2026\n",
        "Author : paul@cabinet.test\nWritten on : 2026-11-30\n",
    ],
)
def test_author_and_day_are_read(lines: str) -> None:
    header = read(lines)
    assert (header.author, header.written) == ("paul@cabinet.test", "2026-11-30")
    assert (header.problems, header.birth_date) == ((), "1959-01-30")


@pytest.mark.parametrize(
    "line", ["Auteur : Dr Paul DEMO", "Hauteur : 170 cm", "Décrit le : 12/11/2026"]
)
def test_what_letters_print_names_no_author(line: str) -> None:
    header = read(f"{line}\n")
    assert (header.author, header.written) == ("", "")
    assert [each.nearest for each in header.problems if each.nearest] == []


def test_of_the_authors_line_the_milter_sees_the_address_alone() -> None:
    found = cut(f"{PATIENT}Auteur : Dr Paul DEMO (paul@cabinet.test), vu avec Mme X\n")
    assert "Auteur : paul@cabinet.test\n" in f"{found.header}\n"
    assert "Mme X" not in found.header


def test_two_authors_are_none_and_asked_back() -> None:
    header = read("Auteur : paul@cabinet.test\nAuteur : eve@mal.test\n")
    assert [(each.kind, each.word) for each in header.problems] == [
        (Trouble.DUPLICATE, "Auteur")
    ]


def test_a_day_that_is_none_is_asked_back() -> None:
    header = read("Écrit le : hier\n")
    assert [(each.kind, each.word) for each in header.problems] == [
        (Trouble.UNREADABLE, "Écrit le")
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_example_works_once_it_is_filled_in_and_says_nothing_before(language: str) -> None:
    shown = example_unsigned("fr" if language == "fr" else "en")
    left = read(f"{shown}\n")
    assert (left.author, left.written, left.problems) == ("", "", ())
    author, day = shown.splitlines()
    filled = f"{author.partition('[')[0]}paul@cabinet.test\n{day.partition('[')[0]}30/11/2026\n"
    header = read(filled)
    assert (header.author, header.written) == ("paul@cabinet.test", "2026-11-30")
