"""What doctors are told to type is understood: in the guide as it stands, elsewhere filled in.

That each example works once its slots are filled in is ``tests/mail/test_slots.py``.
"""

import re
from pathlib import Path
from textwrap import dedent
from typing import get_args

import pytest

from rmp_milter.mail.catalogue.examples import BLOCKS
from rmp_milter.mail.catalogue.refusals import REFUSALS
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.header.lines import lines_of
from rmp_milter.mail.header.routing import Trouble, parse
from rmp_milter.mail.header.words import Field

GUIDE = (Path(__file__).parents[2] / "docs" / "guide-medecin.md").read_text()
TWO_PAGES, _, OUTLOOK = GUIDE.partition("\n## Outlook sans Gpg4win")
BLOCK = re.compile(r"(?:^ {4}\S.*\n)+", re.MULTILINE)
EXAMPLES = [
    pytest.param(dedent(block), id=f"guide {place}")
    for place, block in enumerate(BLOCK.findall(GUIDE), 1)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_understood_as_it_is_typed(example: str) -> None:
    header = parse(example, 2026)
    # Lines to add to another example miss what stands there.
    lacks = {Trouble.MISSING, Trouble.NO_REQUEST}
    wrong = [each for each in header.problems if each.kind not in lacks]
    assert wrong == []
    missing = [each for each in header.problems if each.kind in lacks]
    asked = any(line.field is Field.REQUEST for line in lines_of(example))
    assert not (asked and missing)


@pytest.mark.parametrize("language", get_args(Language))
def test_the_aide_shows_the_examples_of_the_catalogue_and_no_others(language: Language) -> None:
    shown = BLOCK.findall(text("help", language))
    assert {f"{block}\n" for block in BLOCKS[language].values()} >= set(shown)
    assert len(shown) == 15


ROWS = re.compile(r"^\| .* \| `(Demande : [^`]*)` \| ([^|]*)\|$", re.MULTILINE)
LINE = re.compile(r"`([^`]* : [^`]*)`")
PATIENT = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


@pytest.mark.parametrize(("request_line", "more"), ROWS.findall(GUIDE))
def test_every_row_of_the_patients_rights_is_understood(request_line: str, more: str) -> None:
    lines = "\n".join([request_line, *PATIENT.splitlines(), *LINE.findall(more)])
    assert parse(lines, 2026).problems == ()


WORDS = re.search(r"De même : (.*?)\. La page", text("help", "fr"), re.DOTALL)


@pytest.mark.parametrize(
    "word",
    re.split(r", | et ", re.sub(r"\s*\([^)]*\)", "", " ".join(WORDS[1].split())))
    if WORDS
    else [],
)
def test_every_request_that_the_aide_only_names_is_known(word: str) -> None:
    said = parse(f"Demande : {word}\n{PATIENT}", 2026)
    assert [each for each in said.problems if each.kind is not Trouble.MISSING] == []


def test_all_rows_of_the_patients_rights_are_read_by_the_test_above() -> None:
    assert len(ROWS.findall(GUIDE)) == TWO_PAGES.count("\n| ") - 1  # but the table's head


@pytest.mark.parametrize(("page", "most"), [(TWO_PAGES, 170), (OUTLOOK, 85)])
def test_the_guide_stays_two_pages_and_one_for_outlook(page: str, most: int) -> None:
    """As plain text, in small print; longer lines wrap, which the table's may."""
    lines = page.splitlines()
    assert 40 < len(lines) <= most
    assert max(len(line) for line in lines if not line.startswith("|")) <= 122


REFUSED = [
    *("not-encrypted", "smime", "smime-unreadable", "old-cipher", "old-certificate"),
    *("unsupported", "unknown-certificate", "expired-certificate", "revoked-certificate"),
    *("wrong-purpose", "unknown-issuer", "stale-list", "winmail"),
]


def test_the_page_for_outlook_says_what_to_do_in_the_words_of_each_refusal() -> None:
    """The words in its table stand in one text of the catalogue; ``[...]`` leaves some out."""
    said = re.findall(r"^\| (?!Le refus)([^|-][^|]*) \|", OUTLOOK, re.MULTILINE)
    texts = {key: str(REFUSALS[key].fr) for key in REFUSED}
    found = [
        [
            key
            for key, words in texts.items()
            if all(each in words for each in row.split(" [...] "))
        ]
        for row in said
    ]
    assert sorted(key for keys in found for key in keys) == sorted(REFUSED)
