"""The people with whom benches fill stores: as many of a name as they say, each run the same."""

from collections import Counter
from itertools import islice

import pytest
from population import MADE_NAMES, MARTIN, PAYET, Person, Place, family_names, people

from rmp_milter.dossier.identity import nir_valid, number_contradicts, trait_keys
from rmp_milter.dossier.model import Patient

MANY = 40_000


@pytest.fixture(scope="module")
def mainland() -> list[Person]:
    return list(islice(people(1), MANY))


def patient(person: Person) -> Patient:
    return Patient(person.birth_name, person.first_names, person.birth_date, person.nir)


def share_of(name: str, found: list[Person]) -> float:
    return sum(each.birth_name == name for each in found) / len(found)


def test_the_shares_of_names_are_those_that_are_said() -> None:
    for place, name, share in (
        (Place.MAINLAND, "MARTIN", MARTIN),
        (Place.ISLAND, "PAYET", PAYET),
    ):
        shares = family_names(place)
        assert len(shares) > MADE_NAMES
        assert sum(shares.values()) == pytest.approx(1)
        assert shares[name] == share == max(shares.values())


def test_the_commonest_name_is_drawn_as_often_as_it_says(mainland: list[Person]) -> None:
    assert share_of("MARTIN", mainland) == pytest.approx(MARTIN, rel=0.2)
    assert Counter(each.birth_name for each in mainland).most_common(1)[0][0] == "MARTIN"


def test_on_the_island_one_name_is_of_two_in_a_hundred() -> None:
    island = list(islice(people(1, Place.ISLAND), MANY))
    assert share_of("PAYET", island) == pytest.approx(PAYET, rel=0.1)


def test_one_seed_gives_one_population_and_another_seed_another(
    mainland: list[Person],
) -> None:
    assert list(islice(people(1), 500)) == mainland[:500]
    assert list(islice(people(2), 500)) != mainland[:500]


def test_no_two_have_a_look_up_key_in_common(mainland: list[Person]) -> None:
    keys = [key for each in mainland for key in trait_keys(patient(each))]
    assert len(keys) == 2 * MANY == len(set(keys))


def test_numbers_are_valid_and_their_bearers_own(mainland: list[Person]) -> None:
    for each in mainland[:2000]:
        assert nir_valid(each.nir)
        assert not number_contradicts(patient(each), each.sex)


def test_names_in_use_are_those_of_married_women(mainland: list[Person]) -> None:
    named = [each for each in mainland if each.used_name]
    assert {each.sex for each in named} == {"F"}
    assert min(each.age for each in named) > 20
    older = [each for each in mainland if each.sex == "F" and each.age > 60]
    assert sum(bool(each.used_name) for each in older) / len(older) == pytest.approx(
        0.75, abs=0.03
    )


def test_ages_are_about_those_of_a_country(mainland: list[Person]) -> None:
    ages = sorted(each.age for each in mainland)
    assert ages[0] == 0
    assert 95 < ages[-1] < 103
    assert 37 < ages[MANY // 2] < 47
