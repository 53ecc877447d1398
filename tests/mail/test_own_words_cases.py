"""What people sent to services like this one: whose each line is, what their own words say."""

import json
from pathlib import Path

import pytest
from quoting import owners

from rmp_milter.mail.header.routing import cut
from rmp_milter.mail.whose.courtesy import said
from rmp_milter.mail.whose.reading import read_html, read_plain
from rmp_milter.mail.whose.words import Whose, Words

FILE = Path(__file__).parents[1] / "fixtures" / "own-words.jsonl"
CASES = {
    case["id"]: case for case in map(json.loads, FILE.read_text("utf-8").strip().split("\n"))
}
QUOTES_ONLY = {"t01c", "t01d", "t01e", "t01g", "m01", "m07", "m08", "m10", "m16", "m65"}
LETTERS = {
    "m25",
    "m26",
    "m28",
    "m43",
    "m53",
    "m55",
    "h071",
    "h076",
    "t02d",
    "h116",
    "m05",
    "m46",
}


def read(case: dict[str, str]) -> Words:
    return read_plain(case["text"]) if "text" in case else read_html(case["html"])


@pytest.mark.parametrize("name", CASES)
def test_each_line_is_whose_it_is(name: str) -> None:
    assert owners(read(CASES[name])) == CASES[name]["owners"]


@pytest.mark.parametrize("name", CASES)
def test_own_words_say_what_they_say(name: str) -> None:
    words = read(CASES[name])
    own = [line.text for line in words.lines if line.whose is Whose.OWN]
    assert said(own).name == CASES[name]["own_says"]


@pytest.mark.parametrize("name", sorted(QUOTES_ONLY))
def test_thanks_above_somebodys_request_hold_no_header(name: str) -> None:
    assert cut(read(CASES[name]).text(Whose.DOUBTFUL)).found is False


@pytest.mark.parametrize("name", sorted(LETTERS))
def test_letters_keep_the_header_above_them(name: str) -> None:
    case = CASES[name]
    found = cut(read(case).text())
    assert found.header.startswith(("Patient : DUPONT", "Patient : MARTIN"))
