"""What reads all there is in a table is for commands: no mail and no chore calls it.

Beside it tests count what the verbs and the chores touch of a real store with a crowd in it
(``tests/handlers/test_verbs_read_no_whole_table.py``, ``tests/store/``).
"""

import ast
from pathlib import Path

import pytest

import rmp_milter
from rmp_milter.handlers.asking.view import View
from rmp_milter.milter.sender import Directory
from rmp_milter.store.surface import Outbox, OutboxSnapshot, Snapshot

ROOM = Path(rmp_milter.__file__).parent
WHOLE = frozenset({"doctors", "dossiers", "emergencies", "waiting", "rows"})


def whole_reads(source: str) -> set[str]:
    """Return the whole reads that are called: by name, and with nothing to look for."""
    return {
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in WHOLE and not node.args
    }


@pytest.mark.parametrize("room", ["handlers", "milter", "courier", "mail", "keeper"])
def test_no_mail_and_no_chore_calls_a_whole_read(room: str) -> None:
    found = {
        str(path.relative_to(ROOM)): names
        for path in (ROOM / room).rglob("*.py")
        if (names := whole_reads(path.read_text()))
    }
    assert found == {}


def test_a_call_of_one_is_seen() -> None:
    assert whole_reads("list(view.doctors())") == {"doctors"}
    assert whole_reads("outbox.rows(sent=True)") == {"rows"}
    assert whole_reads("rows.waiting(row); view.doctor(1); doctors()") == set()


def test_the_whole_reads_have_these_names() -> None:
    """One that gets another name has to be named here."""
    readers = (Snapshot, Outbox, OutboxSnapshot)
    assert all(any(hasattr(each, name) for each in readers) for name in WHOLE)


def test_a_handler_sees_no_whole_directory() -> None:
    for name in WHOLE:
        assert not hasattr(View, name)
        assert not hasattr(Directory, name)
