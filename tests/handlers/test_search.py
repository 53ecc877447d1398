from collections.abc import Callable

import msgspec
import pytest
from handlers_case import dossier

from rmp_milter.dossier.model import Closure, Dossier, Patient, Sheet
from rmp_milter.dossier.spoken import ALPHABET
from rmp_milter.handlers.people import search
from rmp_milter.handlers.people.search import (
    SHORT_LIST,
    chosen_by,
    short_list,
    short_reference,
)
from rmp_milter.mail.header.routing import parse

MARTIN = Patient(birth_name="Martin", first_names="Jean-Pierre", birth_date="1959-01-30")
DURAND = Patient(birth_name="Durand", first_names="Hélène", birth_date="1961-05-02")
MARTINEZ = Patient(birth_name="Martinez", first_names="Ana", birth_date="1990-07-14")


def world() -> list[Dossier]:
    used = Sheet(used_name="Martin-Lévêque")
    return [
        dossier(MARTIN, number=1),
        msgspec.structs.replace(dossier(DURAND, number=2), sheet=used),
        dossier(MARTINEZ, number=3),
    ]


def names(words: str, years: tuple[int, int] | None = None) -> list[str]:
    return [each.patient.birth_name for each in short_list(words, years, world())]


def test_a_family_name_alone_is_enough() -> None:
    assert names("durand") == ["Durand"]


def test_the_name_in_use_finds_as_well() -> None:
    assert names("LEVEQUE") == ["Durand"]


def test_given_names_put_one_before_another() -> None:
    assert names("Jean Pierre MARTIN") == ["Martin", "Durand", "Martinez"]


def test_a_given_name_alone_finds_nobody() -> None:
    assert names("Hélène") == []


def test_the_years_narrow_the_list() -> None:
    assert names("Martin", (1988, 1992)) == ["Martinez"]


def test_a_wrong_guess_of_the_age_hides_nobody() -> None:
    assert set(names("Martin", (2000, 2010))) == {"Martin", "Durand", "Martinez"}


def test_closed_dossiers_are_not_found() -> None:
    closed = msgspec.structs.replace(dossier(MARTIN), closure=Closure(1, 2))
    assert short_list("Martin", None, [closed]) == ()


def test_the_list_is_short() -> None:
    many = [dossier(MARTIN, number=number) for number in range(1, 40)]
    assert len(short_list("Martin", None, many)) == SHORT_LIST


def test_a_reference_is_short_and_no_identifier() -> None:
    reference = short_reference(b"a" * 16)
    kind, *groups = reference.split("-")
    assert (kind, [len(group) for group in groups]) == ("D", [4, 4])
    assert set("".join(groups)) <= set(ALPHABET)
    assert b"a".hex() * 4 not in reference


@pytest.mark.parametrize("change", [str, str.lower, lambda said: said.replace("-", " ")])
def test_a_reference_chooses_however_it_is_typed(change: Callable[[str], str]) -> None:
    said = change(short_reference(world()[2].dossier_id))
    assert [each.patient for each in chosen_by(said, world())] == [MARTINEZ]


def test_a_reference_of_a_list_sent_before_this_version_still_chooses() -> None:
    assert chosen_by("D-BQF6VTXY", [known(b"a" * 16)]) == (known(b"a" * 16),)
    assert chosen_by("d bqf6 vtxy", [known(b"a" * 16)]) == (known(b"a" * 16),)
    assert chosen_by("D-BQF6VTXZ", [known(b"a" * 16)]) == ()


def test_two_that_have_one_reference_are_both_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [known(b"a" * 16), known(b"b" * 16)]
    monkeypatch.setattr(search, "short_reference", lambda _id: "D-7QX3-MZBK")
    assert chosen_by("D-7QX3-MZBK", both) == tuple(both)


def test_a_closed_dossier_is_chosen_by_no_reference() -> None:
    closed = msgspec.structs.replace(known(b"a" * 16), closure=Closure(1, 2))
    assert chosen_by(short_reference(b"a" * 16), [closed]) == ()


def known(dossier_id: bytes) -> Dossier:
    return msgspec.structs.replace(dossier(MARTIN), dossier_id=dossier_id)


@pytest.mark.parametrize(
    ("lines", "years"),
    [
        ("Né le : 30/01/1959", (1959, 1959)),
        ("Né le : 1959", (1959, 1959)),
        ("Né le : vers 1959", (1957, 1961)),
        ("Né le : 01/1959", (1959, 1959)),
        ("Âge : 65 ans", (1960, 1962)),
        ("Âge : environ 65", (1956, 1966)),
        ("Né le : inconnu", None),
        ("Âge : 300", None),
        ("", None),
    ],
)
def test_about_when_somebody_was_born(lines: str, years: tuple[int, int] | None) -> None:
    header = parse(f"Demande : urgence\nPatient : Dupont\nMotif : coma\n{lines}", 2026)
    assert header.born_years == years
