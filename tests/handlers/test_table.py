"""One name for a verb: its handler, its module and its test file are found by it."""

import ast
from pathlib import Path

import pytest

from rmp_milter import handlers
from rmp_milter.dossier.model import Verb
from rmp_milter.handlers.table import HANDLERS

TESTS = Path(__file__).parent
(ROOM,) = (Path(folder) for folder in handlers.__path__)
PACKAGE = handlers.__name__
NAMES = {verb.name.lower() for verb in Verb}


def imported(module: str) -> set[str]:
    """Return all that a module beside the table imports, dotted."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOM / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def verbs_imported(module: str) -> set[str]:
    """Return the verbs whose modules, or names in them, a module imports."""
    ours = (name.split(".") for name in imported(module) if name.startswith(f"{PACKAGE}."))
    return {parts[len(PACKAGE.split("."))] for parts in ours} & NAMES


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_is_handled_by_the_module_of_its_name(verb: Verb) -> None:
    handle = HANDLERS[verb]
    assert (handle.__module__, handle.__name__) == (f"{PACKAGE}.{verb.name.lower()}", "handle")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_verb_has_a_test_file_of_its_name(name: str) -> None:
    tests = ast.parse((TESTS / f"test_{name}.py").read_text())
    found = [node.name for node in ast.walk(tests) if isinstance(node, ast.FunctionDef)]
    assert any(each.startswith("test_") for each in found)


def test_what_lies_beside_the_table_is_a_verbs() -> None:
    assert {path.stem for path in ROOM.glob("*.py")} - {"__init__", "table"} == NAMES


def test_the_table_imports_them_all() -> None:
    assert verbs_imported("table") == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_no_verb_imports_another(name: str) -> None:
    assert verbs_imported(name) == set()
