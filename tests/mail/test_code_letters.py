"""Texts that tell a patient's code: no part of them, quoted or pasted, is a line ``Code :``."""

import re
from collections.abc import Sequence

import pytest

from rmp_milter.calls.protocol.answering import CODE_MARK
from rmp_milter.dossier.spoken import grouped
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.header.cutting import cut
from rmp_milter.mail.outgoing.spelling import SPELLED_MARKS, SPELLED_WIDTH, spelled

CODE = "JZBV7KQ2"
FACTS = {
    "patient": "DUPONT Jean",
    "birth_date": "30/01/1959",
    "doctor": "Dr Paul DEMO",
    "date": "05/12/2026",
    "version": "2026-1",
    "slip": "fiche-code.pdf",
}
BELOW: list[str] = ["", "> ", ">> ", "| "]


def written(key: str, language: Language) -> list[str]:
    """Return the lines of an answer as its reader has them."""
    said = text(
        key, language, code=CODE_MARK, spelled=SPELLED_MARKS[language], **FACTS
    ).replace(CODE_MARK, grouped(CODE))
    return said.replace(
        SPELLED_MARKS[language], "\n".join(spelled(CODE, language))
    ).splitlines()


FEW = (1, 2, 4)
"""Lines of a window: of more, only all that follow; the campaigns try windows of any size."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "sizes", [FEW, pytest.param(range(1, 100), marks=pytest.mark.soak)], ids=len
)
@pytest.mark.parametrize("key", ["created", "code-renewed"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_window_of_the_answer_is_read_as_a_code(
    key: str, language: Language, sizes: Sequence[int]
) -> None:
    lines = written(key, language)
    assert grouped(CODE) in "\n".join(lines)
    for start in range(len(lines)):
        left = len(lines) - start
        for size in {*(each for each in sizes if each < left), left}:
            window = lines[start : start + size]
            for mark in BELOW:
                pasted = "\n".join(f"{mark}{line}" for line in window)
                found = cut(f"Merci.\n\n{pasted}\n")
                assert (found.code, found.found) == ("", False), pasted


@pytest.mark.parametrize("key", ["created", "code-renewed"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_line_has_the_form_of_a_header(key: str, language: Language) -> None:
    for line in written(key, language):
        assert not re.match(r"\s*[^\s:]+(?: [^\s:]+){0,3} ?: ", line), line


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_word_that_spells_begins_with_its_letter(language: Language) -> None:
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        (line,) = spelled(letter, language)
        assert line.startswith(f"{letter} ")
        assert line.rpartition(" ")[2].startswith(letter)
        assert len(line) * 4 + len(", ") * 3 <= SPELLED_WIDTH, line
    assert len({spelled(digit, language) for digit in "0123456789"}) == 10
