from collections.abc import Callable

import msgspec
import pytest
from handlers_case import dossier

from rmp_milter.dossier.model import Closure, Dossier, Patient, Sheet
from rmp_milter.dossier.spoken import ALPHABET
from rmp_milter.handlers.people import search
from rmp_milter.handlers.people.search import (
    SHORT_LIST,
    Sought,
    chosen_by,
    near_to,
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


def names(words: str, years: tuple[int, int] | None = None, born: str = "") -> list[str]:
    found = short_list(Sought(words, years, born), world()).found
    return [each.patient.birth_name for each in found]


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
    assert short_list(Sought("Martin"), [closed]).found == ()


def test_the_list_is_short() -> None:
    many = [dossier(MARTIN, number=number) for number in range(1, 40)]
    listed = short_list(Sought("Martin"), many)
    assert (len(listed.found), listed.more) == (SHORT_LIST, True)
    assert not short_list(Sought("Martin"), many[:SHORT_LIST]).more


class TestSlipsOfTheHand:
    @pytest.mark.parametrize("typed", ["Durant", "Duran", "Durrand", "Drurand", "DURANP"])
    def test_one_slip_hides_nobody(self, typed: str) -> None:
        assert names(typed) == ["Durand"]

    def test_two_are_forgiven_in_a_long_name(self) -> None:
        long = dossier(Patient("Wojciechowski", "Ana", "1990-07-14"))
        assert short_list(Sought("Wojcechovski"), [long]).found == (long,)

    def test_a_short_name_is_not_guessed_at(self) -> None:
        assert (
            short_list(Sought("Led"), [dossier(Patient("Lea", "Ana", "1990-07-14"))]).found
            == ()
        )

    def test_who_is_near_stands_behind_who_fits(self) -> None:
        """Given name and all, DUPOND is as likely to be meant as DUPONT."""
        both = [
            dossier(Patient("Dupont", "Jean", "1959-01-30"), number=1),
            dossier(Patient("Dupond", "Jean", "1960-01-30"), number=2),
        ]
        found = short_list(Sought("DUPOND Jean"), both).found
        assert [each.patient.birth_name for each in found] == ["Dupond", "Dupont"]

    def test_who_is_near_without_the_given_name_is_left_out_where_others_fit(self) -> None:
        both = [
            dossier(Patient("Dupont", "Ana", "1959-01-30"), number=1),
            dossier(Patient("Dupond", "Jean", "1960-01-30"), number=2),
        ]
        found = short_list(Sought("DUPOND Jean"), both).found
        assert [each.patient.birth_name for each in found] == ["Dupond"]


class TestNamesAsTheyAreSaid:
    @pytest.mark.parametrize(
        "said",
        [
            "Hélène DURAND",
            "Helene durand",
            "Mme DURAND épouse MARTIN-LÉVÊQUE",
            "Durand, Hélène",
            "MARTIN LEVEQUE Hélène née Durand",
            "Hélène Durand, femme d'environ 65 ans",
        ],
    )
    def test_words_beside_the_names_disturb_nobody(self, said: str) -> None:
        assert names(said)[0] == "Durand"

    def test_a_given_name_in_the_place_of_the_name(self) -> None:
        assert names("JEAN-PIERRE Martin")[0] == "Martin"

    @pytest.mark.parametrize("said", ["de la Tour", "DELATOUR", "La Tour", "tour", "de Latour"])
    def test_particles_apart_or_joined(self, said: str) -> None:
        known = [
            dossier(Patient("de La Tour", "Luc", "1960-01-01"), number=1),
            dossier(Patient("de Broglie", "Luc", "1960-01-01"), number=2),
        ]
        found = short_list(Sought(said), known).found
        assert [each.patient.birth_name for each in found] == ["de La Tour"]

    @pytest.mark.parametrize("said", ["de la Fontaine", "de", "des Rosiers"])
    def test_a_particle_alone_makes_nobody_alike(self, said: str) -> None:
        known = [
            dossier(Patient(name, "Luc", "1960-01-01")) for name in ("de La Tour", "Deschamps")
        ]
        assert short_list(Sought(said), known[:1]).found == ()
        assert short_list(Sought(said), known[1:]).found == ()

    def test_a_name_in_use_that_nobody_noted_is_found_by_the_rest(self) -> None:
        assert names("Mme PETIT Hélène", (1961, 1961)) == ["Durand"]
        assert names("Mme PETIT Hélène", (1980, 1982)) == []

    def test_a_day_of_birth_alone(self) -> None:
        assert names("", (1990, 1990), "1990-07-14") == ["Martinez"]
        assert names("", (1990, 1990), "1990-07-15") == []

    def test_years_alone_find_nobody(self) -> None:
        assert names("", (1900, 2026)) == []

    def test_the_same_day_of_birth_stands_first(self) -> None:
        twins = [
            dossier(Patient("Martin", "Jean", "1959-01-01"), number=1),
            dossier(Patient("Martin", "Jean", "1959-12-31"), number=2),
        ]
        found = short_list(Sought("Martin Jean", (1959, 1959), "1959-12-31"), twins).found
        assert found == (twins[1], twins[0])


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


class TestNearAReference:
    THREE = short_reference(world()[2].dossier_id)

    @pytest.mark.parametrize(
        "typed",
        [
            THREE[:-1] + ("A" if THREE[-1] != "A" else "B"),  # another sign
            THREE[:-1],  # one too few
            f"{THREE}7",  # one too many
            THREE[:2] + THREE[3] + THREE[2] + THREE[4:],  # two the wrong way round
            THREE[2:],  # without its D
        ],
    )
    def test_one_slip_is_near(self, typed: str) -> None:
        assert [each.patient for each in near_to(typed, world()).found] == [MARTINEZ]

    @pytest.mark.parametrize("typed", ["D-2222-2222", "D", "D-7", "7QX", "", "x" * 5000])
    def test_what_is_far_is_not(self, typed: str) -> None:
        assert near_to(typed, world()).found == ()

    def test_no_more_than_a_short_list(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "short_reference", lambda _id: "D-7QX3-MZBK")
        many = [dossier(MARTIN, number=number) for number in range(1, 40)]
        near = near_to("D-7QX3-MZBA", many)
        assert (len(near.found), near.more) == (SHORT_LIST, True)

    def test_one_slip_before_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        both = [known(b"a" * 16), known(b"b" * 16)]
        references = {b"a" * 16: "D-7QX3-MZAA", b"b" * 16: "D-7QX3-MZBA"}
        monkeypatch.setattr(search, "short_reference", references.__getitem__)
        assert near_to("D-7QX3-MZBK", both).found == (both[1], both[0])


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
