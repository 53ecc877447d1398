"""``rmp access``: what the keeper's side hands out, and what an auditor does with it."""

import csv
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli import main
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.tlog.entry_proofs import VERSION
from rmp_milter.tlog.notes import VerifierKey

DAY = 86_400
BEGAN = 1_795_996_800  # 2026-11-30T00:00:00Z
RPPS = ("10003456786", "10101234564")


class Said(NamedTuple):
    status: int
    out: str
    err: str


class Rmp:
    def __init__(self, service: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.service = service
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Said:
        """Run ``rmp access`` with this service's configuration."""
        return self._run("--config", self.service / "rmp.toml", "access", *arguments)

    def auditor(self, *arguments: str | Path) -> Said:
        """Run it where there is no configuration at all."""
        return self._run("access", *arguments)

    def _run(self, *arguments: str | Path) -> Said:
        self._capsys.readouterr()
        status = main.run([*map(str, arguments)])
        return Said(status, *self._capsys.readouterr())


def write(service: Path, first: int, count: int) -> None:
    with Journal(service / "keeper" / "log") as log:
        for number in range(first, first + count):
            event = Event(
                at=BEGAN + number * DAY,
                action=("depot", "dossier")[number % 2],
                request=number.to_bytes(32),
                actor_rpps=RPPS[number % 3 == 0],
                actor_fingerprint="ab" * 20,
                sender=f"=dr{number}@cab.example",
                dossier_id=bytes(16),
                documents=(number.to_bytes(16),) * (number % 2),
            )
            log.append(event, BEGAN + number * DAY + 1)


@pytest.fixture(scope="module")
def made(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("made") / "rmp"))
    write(folder, 0, 6)
    return folder


@pytest.fixture
def rmp(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Rmp:
    return Rmp(Path(shutil.copytree(made, tmp_path / "rmp")), capsys)


@pytest.fixture
def folder(rmp: Rmp, tmp_path: Path) -> Path:
    assert rmp("export", tmp_path / "audit").status == 0
    return tmp_path / "audit"


@pytest.fixture
def vkey(rmp: Rmp) -> str:
    return rmp("key").out.strip()


def test_the_log_bears_the_services_name(rmp: Rmp, vkey: str) -> None:
    assert VerifierKey.parse(vkey).name == "chu.example/rmp"
    note = rmp("checkpoint").out
    assert note.startswith("chu.example/rmp\n6\n")
    signed = json.loads(rmp("checkpoint", "--json").out)
    assert (signed["checkpoint"], signed["vkey"], signed["entries"]) == (note, vkey, 6)


@pytest.mark.promise(number=13)
def test_an_auditors_year(rmp: Rmp, tmp_path: Path, vkey: str) -> None:
    """A checkpoint is kept, the log grows, the export of a later day is verified."""
    kept, audit, key = tmp_path / "kept", tmp_path / "audit", tmp_path / "key"
    kept.write_text(rmp("checkpoint").out)
    key.write_text(f"{vkey}\n")
    write(rmp.service, 6, 300)
    exported = json.loads(rmp("export", audit, "--json").out)
    assert (exported["entries"], exported["vkey"]) == (306, vkey)
    for given in (vkey, str(key)):
        said = rmp.auditor("verify", audit, "--checkpoint", kept, "--vkey", given)
        assert (said.status, said.err) == (0, "")
        assert said.out.splitlines()[-1] == "the log is what its checkpoint says"
    write(rmp.service, 306, 1)
    assert json.loads(rmp("export", audit, "--json").out)["written"] == 3
    report = json.loads(rmp.auditor("verify", audit, "--checkpoint", kept, "--json").out)
    assert (report["sound"], report["log"]["entries"]) == (True, 307)
    assert report["old_checkpoint"]["entries"] == 6
    assert report["notes"] == ["no verifier key given: who signed is not verified"]


def test_a_heartbeat_is_an_entry_of_its_own_each_time(rmp: Rmp, folder: Path) -> None:
    for _ in range(2):
        assert rmp("checkpoint", "--heartbeat").status == 0
    assert json.loads(rmp("export", folder, "--json").out)["entries"] == 8
    assert listed(rmp, folder, "--kind", "heartbeat") == [6, 7]


def test_what_is_wrong_is_status_1_and_named(rmp: Rmp, folder: Path, vkey: str) -> None:
    (bundle,) = (folder / "tile/entries/000.p").iterdir()
    bundle.write_bytes(bundle.read_bytes().replace(b"=dr3@", b"=dr4@"))
    said = rmp.auditor("verify", folder, "--vkey", vkey)
    assert said.status == 1
    assert said.err == "rmp: access log: entry 3 is altered\n"
    assert said.out.splitlines()[-1] == "1 findings"
    (found,) = json.loads(rmp.auditor("verify", folder, "--json").out)["findings"]
    assert (found["kind"], found["first"], found["last"]) == ("altered", 3, 3)


def test_an_older_copy_of_the_log_stops_the_keepers_side(rmp: Rmp) -> None:
    data = rmp.service / "keeper" / "log" / "data.mdb"
    before = data.read_bytes()
    write(rmp.service, 6, 1)
    assert rmp("checkpoint").status == 0
    data.write_bytes(before)
    said = rmp("checkpoint")
    assert said.status == 1
    assert "holds 6 leaves, but 7 were signed" in said.err
    checked = main.run(["check", "--no-postfix", "--config", str(rmp.service / "rmp.toml")])
    assert checked == 1


def test_a_proof_is_written_and_verified_alone(
    rmp: Rmp, folder: Path, tmp_path: Path, vkey: str
) -> None:
    file = tmp_path / "four.tlog-proof"
    assert rmp.auditor("prove", folder, "4", "-o", file).status == 0
    assert rmp.auditor("prove", folder, "4").out == file.read_text()
    assert file.read_text().startswith(f"{VERSION}\nextra ")
    shutil.rmtree(folder)
    said = rmp.auditor("verify", file, "--vkey", vkey)
    assert said.status == 0
    assert "=dr4@cab.example" in said.out
    assert "in the log chu.example/rmp of 6 entries\n" in said.out
    assert "not verified without --vkey" in rmp.auditor("verify", file).out
    file.write_text(file.read_text().replace("index 4", "index 3"))
    said = rmp.auditor("verify", file, "--vkey", vkey)
    assert said.status == 1
    assert "does not lead from entry 3" in said.err


def listed(rmp: Rmp, folder: Path, *options: str) -> list[int]:
    return [
        each["entry"]
        for each in json.loads(rmp.auditor("list", folder, *options, "--json").out)
    ]


def test_the_list_is_filtered(rmp: Rmp, folder: Path) -> None:
    assert listed(rmp, folder) == [0, 1, 2, 3, 4, 5]
    assert listed(rmp, folder, "--kind", "depot") == [0, 2, 4]
    assert listed(rmp, folder, "--doctor", RPPS[1]) == [0, 3]
    assert listed(rmp, folder, "--since", "2026-12-02", "--until", "2026-12-03") == [2, 3]
    assert listed(rmp, folder, "--until", "2026-12-02T00:00:00+00:00") == [0, 1]
    assert listed(rmp, folder, "--since", "2026-12-04", "--kind", "dossier") == [5]


def test_the_list_is_a_table_or_csv(rmp: Rmp, folder: Path) -> None:
    heads, *rows = rmp.auditor("list", folder).out.splitlines()
    assert heads.split()[:3] == ["ENTRY", "AT", "ACTION"]
    assert rows[1].split()[:3] == ["1", "2026-12-01T00:00:00Z", "dossier"]
    table = [*csv.DictReader(rmp.auditor("list", folder, "--csv").out.splitlines())]
    assert [row["entry"] for row in table] == ["0", "1", "2", "3", "4", "5"]
    assert table[1]["sender"] == "'=dr1@cab.example"  # no formula for a spreadsheet
    assert table[1]["documents"] == (1).to_bytes(16).hex()


def test_one_event_is_shown_with_its_proof(rmp: Rmp, folder: Path) -> None:
    said = rmp.auditor("show", folder, "1")
    assert "at         2026-12-01T00:00:00Z\n" in said.out
    proved = "in the log chu.example/rmp of 6 entries; who signed it is for verify to say"
    assert f"proved     {proved}" in said.out
    shown = json.loads(rmp.auditor("show", folder, "1", "--json").out)
    assert (shown["entry"], shown["event"]["rpps"]) == (1, RPPS[0])
    assert rmp.auditor("show", folder, "6").err == "rmp: no entry 6: the log has 6\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("verify", "."), 1),
        (("list", "."), 1),
        (("show", ".", "0"), 1),
        (("show", ".", "-1"), 2),
        (("list", ".", "--since", "yesterday"), 2),
        (("list", ".", "--csv", "--json"), 2),
        (("verify", ".", "--vkey", "a+b"), 2),
        (("verify", ".", "--vkey", "not-there"), 2),
        (("verify", ".", "--checkpoint", "not-there"), 1),
        (("verify", "not-there"), 2),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_or_two(
    rmp: Rmp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = rmp.auditor(*arguments)
    assert said.status == status
    assert 1 <= len(said.err.splitlines()) <= 2
    assert "Traceback" not in said.err


def test_a_new_log_is_begun_where_the_old_one_was_moved_away(rmp: Rmp, folder: Path) -> None:
    keeper = rmp.service / "keeper"
    for gone in ((), ("log",), ("log.state",)):
        for name in gone:
            (keeper / name).rename(keeper / f"old-{name}")
        said = rmp("begin", "chu.example/rmp-2")
        assert said.status == (0 if gone == ("log.state",) else 1)
    assert rmp("key").out.startswith("chu.example/rmp-2+")
    said = rmp("export", folder)
    assert said.status == 1
    assert "another log, or more of it" in said.err


@pytest.mark.promise(number=13)
def test_a_log_of_the_same_name_does_not_pass_for_the_old_one(rmp: Rmp, folder: Path) -> None:
    keeper = rmp.service / "keeper"
    shutil.rmtree(keeper / "log")
    (keeper / "log.state").unlink()
    assert rmp("begin", "chu.example/rmp").status == 0
    write(rmp.service, 50, 10)
    said = rmp("export", folder)
    assert said.status == 1
    assert "does not extend" in said.err
    assert rmp("begin", "two words").status == 1
