"""What doctors are told to type is understood as it stands: in the guide and in the aide."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from rmp_milter.mail.routing import Trouble, parse
from rmp_milter.mail.texts import text

GUIDE = (Path(__file__).parents[2] / "docs" / "guide-medecin.md").read_text()
PAGES = {"guide": GUIDE, "aide": text("help", "fr"), "help": text("help", "en")}
BLOCK = re.compile(r"(?:^ {4}\S.*\n)+", re.MULTILINE)
EXAMPLES = [
    pytest.param(dedent(block), id=f"{name} {place}")
    for name, page in PAGES.items()
    for place, block in enumerate(BLOCK.findall(page), 1)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_understood_as_it_is_typed(example: str) -> None:
    header = parse(example, 2026)
    wrong = [each for each in header.problems if each.kind is not Trouble.MISSING]
    assert wrong == []
    # Lines to add to another example miss what stands there.
    missing = [each for each in header.problems if each.kind is Trouble.MISSING]
    assert not (header.verb_stated and missing)
