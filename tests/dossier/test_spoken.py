"""References and codes as people say and type them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.dossier.emergency import reference_of
from rmp_milter.dossier.spoken import ALPHABET, grouped, reference, reference_typed, spoken

BETWEEN = [
    "",
    " ",
    "-",
    "  ",
    " - ",
    "\u00a0",
    "\u202f",
    "‐",
    "‑",
    "–",
    "—",
    "−",
    "\u200b",
    "_",
]
SIGNS = st.text(st.sampled_from(ALPHABET), min_size=1, max_size=32)


def typed(signs: str, draw: st.DrawFn) -> str:
    """Return the signs as somebody may type them: any case, anything between two."""
    said = ""
    for sign in signs:
        said += draw(st.sampled_from(BETWEEN))
        said += draw(st.sampled_from([sign, sign.lower(), chr(ord(sign) + 0xFEE0)]))
    return said + draw(st.sampled_from(["", " ", ".", "\r", "*", " »"]))


def test_the_alphabet_has_31_signs_that_nobody_mixes_up() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 31
    assert set("ILO01").isdisjoint(ALPHABET)
    assert ALPHABET.isascii()


@given(st.text(max_size=80))
def test_what_was_folded_is_folded(text: str) -> None:
    assert spoken(spoken(text)) == spoken(text)


@given(st.text(max_size=40))
def test_nothing_that_is_seen_is_left_out_but_dashes_and_punctuation(text: str) -> None:
    plain = unicodedata.normalize("NFKC", text)
    letters = [sign for sign in plain if unicodedata.category(sign)[0] in "LN"]
    assert sum(unicodedata.category(sign)[0] in "LN" for sign in spoken(text)) <= len(letters)
    assert bool(letters) <= bool(spoken(text))


@given(SIGNS, st.data())
def test_case_blanks_dashes_and_width_do_not_count(signs: str, data: st.DataObject) -> None:
    assert spoken(data.draw(st.composite(lambda draw: typed(signs, draw))())) == signs


@given(SIGNS, SIGNS)
def test_two_that_differ_stay_apart(one: str, other: str) -> None:
    assert (spoken(one) == spoken(other)) == (one == other)


@pytest.mark.parametrize(
    "text",
    [
        "JZBV7KQ2",
        "jzbv 7kq2",
        "jzbv-7kq2",
        "J Z B V - 7 K Q 2",
        "« JZBV–7KQ2 ».",
        "ＪＺＢＶ７ＫＱ２",
    ],
)
def test_what_people_type(text: str) -> None:
    assert spoken(text) == "JZBV7KQ2"


def test_signs_are_shown_in_groups_of_four() -> None:
    assert grouped("JZBV7KQ2") == "JZBV 7KQ2"
    assert grouped("JZBV7KQ2XY") == "JZBV 7KQ2 XY"
    assert grouped("") == ""
    assert reference("D", "7QX3MZBK") == "D-7QX3-MZBK"


@given(st.binary(min_size=1, max_size=64), st.data())
def test_an_emergencys_reference_is_read_back_however_it_is_typed(
    digest: bytes, data: st.DataObject
) -> None:
    written = reference_of(digest)
    said = data.draw(st.composite(lambda draw: typed(written.replace("-", ""), draw))())
    assert reference_typed(said) == reference_typed(written) == written


def test_references_of_emergencies_are_what_they_always_were() -> None:
    """They stand in stores and logs, and on paper."""
    assert reference_of(b"a" * 32) == "U-P5XY-Q6PU-WVSN"


@pytest.mark.parametrize("text", ["", "-", "été", "U", "x" * 200])
def test_what_is_no_reference_is_looked_up_all_the_same(text: str) -> None:
    assert reference_typed(text) == reference_typed(reference_typed(text))
