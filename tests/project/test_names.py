"""Names that a newcomer can rely on: a class's stands once in the package, a test file's too."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import rmp_milter
from testbed.source import parsed

PACKAGE = Path(rmp_milter.__file__).parent
CLASS = re.compile(r"^class (\w+)", re.MULTILINE)


def classes() -> dict[str, list[str]]:
    """Return every class of the package by its name, with the files that define it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in CLASS.findall(path.read_text()):
            found[name].append(str(path.relative_to(PACKAGE)))
    return found


def test_a_classs_name_stands_once() -> None:
    found = classes()
    assert len(found) > 300
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


def test_a_test_modules_name_stands_once() -> None:
    """They are imported by their name alone: of two the second would not be found."""
    tests = Path(__file__).parents[1]
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(tests.rglob("*.py")):
        if path.name not in {"conftest.py", "__init__.py"}:
            found[path.name].append(str(path.relative_to(tests)))
    assert len(found) > 300
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


def test_every_file_of_texts_is_in_the_catalogue() -> None:
    room = PACKAGE / "mail" / "catalogue"
    tree = parsed(room / "texts.py")
    (parts,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_PARTS"
    )
    assert isinstance(parts, ast.Tuple)
    named = {ast.unparse(each) for each in parts.elts}
    assert named == {path.stem for path in room.glob("*.py")} - {
        *("__init__", "text", "texts"),  # the catalogue itself
        *("examples", "inert", "slots"),  # what the texts take from it
    }
