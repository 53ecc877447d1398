"""What doctors typed in their own words, each text cut and read: never wrongly.

Mails with quotes or HTML are read by the whole chain, which takes the sender's own words first;
they are named below, so that none is forgotten.
"""

import pytest

from rmp_milter.mail.header.routing import cut, parse
from testbed.said import YEAR, SaidCase, Verdict, came_of, cases, verdict

CASES = cases()
OF_THE_CHAIN = {
    *("h069", "h113", "h116", "h117", "h119", "h121", "h162", "h164"),
    *("t01a", "t01b", "t01c", "t01d", "t01e", "t01g"),
    *("m01", "m02", "m04", "m05", "m07", "m08", "m10", "m11", "m13", "m14", "m16", "m19"),
    *("m35", "m37", "m40", "m41", "m46", "m47", "m49"),
    *(name for name, case in CASES.items() if case.html),
}
"""Quotes, forwards, an empty body, HTML: own words are told first."""
OWN = sorted(CASES.keys() - OF_THE_CHAIN)


def judged(case: SaidCase) -> Verdict:
    found = cut(case.text)
    return verdict(case.right, came_of(found, parse(found.header, YEAR)))


@pytest.mark.parametrize("name", OWN)
def test_no_text_is_read_wrongly(name: str) -> None:
    assert judged(CASES[name]) is not Verdict.WRONG


def test_nine_of_ten_that_have_one_reading_are_read() -> None:
    definite = [CASES[name] for name in OWN if CASES[name].is_definite]
    asked = [case.name for case in definite if judged(case) is not Verdict.RIGHT]
    assert len(asked) <= len(definite) // 10
    assert len(definite) > 100


def test_the_cases_left_to_the_chain_are_there() -> None:
    assert CASES.keys() >= OF_THE_CHAIN
