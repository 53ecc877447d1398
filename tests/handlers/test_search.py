from collections.abc import Sequence

import msgspec
import pytest
from handlers_case import World, dossier
from msgspec.structs import replace

from rmp_milter.dossier.model import Closure, Dossier, Patient, Sheet
from rmp_milter.handlers.people.likeness import SHORT_LIST, ShortList, Sought
from rmp_milter.handlers.people.search import short_list
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


def listed(sought: Sought, known: Sequence[Dossier]) -> ShortList:
    return short_list(sought, World(known), 2026)


def names(words: str, years: tuple[int, int] | None = None, born: str = "") -> list[str]:
    found = listed(Sought(words, years, born), world()).found
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
    assert listed(Sought("Martin"), [closed]).found == ()


def test_the_list_is_short() -> None:
    many = [dossier(MARTIN, number=number) for number in range(1, 40)]
    short = listed(Sought("Martin"), many)
    assert (len(short.found), short.more) == (SHORT_LIST, True)
    assert not listed(Sought("Martin"), many[:SHORT_LIST]).more


class TestSlipsOfTheHand:
    @pytest.mark.parametrize("typed", ["Durant", "Duran", "Durrand", "Drurand", "DURANP"])
    def test_one_slip_hides_nobody(self, typed: str) -> None:
        assert names(typed) == ["Durand"]

    def test_two_are_forgiven_in_a_long_name(self) -> None:
        long = dossier(Patient("Wojciechowski", "Ana", "1990-07-14"))
        assert listed(Sought("Wojcechovski"), [long]).found == (long,)

    def test_a_short_name_is_not_guessed_at(self) -> None:
        assert listed(Sought("Led"), [dossier(Patient("Lea", "Ana", "1990-07-14"))]).found == ()

    def test_who_is_near_stands_behind_who_fits(self) -> None:
        """Given name and all, DUPOND is as likely to be meant as DUPONT."""
        both = [
            dossier(Patient("Dupont", "Jean", "1959-01-30"), number=1),
            dossier(Patient("Dupond", "Jean", "1960-01-30"), number=2),
        ]
        found = listed(Sought("DUPOND Jean"), both).found
        assert [each.patient.birth_name for each in found] == ["Dupond", "Dupont"]

    def test_who_is_near_without_the_given_name_is_left_out_where_others_fit(self) -> None:
        both = [
            dossier(Patient("Dupont", "Ana", "1959-01-30"), number=1),
            dossier(Patient("Dupond", "Jean", "1960-01-30"), number=2),
        ]
        found = listed(Sought("DUPOND Jean"), both).found
        assert [each.patient.birth_name for each in found] == ["Dupond"]


class TestSoundsAlike:
    KNOWN = (
        dossier(Patient("Gauthier", "Ana", "1959-01-30"), number=1),
        dossier(Patient("Gotier", "Ana", "1960-01-30"), number=2),
        dossier(Patient("Gotierre", "Ana", "1960-01-30"), number=3),
    )

    @pytest.mark.parametrize("years", [None, (1958, 1961), (1990, 1999)])
    def test_who_sounds_alike_is_found(self, years: tuple[int, int] | None) -> None:
        assert listed(Sought("GOTHIER", years), self.KNOWN[:1]).found == self.KNOWN[:1]
        assert listed(Sought("DUPOND", years), [dossier()]).found == (dossier(),)

    def test_behind_whose_name_begins_so_or_is_the_same(self) -> None:
        found = listed(Sought("Gotier Ana"), self.KNOWN).found
        assert found == (self.KNOWN[1], self.KNOWN[2], self.KNOWN[0])

    def test_one_sound_alone_is_too_little(self) -> None:
        assert listed(Sought("Eau"), [dossier(Patient("Oh", "Ana", "1990-07-14"))]).found == ()


class TestWhoStandsFirst:
    def test_the_birth_name_before_the_name_in_use(self) -> None:
        in_use = replace(
            dossier(Patient("Abel", "Ana", "1959-01-30"), number=1),
            sheet=Sheet(used_name="Martin"),
        )
        by_birth = dossier(Patient("Martin", "Ana", "1990-07-14"), number=2)
        assert listed(Sought("Martin"), [in_use, by_birth]).found == (by_birth, in_use)

    def test_the_middle_of_the_years_before_their_ends(self) -> None:
        born = ("1956-01-30", "1962-01-30", "1960-01-30")
        known = [
            dossier(Patient("Martin", "Ana", day), number=at) for at, day in enumerate(born)
        ]
        found = listed(Sought("Martin", (1956, 1964)), known).found
        assert found == (known[2], known[1], known[0])

    def test_the_first_given_name_before_the_second(self) -> None:
        second = dossier(Patient("Martin", "Paul, Jean", "1959-01-30"), number=1)
        first = dossier(Patient("Martin", "Jean, Paul", "1959-01-30"), number=2)
        assert listed(Sought("Martin Jean"), [second, first]).found == (first, second)


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
        found = listed(Sought(said), known).found
        assert [each.patient.birth_name for each in found] == ["de La Tour"]

    @pytest.mark.parametrize("said", ["Le Roux", "LEROUX", "Jean Le Roux, né le 30/01/1959"])
    def test_a_particle_that_may_stand_beside_a_date_is_one_of_names(self, said: str) -> None:
        leroux = dossier(Patient("Leroux", "Jean", "1959-01-30"))
        assert listed(Sought(said), [leroux]).found == (leroux,)

    @pytest.mark.parametrize("said", ["de la Fontaine", "de", "des Rosiers"])
    def test_a_particle_alone_makes_nobody_alike(self, said: str) -> None:
        known = [
            dossier(Patient(name, "Luc", "1960-01-01")) for name in ("de La Tour", "Deschamps")
        ]
        assert listed(Sought(said), known[:1]).found == ()
        assert listed(Sought(said), known[1:]).found == ()

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
        found = listed(Sought("Martin Jean", (1959, 1959), "1959-12-31"), twins).found
        assert found == (twins[1], twins[0])


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
