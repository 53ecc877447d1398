"""Hostile headers at the parser: never an error, never a code, never much work."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.header.cutting import cut
from rmp_milter.mail.header.routing import parse
from rmp_milter.mail.header.words import Field

SECRET = "Xq7Ztr9KwP"
UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]")

_ODD = st.sampled_from(
    [
        *("\x00", "\x1b[31m", "\u202e", "\u200b", "\u00ad", "\ufeff", "\ud800", "😀", "<b>"),
        *(
            "{0}",
            "%s",
            "\r",
            "\t",
            "\x85",
            "\u2028",
            "=",
            ":",
            "::",
            "•",
            "> ",
            "A" * 300,
            "1-9",
        ),
    ]
)
_WORDS = st.sampled_from([field.value for field in Field])
_VALUES = st.one_of(
    st.text(max_size=30), _ODD, st.sampled_from(["DUPONT Jean", "oui", "dossier"])
)
_LINES = st.builds(lambda word, odd, value: f"{word}{odd} : {value}", _WORDS, _ODD, _VALUES)
_HEADERS = st.lists(st.one_of(_LINES, _VALUES), max_size=20).map("\n".join)


@given(_HEADERS)
def test_nothing_unseen_and_nothing_long_is_repeated(text: str) -> None:
    read = parse(cut(text).header, 2026)
    for problem in read.problems:
        assert len(problem.value) <= 80
        assert not UNSEEN.search(problem.value + problem.word)


@given(_HEADERS)
def test_what_has_a_problem_counts_as_not_said(text: str) -> None:
    read = parse(cut(text).header, 2026)
    wrong = {problem.word for problem in read.problems}
    for field, value in (
        (Field.BIRTH_DATE, read.birth_date),
        (Field.NIR, read.nir),
        (Field.BIRTH_NAME, read.birth_name),
        (Field.NUMBERS, read.numbers),
    ):
        assert not (field.value in wrong and value), (field, value, read.problems)


@pytest.mark.parametrize(
    "value", ["1-1000000000", "9" * 5000, "1-999999", "0", "-1", "1,,2", "1;2;x", "1-2-3"]
)
def test_numbers_beyond_bounds_are_none(value: str) -> None:
    text = f"Patient : DUPONT Jean\nNé le : 30/01/1959\nNuméros : {value}\n"
    read = parse(text, 2026)
    assert read.numbers == ()
    assert [problem.word for problem in read.problems] == ["Numéros"]


@pytest.mark.parametrize(
    "line",
    [
        f"Code : {SECRET}",
        f"CODE PATIENT={SECRET}",
        f"code :\u202e{SECRET}",
        f"Co\u200bde : {SECRET}",
        f"> Code : {SECRET}",
        f"Document : bilan, code : {SECRET}",
        f"Motif : le code est {SECRET}",
        f"Patient : DUPONT Jean   Code : {SECRET}",
        f"Code {SECRET}",
        f"Mot de passe : {SECRET}",
        f"Vitale : {SECRET}",
    ],
)
def test_a_code_in_odd_places_never_reaches_the_milter(line: str) -> None:
    whole = cut(f"Demande : dossier\nPatient : DUPONT Jean\n{line}\nNé le : 30/01/1959\n")
    assert SECRET not in whole.header
    assert SECRET not in repr(whole)


@pytest.mark.parametrize("size", [1 << 20, 4 << 20])
@pytest.mark.parametrize(
    "unit", ["Patient : A\n", "Code : x\n", "Vitale : ey", "> ", "\t", "a:", "Document : code "]
)
def test_of_megabytes_only_the_beginning_is_read(unit: str, size: int) -> None:
    text = unit * (size // len(unit))
    header = cut(text).header
    assert len(header) < 20_000
    parse(header, 2026)  # quadratic work would never end
