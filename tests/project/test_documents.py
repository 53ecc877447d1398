"""The documents as a newcomer follows them: every file that they name is there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from test_imports import FLOORS

import rmp_milter

ROOT = Path(__file__).parents[2]
PACKAGE = Path(rmp_milter.__file__).parent  # beside the tests, or as installed
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("[A-Z]*.md"))]
BUILT = {"build", "dist"}  # what is in them depends on what was built last
FOLDERS = {
    path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."
} - BUILT
NAMED = re.compile(r"`([\w./*-]+)`")
EXAMPLE = "bilan"  # the verb that docs/how-to-add.md makes up
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


class Named(NamedTuple):
    """A file that a page names, and where it may lie as the page says it."""

    name: str
    places: tuple[Path, ...]


def is_path(name: str) -> bool:
    """Whether words in code style name something of the repository, not of a service."""
    if EXAMPLE in name:
        return False
    return name.endswith((".py", ".md")) or name.partition("/")[0] in FOLDERS


def files_named(page: Path) -> Iterator[Named]:
    """Yield the files, from the root, below the package, or beside the one named before."""
    for paragraph in page.read_text().split("\n\n"):
        for line in paragraph.splitlines() if "\n|" in paragraph else [paragraph]:
            before: list[Path] = []
            for name in filter(is_path, NAMED.findall(line)):
                places = (
                    ROOT / name,
                    PACKAGE.parent / name,
                    PACKAGE / name,
                    *(one / name for one in before),
                )
                yield Named(name, places)
                before = [place.parent for place in places if place.exists()]
        for name in LINK.findall(paragraph):
            yield Named(name, (page.parent / name,))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    missing = [
        each.name for each in files_named(page) if not any(map(Path.exists, each.places))
    ]
    assert missing == []


def test_files_are_found_in_the_pages_at_all() -> None:
    names = {each.name for page in PAGES for each in files_named(page)}
    assert {"milter/pipeline.py", "unlocking.py", "docs/rules.md", "formats.md"} <= names


def test_every_room_is_explained_on_its_floor() -> None:
    overview = (ROOT / "docs" / "overview.md").read_text()
    table = re.findall(r"^\| (\d) \| `(\w+)` \| \w", overview, re.MULTILINE)
    floors = [(str(floor), room) for floor, rooms in enumerate(FLOORS, 1) for room in rooms]
    assert table == floors
