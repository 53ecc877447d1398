"""Codes that people choose: what is refused of them."""

import pytest

from rmp_milter.dossier.model import Patient
from rmp_milter.dossier.weak_codes import guessable, is_weak

LEA = Patient("D'Œuvre-Lô", "Léa Marie", "1959-01-30", "259017511600160")


def test_names_dates_and_the_number_are_what_people_know() -> None:
    assert guessable(LEA, "Martin") == (
        *("OEUVRE", "MARTIN", "LEA", "MARIE"),
        *("30011959", "01301959", "19590130", "300159", "590130"),
        "259017511600160",
    )


def test_of_somebody_of_whom_little_is_known_nothing_empty_is_known() -> None:
    """An empty word would be in every code."""
    assert all(guessable(Patient("", "", "")))
    assert not is_weak("JZBV7KQ2", 8, guessable(Patient("", "", "")))


@pytest.mark.parametrize(
    "code",
    [
        *(
            "",
            "JZBV7KQ",
            "AAAAAAAA",
            "ABABABAB",
            "12312312",
            "12345678",
            "87654321",
            "90123456",
        ),
        *("ABCDEFGH", "ZYXWVUTS", "AZERTYUI", "POIUYTRE", "QWERTYUI", "SDFGHJKL"),
        *("LEA7KQ2X", "7OEUVRE2", "MARTIN59", "30011959", "X300159Y", "59017511", "7MARIE77"),
    ],
)
def test_what_is_guessed_first_is_weak(code: str) -> None:
    assert is_weak(code, 8, guessable(LEA, "Martin"))


@pytest.mark.parametrize("code", ["JZBV7KQ2", "DOUDOU2019X", "13572468", "LO7KQ2XY"])
def test_others_are_not(code: str) -> None:
    assert not is_weak(code, 8, guessable(LEA, "Martin"))
