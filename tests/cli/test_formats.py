"""Commands on a service of the first format, and on one that a later version wrote."""

import json
import shutil
from pathlib import Path

import lmdb
import pytest
from rmp_case import Rmp

from rmp_milter.store.format import version
from testbed.command import run_rmp
from testbed.past_service import manifest, of_then, unpack

STORE = version.FORMAT.number
LATER = "written by a later version of rmp-milter: this one reads format"


@pytest.fixture
def unmoved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Rmp:
    """The service as it was made."""
    return Rmp(unpack(tmp_path).parent, capsys)


@pytest.fixture
def past(moved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Rmp:
    """The service after the one thing that there is to do for it."""
    return Rmp(Path(shutil.copytree(moved, tmp_path / "rmp")), capsys)


def set_mark(folder: Path, mark: bytes) -> None:
    with lmdb.open(str(folder), max_dbs=32, map_size=1 << 30) as env:
        meta = env.open_db(b"meta", create=False)
        with env.begin(write=True) as transaction:
            transaction.put(b"format", mark, db=meta)


@pytest.fixture
def later_store(past: Rmp) -> Rmp:
    set_mark(past.config.parent / "store", b"rmp-milter store 99")
    return past


@pytest.fixture
def later_log(past: Rmp) -> Rmp:
    set_mark(past.config.parent / "keeper" / "log", b"rmp access log 99")
    return past


def in_a_process(past: Rmp, *arguments: str) -> tuple[int, list[str]]:
    done = run_rmp(["--config", str(past.config), *arguments], timeout=60, check=False)
    assert done.stdout == b""
    return done.returncode, done.stderr.decode().splitlines()


# The first format


def test_its_configuration_has_no_number_and_is_read(past: Rmp) -> None:
    assert "format = " not in past.config.read_text()
    said = past("check", "--no-postfix")
    assert said.status == 0
    assert said.out.splitlines()[-1].startswith("0 errors, ")  # its log is of days to come


def test_its_store_is_moved_once_and_is_sound(unmoved: Rmp) -> None:
    data = unmoved.config.parent / "store" / "data.mdb"
    before = data.read_bytes()
    assert "rmp store migrate" in unmoved("store", "check").err
    moved = unmoved("store", "migrate").out.splitlines()[0]
    assert moved == f"moved from format 1 to {STORE} and verified"
    said = json.loads(unmoved("store", "check", "--json").out)
    assert (said["sound"], of_then(said["counts"])) == (True, manifest()["counts"]["tables"])
    assert said["counts"]["terms"] > said["counts"]["dossiers"]
    (note,) = said["notes"]  # and every entry has its leaf
    assert note.endswith("records have no card of the keeper's yet: rmp store vouch")
    assert unmoved("store", "migrate").out == f"nothing to do: format {STORE}\n"
    assert data.with_name("data.mdb.format-1").read_bytes() == before


def test_what_is_in_it_is_listed(past: Rmp) -> None:
    counts = manifest()["counts"]
    dossiers = json.loads(past("dossier", "list", "--json").out)
    assert len(dossiers) == counts["tables"]["dossiers"]
    assert len(json.loads(past("doctor", "list", "--json").out)) == 10
    rows = json.loads(past("outbox", "list", "--sent", "--json").out)
    assert len(rows) == sum(counts["outbox"].values())
    assert len(json.loads(past("pending", "list", "--json").out)) == 5
    assert past("access", "letters").out.count("Votre dossier") == 1
    assert "Lecteur d'essai" in past("trust", "list").out


def test_its_log_is_exported_and_verified(past: Rmp, tmp_path: Path) -> None:
    exported = json.loads(past("access", "export", str(tmp_path / "audit"), "--json").out)
    assert exported["entries"] == manifest()["counts"]["log"]["leaves"]
    said = past.bare("access", "verify", str(tmp_path / "audit"), "--vkey", exported["vkey"])
    assert (said.status, said.out.splitlines()[-1]) == (
        0,
        "the log is what its checkpoint says",
    )


# A later format


@pytest.mark.parametrize(
    "command",
    [
        ("store", "check"),
        ("store", "stats"),
        ("store", "migrate"),
        ("store", "migrate", "--dry-run"),
        ("store", "compact", "elsewhere"),
        ("doctor", "list"),
        ("dossier", "list"),
        ("outbox", "list"),
        ("pending", "list"),
    ],
    ids=" ".join,
)
def test_a_later_store_is_refused_by_commands_in_one_line(
    later_store: Rmp,
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # what is made elsewhere is made there
    store = later_store.config.parent / "store"
    before = (store / "data.mdb").read_bytes()
    said = later_store(*command)
    assert (said.status, said.out) == (1, "")
    assert said.err == f"rmp: the store in {store} is of format 99, {LATER} {STORE}\n"
    assert (store / "data.mdb").read_bytes() == before


@pytest.mark.integration
@pytest.mark.parametrize("process", ["milter", "courier"])
def test_a_later_store_is_refused_by_processes_in_one_line(
    later_store: Rmp, process: str
) -> None:
    status, (line,) = in_a_process(later_store, process)
    assert status == 1
    assert line.endswith(f"/rmp/store is of format 99, {LATER} {STORE}")


def test_a_later_store_is_no_damage_to_check(later_store: Rmp) -> None:
    said = later_store("check", "--no-postfix")
    assert said.status == 1
    (at,) = (n for n, line in enumerate(said.out.splitlines()) if LATER in line)
    hint = said.out.splitlines()[at + 1]
    assert "its own version" in hint
    assert "rmp init" not in said.out


@pytest.mark.integration
@pytest.mark.parametrize("process", ["milter", "courier"])
def test_an_older_store_is_refused_by_processes_with_the_way(
    unmoved: Rmp, process: str
) -> None:
    status, (line,) = in_a_process(unmoved, process)
    assert status == 1
    assert line.endswith(
        f"is of format 1, older than format {STORE} of this version: "
        "stop the services, then rmp store migrate"
    )


@pytest.mark.parametrize("command", [("export", "elsewhere"), ("checkpoint",)], ids=" ".join)
def test_a_later_log_is_refused_by_commands_in_one_line(
    later_log: Rmp, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = later_log("access", *command)
    log = later_log.config.parent / "keeper" / "log"
    assert (said.status, said.out) == (1, "")
    assert said.err == f"rmp: {log}: the access log is of format 99, {LATER} 3\n"


@pytest.mark.integration
def test_a_later_log_is_refused_by_the_keeper_in_one_line(later_log: Rmp) -> None:
    log = later_log.config.parent / "keeper" / "log"
    before = (log / "data.mdb").read_bytes()
    status, lines = in_a_process(later_log, "keeper")
    assert (status, len([line for line in lines if LATER in line])) == (1, 1)
    assert lines[-1].endswith(f"the access log is of format 99, {LATER} 3")
    assert (log / "data.mdb").read_bytes() == before


def test_a_later_log_is_no_damage_to_check(later_log: Rmp) -> None:
    said = later_log("check", "--no-postfix")
    assert (said.status, said.out.count(LATER)) == (1, 1)
    assert "must not be replaced" not in said.out


@pytest.mark.parametrize("command", [("store", "check"), ("check",), ("milter",), ("keeper",)])
def test_a_later_configuration_is_refused_in_one_line(
    past: Rmp, command: tuple[str, ...]
) -> None:
    text = past.config.read_text()
    past.config.write_text(f"format = 99\n[news]\n{text}")
    said = past(*command)
    assert said.status == 2
    assert said.err.splitlines()[0] == f"rmp: rmp.toml: is of format 99, {LATER} 1"
    assert said.err.count("rmp: rmp.toml") == 1
