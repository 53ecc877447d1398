"""The delimiter lines of a multipart, against the expression that says what they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmp_milter.mail.incoming import delimiters as module
from rmp_milter.mail.incoming.delimiters import Delimiter, delimiters

PIECES = ("--b", "--bb", "b", "-", "\r", "\n", "\r\n", "\r\r\n", " ", "\t", "x", "--b--")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def expected(data: bytes, start: int, end: int, boundary: str) -> list[Delimiter]:
    """Return what one expression finds (RFC 2046, 5.1.1)."""
    line = rb"(?:(?<=[\r\n])|\A)--" + boundary.encode() + rb"(--)?[ \t]*(?:\r{0,2}\n|\r|\Z)"
    found = re.compile(line).finditer(data, start, end)
    return [Delimiter(each.start(), each.end(), bool(each[1])) for each in found]


@given(TEXTS, st.integers(0, 20), st.sampled_from(["b", "bb", "b-"]))
def test_delimiters_are_those_of_the_expression(text: str, start: int, boundary: str) -> None:
    data = text.encode()
    end = max(start, len(data) - 1)
    found = delimiters(memoryview(data), start, min(end, len(data)), boundary)
    assert list(found) == expected(data, start, min(end, len(data)), boundary)


@given(TEXTS)
def test_a_long_stretch_gives_the_same(text: str) -> None:
    data = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SHORT", -1)
        assert list(delimiters(data, 0, len(data), "b")) == expected(data, 0, len(data), "b")


def test_lines_that_only_look_like_delimiters_cost_one_expression() -> None:
    data = b"--bx\r\n" * 1000 + b"--b\r\nx\r\n--b--\r\n"
    assert list(delimiters(data, 0, len(data), "b")) == [
        Delimiter(6000, 6005, closing=False),
        Delimiter(6008, 6015, closing=True),
    ]
