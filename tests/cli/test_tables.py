"""Tables on a narrow terminal, and what an answer that is held back shows of its times."""

import json
import sys
import time
from pathlib import Path

import pytest
from directory_case import with_dossiers
from rmp_case import RPPS, Rmp

from rmp_milter.cli.outbox import ShownTimes, shown_times
from rmp_milter.cli.output import fitted
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import OutgoingMail, Slice
from rmp_milter.store.surface import OutboxRow, RowState

LONG = ("--name", "Dr Marie-Antoinette de La Tour-Maubourg", "--mail", "ma@latour.example")


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")


def held(rmp: Rmp, until: int) -> None:
    mail = OutgoingMail("anne@cabinet-medical.example", "m" * 40, (Slice(b"x"),), until)
    with open_store(load(rmp.config)) as store:
        store.commit(Changes(outbox=(mail,)), int(time.time()))


@pytest.mark.parametrize(
    "table", [("doctor", "list"), ("dossier", "list"), ("pending", "list"), ("outbox", "list")]
)
def test_a_table_fits_the_terminal_unless_it_is_to_be_wide(
    rmp: Rmp, key: Path, monkeypatch: pytest.MonkeyPatch, table: tuple[str, str]
) -> None:
    rmp.add(key, "--account", "marie.antoinette", who=LONG)
    with_dossiers(rmp, 1)
    held(rmp, int(time.time()) + 3600)
    plain = rmp(*table).out
    on_a_terminal(monkeypatch)
    lines = rmp(*table).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert rmp(*table, "--wide").out == plain
    assert "…" not in plain
    assert "…" not in rmp(*table, "--json").out


def test_what_commands_are_given_is_never_cut(
    rmp: Rmp, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rmp.add(key, who=LONG)
    on_a_terminal(monkeypatch)
    (line,) = rmp("doctor", "list").out.splitlines()[1:]
    assert RPPS in line
    assert "…" in line


def test_columns_give_way_in_their_order_and_to_their_least() -> None:
    heads, least = ("A", "B", "C"), {"C": 4, "A": 2}
    assert fitted(heads, [10, 10, 10], least, 34) == [10, 10, 10]
    assert fitted(heads, [10, 10, 10], least, 30) == [10, 10, 6]
    assert fitted(heads, [10, 10, 10], least, 24) == [6, 10, 4]
    assert fitted(heads, [10, 10, 10], least, 9) == [2, 10, 4]


@pytest.mark.parametrize(
    ("state", "since", "shown"),
    [
        (RowState.WAITING, 1060, ShownTimes(1000, 1060)),
        (RowState.WAITING, 1000, ShownTimes(1000, 0)),
        (RowState.WAITING, 900, ShownTimes(900, 0)),
        (RowState.WAITING, 5000, ShownTimes(1000, 5000)),
        (RowState.PARKED, 1060, ShownTimes(1060, 0)),
    ],
)
def test_since_is_never_in_the_future(state: RowState, since: int, shown: ShownTimes) -> None:
    row = OutboxRow(1, "a@b.example", "m", state, since=since)
    assert shown_times(row, 1000, 60) == shown


def test_an_answer_that_is_held_back_says_until_when(rmp: Rmp) -> None:
    before = int(time.time())
    held(rmp, before + 45)
    (row,) = json.loads(rmp("outbox", "list", "--json").out)
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before + 45))
    assert row["held_until"] == row["next_try"] == until
    assert row["since"] < until
    (line,) = rmp("outbox", "list").out.splitlines()[1:]
    assert "held" in line.split()


def test_a_dry_run_of_the_chores_needs_no_keeper_and_sends_nothing(rmp: Rmp) -> None:
    assert rmp("chores", "--dry-run").out == "nothing would be done\n"
    text = rmp.config.read_text()
    assert "addresses = []" in text
    rmp.config.write_text(text.replace("addresses = []", 'addresses = ["dpo@ars.example"]'))
    said = rmp("chores", "--dry-run", "--at", "2031-01-31", "--json")
    assert json.loads(said.out) == [
        {"kind": "checkpoint", "about": "the access log", "mails_to": ["dpo@ars.example"]}
    ]
    assert "dpo@ars.example" in rmp("chores", "--dry-run").out
    assert json.loads(rmp("outbox", "list", "--json").out) == []
