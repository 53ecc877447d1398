"""Who of the directory is meant by words: prescriber, locum, opposed doctor, all alike."""

import pytest
from handlers_case import DEMO, LAB, OTHER, World
from msgspec.structs import replace

from rmp_milter.handlers.people.colleagues import colleague


@pytest.mark.parametrize(
    "words",
    [
        OTHER.rpps,
        f"RPPS {OTHER.rpps}",
        OTHER.mail.upper(),
        f"{OTHER.name} <{OTHER.mail}>",
        f"{OTHER.name}, RPPS {OTHER.rpps}",
        "Dr Anne AUTRE",
        "autre anne",
        "Docteure Anne Autré",
    ],
)
def test_number_address_or_whole_name_find_one(words: str) -> None:
    assert colleague(words, World()) == OTHER


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Dr",
        "AUTRE",
        "Anne",
        "10000000000",
        f"{OTHER.rpps}, {DEMO.mail}",
        f"{OTHER.rpps} {LAB.rpps}",
    ],
)
def test_half_a_name_or_words_that_disagree_find_nobody(words: str) -> None:
    assert colleague(words, World()) is None


def test_two_of_the_same_name_are_nobody() -> None:
    world = World()
    world.known[b"n" * 16] = replace(
        OTHER, doctor_id=b"n" * 16, rpps="10000000099", mail="x@y.z"
    )
    assert colleague("Dr Anne AUTRE", world) is None
    assert colleague(OTHER.rpps, world) == OTHER


def test_a_patient_with_a_key_is_never_found() -> None:
    world = World()
    patient = replace(
        OTHER, doctor_id=b"p" * 16, name="Jean DUPONT", mail="jean@d.test", rpps=""
    )
    world.known[patient.doctor_id] = replace(patient, patient_of=b"d" * 16)
    assert colleague("Jean DUPONT", world) is None
    assert colleague("jean@d.test", world) is None
