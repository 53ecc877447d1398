"""How names sound in French: held to pairs that the table was not made on."""

import string
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.phonetics import (
    MOST_LETTERS,
    RULES,
    SILENT,
    SOUND_VERSION,
    SoundRule,
    heard,
    sound_of,
)

FOLDER = Path(__file__).parents[1] / "fixtures" / "phonetics"
DECISION = Path(__file__).parents[2] / "docs" / "decisions" / "sounds-by-a-table.md"
PER_LETTER = 3
"""Sounds that a letter makes, at most."""
WORDS = st.text(string.ascii_uppercase, max_size=40) | st.text(max_size=40)
NAMES = st.text(string.ascii_uppercase, min_size=1, max_size=40)


class Pair(NamedTuple):
    """Two names, and whether a French ear takes them for one."""

    verdict: str
    kind: str
    one: str
    other: str

    @property
    def right(self) -> bool:
        """Whether the table says the same."""
        return (sound_of(self.one) == sound_of(self.other)) is (self.verdict == "same")


def pairs(file: str) -> list[Pair]:
    lines = (FOLDER / file).read_text("ascii").splitlines()
    return [Pair(*line.split()) for line in lines if not line.startswith("#")]


def score(file: str, verdict: str) -> tuple[int, int]:
    asked = [each for each in pairs(file) if each.verdict == verdict]
    return sum(each.right for each in asked), len(asked)


def test_pairs_that_it_was_not_made_on_are_judged_as_well_as_is_written_down() -> None:
    merged, of_merging = score("judging.txt", "same")
    apart, of_apart = score("judging.txt", "apart")
    assert merged + apart >= 442
    assert apart >= 170
    told = (
        f"{merged} of {of_merging} that are one to the ear, {apart} of {of_apart} that are two"
    )
    assert told in " ".join(DECISION.read_text("utf-8").split())


def test_what_is_judged_wrong_is_named() -> None:
    text = DECISION.read_text("utf-8")
    wrong = [each for each in pairs("judging.txt") if not each.right]
    assert wrong
    assert not [each for each in wrong if f"{each.one}/{each.other}" not in text]


def test_the_pairs_judged_by_are_many_and_none_that_the_table_was_made_on() -> None:
    judged, made_on = ({frozenset(each[2:]) for each in pairs(file)} for file in FILES)
    assert len(judged) == len(pairs("judging.txt")) >= 300
    assert not judged & made_on


FILES = ("judging.txt", "tuning.txt")


@pytest.mark.parametrize("file", FILES)
def test_pairs_are_names_as_they_come_from_folding(file: str) -> None:
    names = [name for each in pairs(file) for name in each[2:]]
    assert names == [fold(name) for name in names]
    assert {each.verdict for each in pairs(file)} == {"same", "apart"}


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("DUPONT", "DUPo"),
        ("GAULTIER", "GOTIE"),
        ("LEFEBVRE", "LEFEVR"),
        ("SCHMIDT", "XMI"),
        ("LEROY", "LERWA"),
        ("BEAUCHAMPS", "BOXa"),
        ("JEANNE", "JAN"),
        ("NGUYEN", "NUIi"),
        ("D", "D"),
        ("ES", "ES"),
        ("H", "H"),
        ("HH", "H"),
        ("", ""),
        ("ИВАНОВ", "ИВАНОВ"),
        ("4711", "471"),
    ],
)
def test_names_sound(name: str, sound: str) -> None:
    """Another sound of any is another version: sounds lie in the store."""
    assert SOUND_VERSION == 1
    assert sound_of(name) == sound


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.letters} {rule.example}")
def test_each_rule_counts_in_its_example(rule: SoundRule) -> None:
    assert any(found is rule for _, found in heard(rule.example))


@pytest.mark.parametrize(
    ("letter", "before", "example"), SILENT, ids=lambda part: str(part)[:9]
)
def test_each_silent_letter_is_not_heard_in_its_example(
    letter: str, before: tuple[str, ...], example: str
) -> None:
    assert example.endswith(letter)
    assert not before or example.removesuffix(letter).replace("M", "N").endswith(before)
    taken = "".join(rule.letters if rule else place for place, rule in heard(example))
    assert len(taken) < len(example)


@given(word=WORDS)
@settings(derandomize=True, deadline=None)
def test_any_text_has_a_sound_that_is_bounded_and_always_the_same(word: str) -> None:
    sound = sound_of(word)
    assert bool(sound) is bool(word)
    assert len(sound) <= PER_LETTER * min(len(word), MOST_LETTERS)
    assert sound_of(word) == sound


@given(word=WORDS, more=st.text(max_size=40))
@settings(derandomize=True, deadline=None)
def test_no_more_letters_are_looked_at_than_is_said(word: str, more: str) -> None:
    begun = word.ljust(MOST_LETTERS, "A")[:MOST_LETTERS]
    assert sound_of(begun + more) == sound_of(begun)


@given(word=NAMES)
@settings(derandomize=True, deadline=None)
def test_each_letter_is_looked_at_once(word: str) -> None:
    steps = list(heard(word))
    assert sum(len(rule.letters) if rule else 1 for _, rule in steps) <= len(word) + PER_LETTER
    assert len(steps) <= min(len(word), MOST_LETTERS)


@given(word=NAMES)
@example(word="H")
@settings(derandomize=True, deadline=None)
def test_what_is_doubled_sounds_as_once_but_for_s_e_and_l(word: str) -> None:
    doubled = "".join(letter if letter in "SEL" else letter * 2 for letter in word[:16])
    assert sound_of(doubled) == sound_of(word[:16])
