"""docs/threat-model.md against the marks of the tests: each promise is shown by some."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from testbed.source import parsed, says

ROOT = Path(__file__).parents[2]
PROMISES = (
    (ROOT / "docs" / "threat-model.md")
    .read_text()
    .partition("\n## Promises\n")[2]
    .partition("\n## ")[0]
)
NUMBERS = [int(number) for number in re.findall(r"^(\d+)\. \*\*", PROMISES, re.MULTILINE)]


def marks_in(nodes: Iterable[ast.AST]) -> list[ast.Call]:
    calls = (node for node in nodes if isinstance(node, ast.Call))
    return [each for each in calls if getattr(each.func, "attr", "") == "promise"]


def marked(path: Path) -> list[int]:
    """Return the numbers in a file's marks; a mark names one.

    It stands on a test, or in the ``pytestmark`` of a file that has tests.
    """
    tree = parsed(path)
    nodes = list(ast.walk(tree))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef))
    tests = [node for node in functions if node.name.startswith("test_")]
    whole = [node for node in tree.body if isinstance(node, ast.Assign) and is_mark(node)]
    of_file = marks_in(each for node in whole if tests for each in ast.walk(node.value))
    of_tests = [each for test in tests for each in marks_in(test.decorator_list)]
    assert sorted(map(line_of, marks_in(nodes))) == sorted(map(line_of, of_file + of_tests))
    return [
        ast.literal_eval(each.value) for mark in of_file + of_tests for each in mark.keywords
    ]


def is_mark(node: ast.Assign) -> bool:
    return [ast.unparse(each) for each in node.targets] == ["pytestmark"]


def line_of(node: ast.Call) -> tuple[int, int]:
    return node.lineno, node.col_offset


def test_promises_are_numbered_one_after_the_other() -> None:
    assert list(range(1, len(NUMBERS) + 1)) == NUMBERS
    assert len(NUMBERS) > 1


def test_every_promise_has_a_test_and_no_test_names_another() -> None:
    tests = [each for each in (ROOT / "tests").rglob("test_*.py") if says(each, "promise")]
    shown = {each for path in tests for each in marked(path)}
    assert shown == set(NUMBERS)


def test_who_reports_a_breach_finds_every_promise() -> None:
    table = re.findall(r"^\| ([\d, ]+) \|", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    assert [int(number) for cell in table for number in cell.split(", ")] == NUMBERS
