"""The search by terms finds whom reading every dossier finds, and reads only few."""

from itertools import product

import pytest
from handlers_case import World, dossier
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from search_case import CountingWorld, by_reading_all

from rmp_milter.dossier.family_forms import family_forms
from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Dossier, Patient, Sheet
from rmp_milter.dossier.nearness import is_near
from rmp_milter.dossier.search_terms import BEGUN, ENDED
from rmp_milter.handlers.people.bounded import LOOKS, RECORDS
from rmp_milter.handlers.people.likeness import SHORT_LIST, Sought
from rmp_milter.handlers.people.names_said import LONG, TYPED, NamesSaid
from rmp_milter.handlers.people.search import short_list

THIS_YEAR = 2026

_FAMILY = (
    *("Martin", "Martinez", "Marti", "Martinet", "Dupont", "Dupond", "Dupuis", "Durand", "Le"),
    *("de La Tour", "Delatour", "d'Arc", "Roy", "Petit", "Petitjean", "Jean", "Wojciechowski"),
    *("Charpentier", "Charpentié", "Carpentier", "Martin-Lévêque", "Lévêque", "Gauthier", "X"),
)
_GIVEN = ("Jean", "Jean-Pierre", "Pierre Jean", "Ana", "Anne Marie", "Hélène", "Martin", "Li")
_BORN = ("1958-12-31", "1959-01-30", "1959-07-14", "1964-02-29", "1990-07-14", "2026-01-01")


@st.composite
def slipped(draw: st.DrawFn, words: tuple[str, ...]) -> str:
    """A name as it is typed: whole, its beginning, or with slips of the hand."""
    name = draw(st.sampled_from(words))
    name = name[: draw(st.sampled_from([3, 4, 5, 6, 40, 40, 40]))]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        at = draw(st.integers(0, len(name)))
        name = name[:at] + draw(st.sampled_from("adetz")) + name[at + draw(st.booleans()) :]
    return name


known_people = st.lists(
    st.builds(
        lambda family, used, first, born: replace(
            dossier(Patient(family, first, born)), sheet=Sheet(used_name=used)
        ),
        st.sampled_from(_FAMILY),
        st.sampled_from(("", "", *_FAMILY)),
        st.sampled_from(_GIVEN),
        st.sampled_from(_BORN),
    ),
    max_size=25,
).map(
    lambda people: [
        replace(each, dossier_id=bytes([at]) * 16) for at, each in enumerate(people)
    ]
)
said = st.lists(st.one_of(slipped(_FAMILY), slipped(_GIVEN)), max_size=3).map(" ".join)
somebody = st.builds(
    Sought,
    said,
    st.sampled_from([None, (1959, 1959), (1957, 1961), (1980, 1990), (1910, 1920)]),
    st.sampled_from(["", "", "1959-01-30"]),
)


def missed(sought: Sought, each: Dossier) -> bool:
    """Whether somebody may be missed who would be found by reading every dossier.

    Two slips in a long word, of which neither its first six letters nor its last five are free;
    or a slip in what is said in two words, without a particle, and known as one.
    """
    names = NamesSaid(sought.names)
    family = f"{each.patient.birth_name} {each.sheet.used_name}"
    pairs = product(names.forms, family_forms(fold(family).split()))
    return any(_is_missed(form, name, form in names.likely_forms) for form, name in pairs)


def _is_missed(form: str, name: str, likely: bool) -> bool:  # noqa: FBT001 -- two words, how
    if len(form) < TYPED or not is_near(form, name, 2 if len(form) >= LONG else 1):
        return False
    begins = form[: BEGUN[-1]] == name[: BEGUN[-1]]
    ends = likely and form[-ENDED:] == name[-ENDED:]
    looked_up = likely and is_near(form, name, 1)
    return form != name and not looked_up and not (len(form) >= LONG and (begins or ends))


@given(sought=somebody, people=known_people)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_it_finds_whom_reading_every_dossier_finds(
    sought: Sought, people: list[Dossier]
) -> None:
    assume(not any(missed(sought, each) for each in people))
    assert short_list(sought, World(people), THIS_YEAR) == by_reading_all(sought, people)


def test_a_slip_in_what_is_said_in_two_words_and_known_as_one() -> None:
    """Looked up only behind a particle: else all that stand side by side would have to be."""
    known = dossier(Patient("Delatour", "Ana", "1990-07-14"))
    assert short_list(Sought("de la Toxr"), World([known]), THIS_YEAR).found == (known,)
    apart = dossier(Patient("Petitbois", "Ana", "1990-07-14"))
    assert by_reading_all(Sought("Ptit bois"), [apart]).found == (apart,)
    assert short_list(Sought("Ptit bois"), World([apart]), THIS_YEAR).found == ()


def homonyms(count: int, family: str = "Martin", first: str = "Ana") -> list[Dossier]:
    return [
        replace(
            dossier(Patient(family, first, f"{1930 + at % 90}-01-30")),
            dossier_id=at.to_bytes(8) + b"homonyms",
        )
        for at in range(count)
    ]


class TestTwoSlipsAtBothEnds:
    """What a search by terms does not find as reading every dossier would."""

    KNOWN = dossier(Patient("Wojciechowski", "Ana", "1990-07-14"))

    @pytest.mark.parametrize("years", [None, (1988, 1992)])
    def test_they_are_looked_for_by_the_first_four_letters(
        self, years: tuple[int, int] | None
    ) -> None:
        sought = Sought("Wojccechowskj", years)
        assert missed(sought, self.KNOWN)
        assert short_list(sought, World([self.KNOWN]), THIS_YEAR).found == (self.KNOWN,)

    def test_but_only_where_nobody_else_is_found(self) -> None:
        nearer = dossier(Patient("Wojccechowskj", "Ana", "1990-07-14"), number=1)
        sought, both = Sought("Wojccechowskj Ana"), [self.KNOWN, nearer]
        assert by_reading_all(sought, both).found == (nearer, self.KNOWN)
        assert short_list(sought, World(both), THIS_YEAR).found == (nearer,)

    def test_and_not_if_one_is_in_these(self) -> None:
        sought = Sought("Vojciechowskj")
        assert by_reading_all(sought, [self.KNOWN]).found == (self.KNOWN,)
        assert short_list(sought, World([self.KNOWN]), THIS_YEAR).found == ()

    def test_nor_in_other_years_than_were_said(self) -> None:
        sought = Sought("Wojccechowskj", (1950, 1954))
        assert by_reading_all(sought, [self.KNOWN]).found == (self.KNOWN,)
        assert short_list(sought, World([self.KNOWN]), THIS_YEAR).found == ()


class TestAFloodOfHomonyms:
    FLOOD = homonyms(5_000)
    WORLD = CountingWorld(FLOOD)

    def test_ends_with_ten_and_says_that_there_are_more(self) -> None:
        flood = CountingWorld(self.FLOOD)
        listed = short_list(Sought("Martin"), flood, THIS_YEAR)
        assert (len(listed.found), listed.more, listed.cut) == (SHORT_LIST, True, True)
        assert flood.opened == RECORDS
        assert flood.looked + flood.read + flood.tried <= LOOKS

    def test_a_year_tells_them_apart(self) -> None:
        flood = CountingWorld(self.FLOOD)
        listed = short_list(Sought("Martin", (1958, 1960)), flood, THIS_YEAR)
        assert (len(listed.found), listed.more, listed.cut) == (SHORT_LIST, True, False)
        assert {each.patient.birth_date[:4] for each in listed.found} == {"1959"}
        assert flood.opened < 60

    def test_a_first_name_tells_them_apart(self) -> None:
        jean = homonyms(1, first="Jean")[0]
        jean = replace(jean, dossier_id=b"j" * 16)
        listed = short_list(
            Sought("Martin Jean"), CountingWorld([*self.FLOOD, jean]), THIS_YEAR
        )
        assert listed.found[0] == jean

    def test_who_is_said_with_a_common_name_ends_it_as_soon_as_ten_are_sure(self) -> None:
        flood = CountingWorld(self.FLOOD)
        listed = short_list(Sought("Martin Ana", (1955, 1963)), flood, THIS_YEAR)
        assert listed == by_reading_all(Sought("Martin Ana", (1955, 1963)), self.FLOOD)
        assert flood.opened < 60

    def test_words_without_number_end_by_what_is_looked_up(self) -> None:
        words = " ".join(f"{chr(65 + at)}{chr(80 - at)}ERWALDINGER" for at in range(16))
        nobody = CountingWorld([])
        listed = short_list(Sought(words), nobody, THIS_YEAR)
        assert listed.cut
        assert nobody.looked + nobody.tried <= LOOKS


def crowd(count: int) -> list[Dossier]:
    """People of names in which nobody of the search's has a part."""
    letters = "BDFGKLMN"
    names = ["".join(each) for each in product(letters, "OU", letters, "OU", letters, "OU")]
    return [
        replace(
            dossier(Patient(names[at % len(names)], "Ulf", f"{1930 + at % 90}-01-30")),
            dossier_id=at.to_bytes(8) + b"the rest",
        )
        for at in range(count)
    ]


@pytest.mark.parametrize("years", [None, (1955, 1965)])
def test_words_a_slip_away_are_tried_where_that_is_cheap(years: tuple[int, int] | None) -> None:
    """Each term is a look at another page of a table that grows with the dossiers."""
    world = CountingWorld(homonyms(3, "Charpentier"))
    assert len(short_list(Sought("Charpantier", years), world, THIS_YEAR).found) == 3
    assert world.tried > 500
    assert world.looked < 800


@pytest.mark.slow
def test_what_it_reads_does_not_grow_with_the_number_of_dossiers() -> None:
    sought = [
        Sought("Charpentier Ana", (1955, 1965)),
        Sought("Charpantier"),
        Sought("CHA", (1955, 1965)),
        Sought("Carpentier Ana 65 ans", (1980, 1990)),
        Sought("Questroy Ana", (1955, 1965)),
    ]
    few, many = (CountingWorld([*homonyms(90, "Charpentier"), *crowd(n)]) for n in (910, 9_910))
    for each in sought:
        found = [short_list(each, world, THIS_YEAR) for world in (few, many)]
        assert found[0] == found[1]
        assert found[0].found
    assert (few.opened, few.looked, few.read) == (many.opened, many.looked, many.read)
    assert many.opened < 500
