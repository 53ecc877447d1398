"""``rmp store migrate``: what it says, and what it leaves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rmp_case import Rmp

from rmp_milter.cli import output
from rmp_milter.store import lmdb_engine
from rmp_milter.store.format import version
from rmp_milter.store.format.course import Course
from rmp_milter.store.format.failures import StoreError

OURS = version.FORMAT.number
NEXT, LAST = OURS + 1, OURS + 2


def a_step(course: Course) -> None:
    course.expect("meta")
    course.each_batch("meta", "meta", lambda _txn, _batch: None)


def a_fault(_course: Course) -> None:
    raise StoreError("table x lacks what it needs")


@pytest.fixture
def later(service: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Have this process believe in a format two steps on; the store was made before."""
    assert service.exists()
    monkeypatch.setattr(version, "FORMAT", version.FORMAT._replace(number=LAST))
    monkeypatch.setattr(lmdb_engine, "STEPS", {OURS: a_step, NEXT: a_step})
    return monkeypatch


@pytest.fixture
def data(service: Path) -> Path:
    return service / "store" / "data.mdb"


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_store_of_our_format_needs_nothing(
    rmp: Rmp, data: Path, more: tuple[str, ...]
) -> None:
    before = data.read_bytes()
    assert rmp("store", "migrate", *more) == (0, f"nothing to do: format {OURS}\n", "")
    assert data.read_bytes() == before


@pytest.mark.usefixtures("later")
def test_a_dry_run_says_the_steps_and_changes_nothing(rmp: Rmp, data: Path) -> None:
    before = data.read_bytes()
    said = rmp("store", "migrate", "--dry-run")
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines() == [
        f"would move the store from format {OURS} to {LAST}, by steps:",
        f"    {OURS} to {NEXT}",
        f"    {NEXT} to {LAST}",
        f"over a copy of at most {len(before)} bytes; nothing was changed",
    ]
    assert data.read_bytes() == before
    assert {file.name for file in data.parent.iterdir()} == {"data.mdb", "lock.mdb"}


@pytest.mark.usefixtures("later")
def test_what_was_done_is_said_and_the_way_back(rmp: Rmp, data: Path) -> None:
    old = data.with_name(f"data.mdb.format-{OURS}")
    assert "rmp store migrate" in rmp("doctor", "list").err
    said = rmp("store", "migrate")
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines()[0] == f"moved from format {OURS} to {LAST} and verified"
    assert f"    mv {old} {data}" in said.out.splitlines()
    assert old.is_file()
    assert rmp("store", "check").out.endswith("the store is sound\n")
    assert rmp("store", "migrate").out == f"nothing to do: format {LAST}\n"


@pytest.mark.usefixtures("later")
def test_how_far_it_is_is_shown_at_a_terminal(
    rmp: Rmp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.sys.stderr, "isatty", lambda: True)
    shown = rmp("store", "migrate").err.split("\r")
    assert f"format {OURS} to {NEXT}: 4 of 4\n" in shown
    assert f"format {NEXT} to {LAST}: 4 of 4\n" in shown
    assert shown[1].startswith("copying: 0 of ")
    assert shown[-1].startswith("verifying: ")


def test_a_step_that_fails_is_one_line(rmp: Rmp, data: Path, later: pytest.MonkeyPatch) -> None:
    later.setattr(lmdb_engine, "STEPS", {OURS: a_step, NEXT: a_fault})
    before = data.read_bytes()
    said = rmp("store", "migrate")
    assert (said.status, said.out) == (1, "")
    assert said.err == (
        f"rmp: the store in {data.parent} stays as it was, of format {OURS}: "
        "table x lacks what it needs\n"
    )
    assert data.read_bytes() == before


@pytest.mark.usefixtures("later")
def test_a_call_that_was_cut_off_is_gone_on_with_and_that_is_said(
    rmp: Rmp, data: Path, later: pytest.MonkeyPatch
) -> None:
    def stopped(_course: Course) -> None:
        raise KeyboardInterrupt

    later.setattr(lmdb_engine, "STEPS", {OURS: a_step, NEXT: stopped})
    assert rmp("store", "migrate").status != 0
    later.setattr(lmdb_engine, "STEPS", {OURS: a_step, NEXT: a_step})
    goes_on = "go on where a call before was cut off"
    assert rmp("store", "migrate", "--dry-run").out.splitlines()[-1] == f"would {goes_on}"
    assert f"warning: {data.parent}: a migration was cut off" in rmp("check").out
    assert f"or: rm -r {data.parent}/migration" in rmp("check").out
    os.utime(data)
    anew = rmp("store", "migrate", "--dry-run").out.splitlines()[-1]
    assert anew.startswith("would begin anew: ")
    said = rmp("store", "migrate")
    assert said.out.splitlines()[0].startswith("will begin anew: ")
    assert rmp("store", "check").out.endswith("the store is sound\n")
    assert "migration" not in rmp("check").out


def test_a_running_service_is_to_be_stopped_first(
    rmp: Rmp, data: Path, later: pytest.MonkeyPatch
) -> None:
    program = (
        "import lmdb, sys; env = lmdb.open(sys.argv[1]); print('open', flush=True); input()"
    )
    command = [sys.executable, "-c", program, str(data.parent)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        said = rmp("store", "migrate")
        assert rmp("store", "migrate", "--dry-run").status == 0
        later.undo()
        assert rmp("store", "migrate") == (0, f"nothing to do: format {OURS}\n", "")
        other.communicate("\n")
    assert (said.status, said.out) == (1, "")
    assert said.err == "rmp: a process has the store open: stop milter and courier first\n"


def test_where_there_is_no_store_none_is_made(rmp: Rmp, data: Path) -> None:
    data.unlink()
    said = rmp("store", "migrate")
    assert (said.status, said.out) == (1, "")
    assert "there is no store in" in said.err
    assert not data.exists()
