"""docs/formats.md against the words of the routing header and the tables on disk, both ways."""

import re
from pathlib import Path

import pytest

from rmp_milter import __version__
from rmp_milter.cli.directory import FORMAT as DIRECTORY
from rmp_milter.cli.handover import FORMAT as DOSSIER
from rmp_milter.config.reading import FORMAT as CONFIG
from rmp_milter.dossier.cards import LAYOUT
from rmp_milter.dossier.model import Scope, Verb
from rmp_milter.host.backup.manifest import FORMAT as BACKUP
from rmp_milter.keeper.log.own_tables import FORMAT as OWN
from rmp_milter.keeper.log.tables import LogTable, OwnTable
from rmp_milter.keeper.log.version import FORMAT as LOG
from rmp_milter.mail.header.routing import Trouble, parse
from rmp_milter.mail.header.words import Field, field_of, scope_of, verb_of
from rmp_milter.store.format.tables import table_names
from rmp_milter.store.format.version import FORMAT as STORE
from rmp_milter.store.steps import STEPS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
YEAR = 2026


def table(title: str, head: str) -> list[list[list[str]]]:
    """Return the words in code style of each cell, row by row, of a table below a title."""
    section = DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = section.partition(f"\n| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[re.findall("`([^`]+)`", cell) for cell in line.split("|")[1:-1]] for line in lines]


WORDS = table("Routing header", "word")
REQUESTS = table("Routing header", "request")
PAIRS = [pair for french, english, _ in WORDS for pair in zip(french, english, strict=True)]
ASKED = [
    (word, other, needed)
    for french, english, needed, _ in REQUESTS
    for word, other in zip(french, english, strict=True)
]


def test_every_word_of_a_line_is_described_once_and_no_other() -> None:
    assert sorted(french for french, _ in PAIRS) == sorted(Field)


@pytest.mark.parametrize(("french", "english"), PAIRS)
def test_a_word_and_its_english_one_stand_for_the_same(french: str, english: str) -> None:
    assert field_of(french) is field_of(english) is Field(french)


def test_every_request_is_described_once_and_no_other() -> None:
    found = [(verb_of(word), scope_of(word)) for word, _, _ in ASKED]
    scopes = [(Verb.CONSULTATION, scope) for scope in Scope if scope is not Scope.WHOLE]
    assert sorted(found) == sorted([*((verb, Scope.WHOLE) for verb in Verb), *scopes])


@pytest.mark.parametrize(("word", "other", "needed"), ASKED)
def test_a_request_is_read_and_asked_back_as_described(
    word: str, other: str, needed: list[str]
) -> None:
    assert (verb_of(word), scope_of(word)) == (verb_of(other), scope_of(other))
    read = parse(f"Demande : {word}\n", YEAR)
    missed = [each.word for each in read.problems if each.kind is Trouble.MISSING]
    assert (read.verb, sorted(missed)) == (verb_of(word), sorted(needed))


def test_the_lines_that_a_request_may_have_are_words_of_the_header() -> None:
    said = {word for *_, also in REQUESTS for word in also} - {"-"}
    assert said <= {field.value for field in Field}


@pytest.mark.parametrize(
    ("title", "head", "there"),
    [
        ("Store", "table", table_names()),
        ("Access log", "table", list(LogTable)),
        ("Access log", "own table", list(OwnTable)),
    ],
)
def test_every_table_on_disk_is_described_once_and_no_other(
    title: str, head: str, there: list[str]
) -> None:
    described = [name for names, *_ in table(title, head) for name in names]
    assert sorted(described) == sorted(there)


def test_the_row_of_this_version_has_the_numbers_that_it_writes() -> None:
    """A new version needs a row; the rows of the tagged ones stay as they are."""
    rows = DOCUMENT.partition("### What a version promises")[2].partition("\n\n- ")[0]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in rows.splitlines()]
    (mine,) = (row[1:] for row in cells if row and row[0] == __version__)
    writes = (STORE, LOG, OWN, LAYOUT[0], CONFIG, DIRECTORY, DOSSIER, BACKUP)
    numbers = [each if isinstance(each, int) else each.number for each in writes]
    assert [int(cell.split(";")[0]) for cell in mine] == numbers
    assert mine[0] == f"{STORE.number}; moves {', '.join(map(str, STEPS))}"
