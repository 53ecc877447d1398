"""What auditors' commands say is all there in French, with the same things filled in."""

import ast
import string
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

import rmp_milter
from rmp_milter.cli.access import access
from rmp_milter.cli.audit_main import rmp_audit
from rmp_milter.cli.language import speak
from rmp_milter.phrases.french import FRENCH
from rmp_milter.phrases.french_help import HELP
from testbed.source import parsed, says

PACKAGE = Path(rmp_milter.__file__).parent
# Where a line that nothing is filled into is a plain string, given to one of these.
SPEAKING = [*(PACKAGE / "tlog").glob("*.py"), *(PACKAGE / "audit").rglob("*.py")]
SPEAKING += [*(PACKAGE / "witness").glob("*.py")]
SPEAKING += [*(PACKAGE / "cli").glob("access*.py"), PACKAGE / "cli" / "audit_main.py"]
CALLS = {"NoteError", "EntryProofError", "FolderError", "ReasonError", "CommandError"}
CALLS |= {"PolicyError", "SubmissionError", "StationError", "WitnessKeyError"}
CALLS |= {"UsageError", "BadParameter", "Finding", "append", "refusing", "say", "CommandPlace"}


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def texts(node: ast.expr) -> Iterator[str]:
    """Yield the text that an argument is; of a choice both."""
    match node:
        case ast.Constant(str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts(body)
            yield from texts(orelse)


def said_in(path: Path) -> Iterator[str]:
    """Yield the templates of phrases in a file, and its plain lines where it speaks."""
    if path not in SPEAKING and not says(path, "Phrase"):
        return
    tree = parsed(path)
    named = defaultdict[str, list[ast.expr]](list)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id].append(node.value)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node)
        if name == "Phrase" and node.args:
            first = node.args[0]
            for each in named[first.id] if isinstance(first, ast.Name) else [first]:
                yield from texts(each)
        elif name in CALLS and path in SPEAKING:
            hints = [each.value for each in node.keywords if each.arg in {"hint", "help"}]
            for argument in (*node.args, *hints):
                yield from (text for text in texts(argument) if " " in text)


@cache
def said() -> list[str]:
    return sorted({text for path in PACKAGE.rglob("*.py") for text in said_in(path)})


def filled_in(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_what_is_said_was_found() -> None:
    assert len(said()) > 80
    assert "entry {first} is altered" in said()


def test_every_line_is_there_in_french() -> None:
    assert [line for line in said() if line not in FRENCH] == []


def test_the_same_is_filled_in() -> None:
    assert [line for line in said() if filled_in(line) != filled_in(FRENCH[line])] == []
    assert [
        line for line, french in FRENCH.items() if filled_in(line) != filled_in(french)
    ] == []


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


speak("en")
ALL = dict(commands(access)) | dict(commands(rmp_audit))


@pytest.mark.parametrize("name", ALL)
def test_every_command_speaks_and_helps_in_french(name: str) -> None:
    options = [each for each in ALL[name].params if isinstance(each, click.Option)]
    assert "--lang" in {each.opts[-1] for each in options}
    assert name in HELP
    missing = {each.opts[-1] for each in options} - HELP.keys()
    assert {each for each in missing if f"{name} {each}" not in HELP} == set()
