"""What the auditors' commands say: nothing that misleads, in French as in English."""

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from access_case import KEY as VKEY
from access_case import ORIGIN, SIGNER, MadeLog, made_entries

import rmp_milter
from rmp_milter.audit.kinds import KINDS
from rmp_milter.audit.writing import export
from rmp_milter.calls.protocol.message import HEARTBEAT
from rmp_milter.cli import main
from rmp_milter.cli.access_key import NEW_KEY
from rmp_milter.dossier.emergency import EMERGENCY, JUSTIFICATION, REVIEW
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.urgence import LISTED
from rmp_milter.keeper.desk.without_title import WITHOUT_TITLE
from rmp_milter.tlog.checkpoints import TreeHead, sign_head

ANNE, PAUL, LOCUM = "10003456786", "10101234564", "10009876543"
BEGAN = 1_795_996_800  # 2026-11-30T00:00:00Z
HOUR = 3600


def entry(action: str, at: int, **fields: object) -> bytes:
    both = {"action": action, "at": BEGAN + at, "logged": BEGAN + at, "v": 1}
    return json.dumps({**both, "outcome": "granted", **fields}, sort_keys=True).encode()


ENTRIES = [
    entry("depot", 0, rpps=ANNE, sender="=anne@cab.example", documents=["ab" * 16]),
    entry("inscription", HOUR, rpps="", subject=PAUL, proof="host"),
    entry("dossier", 2 * HOUR, rpps=LOCUM, acting_for=PAUL, sender="l@cab.example"),
    entry("dossier", HOUR // 2, rpps=PAUL, sender="paul;p@cab.example", patient="cd" * 32),
    entry("heartbeat", 3 * HOUR, sender='"a",b'),
    entry("urgence", 4 * HOUR, rpps=ANNE, reference="U-AAAA-BBBB-CCCC", sender="a@cab.example"),
]


class Said(NamedTuple):
    status: int
    out: str
    err: str


class Auditor:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, command: str, *arguments: str | Path) -> Said:
        self._capsys.readouterr()
        status = main.run(["access", command, *map(str, arguments)])
        return Said(status, *self._capsys.readouterr())

    def printed(self) -> str:
        return self._capsys.readouterr().out

    def listed(self, *options: str) -> list[int]:
        said = self("list", self.folder, *options, "--json")
        assert said.status == 0, said.err
        return [each["entry"] for each in json.loads(said.out)]


@pytest.fixture
def auditor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Auditor:
    return Auditor(MadeLog(ENTRIES).export(tmp_path / "log"), capsys)


def test_a_kind_that_there_is_not_is_an_error_that_names_those_that_are(
    auditor: Auditor,
) -> None:
    said = auditor("list", auditor.folder, "--kind", "dossiers")
    assert (said.status, said.out) == (1, "")
    assert "'dossiers'" in said.err
    assert "depot, dossier, heartbeat, inscription, urgence" in said.err


def test_a_kind_of_which_the_log_has_none_is_no_error(auditor: Auditor) -> None:
    said = auditor("list", auditor.folder, "--kind", "sans titre")
    assert said.status == 0
    assert "note: nothing in this log is so" in said.err


def test_a_doctor_that_there_is_not_is_an_error_that_names_those_that_are(
    auditor: Auditor,
) -> None:
    for option in ((), ("--emergency",)):
        said = auditor("list", auditor.folder, "--doctor", "10003456787", *option)
        assert (said.status, said.out) == (1, "")
        assert f"{ANNE}, {LOCUM}, {PAUL}" in said.err


def test_of_many_doctors_the_nearest_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [entry("dossier", n, rpps=str(10_000_000_000 + n)) for n in range(100)]
    entries.append(entry("dossier", 100, rpps="29876543210"))
    auditor = Auditor(MadeLog(entries).export(tmp_path / "log"), capsys)
    said = auditor("list", auditor.folder, "--doctor", "29876543120")
    assert "in this log are: 29876543210, 1" in said.err
    assert said.err.splitlines()[0].endswith("... (101)")
    assert len(said.err.splitlines()[0]) < 400


def test_a_state_that_there_is_not_is_an_error_that_names_those_that_are(
    auditor: Auditor,
) -> None:
    said = auditor("list", auditor.folder, "--state", "open")
    assert said.status == 2
    assert "'new', 'justified', 'under-review', 'closed', 'contested'" in said.err


def test_a_doctors_list_has_what_was_done_to_him_and_in_his_name(auditor: Auditor) -> None:
    assert auditor.listed("--doctor", PAUL) == [1, 2, 3]
    assert auditor.listed("--doctor", LOCUM) == [2]
    heads, first, *_ = auditor("list", auditor.folder, "--doctor", PAUL).out.splitlines()
    assert "SUBJECT" in heads
    assert PAUL in first
    assert "SUBJECT" not in auditor("list", auditor.folder, "--kind", "depot").out


def test_an_entry_that_is_dated_before_its_predecessor_is_noted(auditor: Auditor) -> None:
    line = "note: entry 3 is dated 5400 seconds before its predecessor\n"
    assert auditor("list", auditor.folder).err == line
    # Whatever is listed, and where it is shown alone.
    assert auditor("list", auditor.folder, "--kind", "depot").err == line
    assert "earlier_by  5400" in auditor("show", auditor.folder, "3").out
    assert "earlier_by" not in auditor("show", auditor.folder, "4").out
    verified = auditor("verify", auditor.folder)
    assert verified.status == 0
    assert "dated before their predecessor: 1, the first is entry 3, by 5400" in verified.out


def table(text: str, separator: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text), delimiter=separator)]


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("fr", ";")])
def test_csv_is_what_spreadsheets_of_the_language_open(
    auditor: Auditor, language: str, separator: str
) -> None:
    text = auditor("list", auditor.folder, "--csv", "--lang", language).out
    rows = table(text, separator)
    assert [row["entry"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    assert rows[1]["at"] == rows[1]["logged"] == "2026-11-30T01:00:00Z"
    assert rows[0]["sender"] == "'=anne@cab.example"
    assert rows[3]["sender"] == "paul;p@cab.example"
    assert rows[3]["earlier_by"] == "5400"
    assert rows[4]["sender"] == '"a",b'
    cells = [cell for line in text.splitlines() for cell in line.split(separator)]
    assert all(cell.startswith('"') for cell in cells if "p@cab" not in cell and cell != 'b"')
    cases = auditor("list", auditor.folder, "--emergency", "--csv", "--lang", language).out
    assert table(cases, separator)[0]["at"] == "2026-11-30T04:00:00Z"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", " =", "\r=", "＝"])
def test_no_cell_begins_as_a_formula_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], begin: str
) -> None:
    entries = [entry("depot", 0, rpps=ANNE, sender=f"{begin}cmd|calc")]
    auditor = Auditor(MadeLog(entries).export(tmp_path / "log"), capsys)
    (row,) = table(auditor("list", auditor.folder, "--csv").out, ",")
    assert row["sender"] == f"'{begin}cmd|calc"


@pytest.mark.parametrize("options", [(), ("--emergency",), ("--doctor", PAUL)])
def test_tables_fit_80_columns(
    auditor: Auditor, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    long = entry(
        "urgence",
        5 * HOUR,
        rpps=ANNE,
        reference="U-ABCD-EFGH-JKLM",
        subject=PAUL,
        sender="marie-antoinette.de-la-tour@cabinet-medical.example",
        patient="ef" * 32,
        documents=["ab" * 16] * 300,
    )
    MadeLog([*ENTRIES, long]).export(auditor.folder)
    for language in ("fr", "en"):
        narrow = auditor("list", auditor.folder, *options, "--lang", language).out
        assert max(map(len, narrow.splitlines())) <= 80
        wide = auditor("list", auditor.folder, *options, "--wide", "--lang", language).out
        assert max(map(len, wide.splitlines())) > 80


@pytest.mark.parametrize(
    ("environment", "french"),
    [
        ({"LANG": "fr_FR.UTF-8"}, True),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_BE.UTF-8"}, True),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "fr:en"}, True),
        ({"LANG": "C", "LANGUAGE": "fr"}, False),
        ({}, False),
    ],
)
def test_commands_and_their_errors_follow_the_locale(
    auditor: Auditor,
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str],
    french: bool,  # noqa: FBT001 -- a table's column
) -> None:
    for name in ("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    refused = auditor("list", auditor.folder, "--kind", "x")
    assert ("aucune sorte d'entrée" in refused.err) is french
    misused = auditor("list")
    assert ("il manque l'argument 'DOSSIER'" in misused.err) is french
    assert auditor("list", auditor.folder, "--kind", "x", "--lang", "fr").err.startswith(
        "rmp: aucune"
    )
    assert auditor("list", "--lang=en").err.startswith("rmp: Missing argument")


def test_errors_are_french_however_deep_they_come_from(
    auditor: Auditor, tmp_path: Path
) -> None:
    (auditor.folder / "checkpoint").write_text("no\n\nnote\n")
    said = auditor("list", auditor.folder, "--lang", "fr")
    assert said.err == (
        f"rmp: {auditor.folder / 'checkpoint'} : une ligne de signature mal formée\n"
    )
    said = auditor("verify", auditor.folder, "--vkey", "nobody", "--lang", "fr")
    assert "valeur refusée pour '--vkey' : nobody : fichier ou dossier absent" in said.err
    said = auditor("verify", tmp_path / "none", "--lang", "fr")
    assert "n'existe pas" in said.err


def test_other_commands_go_on_in_english(
    auditor: Auditor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert "aucune" in auditor("list", auditor.folder, "--kind", "x").err
    assert main.run(["inspect", str(tmp_path / "none")]) == 2
    assert main.run(["store", "nothing"]) == 2


def test_help_is_in_french(auditor: Auditor) -> None:
    said = auditor("list", "--help", "--lang", "fr").out
    assert said.startswith("Utilisation : ")
    assert "Seulement ce qui concerne ce médecin." in said
    assert "Only" not in said
    assert "Usage: " in auditor("list", "--help", "--lang", "en").out
    for line in (["access"], ["access", "key"]):
        assert main.run([*line, "--lang", "fr", "--help"]) == 0
        assert main.run([*line, "--lang", "en", "--help"]) == 0
    page = auditor.printed()
    assert "Vérifier un journal exporté, ou un reçu, hors ligne." in page
    assert "Verify an exported log, or a proof, offline." in page
    assert "Parler cette langue" in page


FAR = {
    "nothing": lambda _folder: None,
    "a far empty tile": lambda folder: (
        (folder / "tile/0/x003/x906/x250/x000/x000").mkdir(parents=True),
        (folder / "tile/0/x003/x906/x250/x000/x000/000").write_bytes(b""),
    ),
    "a far bundle": lambda folder: (
        (folder / "tile/entries/x003/x906/x250/x000/x000").mkdir(parents=True),
        (folder / "tile/entries/x003/x906/x250/x000/x000/000").write_bytes(bytes(512)),
    ),
}


@pytest.mark.parametrize("size", [10**18, 10**19 - 1])
@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize(
    "command",
    [
        ("verify",),
        ("list", "--csv"),
        ("list", "--emergency"),
        ("show", str(5 * 10**17)),
        ("prove", str(10**18 - 1)),
        ("overdue",),
        ("report", "--month", "2026-11"),
    ],
)
def test_any_size_that_is_signed_is_answered_at_once(
    auditor: Auditor, size: int, far: str, command: tuple[str, ...]
) -> None:
    prepare: Callable[[Path], object] = FAR[far]
    prepare(auditor.folder)
    note = sign_head(TreeHead(ORIGIN, size, bytes(32)), VKEY, SIGNER.sign)
    (auditor.folder / "checkpoint").write_bytes(note)
    assert auditor(command[0], auditor.folder, *command[1:]).status == 1


def test_a_long_reading_shows_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = made_entries(20_001)
    log = MadeLog(entries)
    export(log, log.checkpoint(len(entries)), tmp_path / "log")
    auditor = Auditor(tmp_path / "log", capsys)
    assert auditor("verify", auditor.folder).err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for command in (("verify",), ("list", "--kind", "depot")):
        said = auditor(command[0], auditor.folder, *command[1:], "--lang", "fr")
        assert "lecture : " in said.err
        assert "lecture : 20001 sur 20001\n" in said.err


def constants() -> set[str]:
    """Return every text in the package that a constant called ACTION, or so, names."""
    found = re.compile(r'^_?(?:[A-Z]+_)*ACTION = "(.+)"$', re.MULTILINE)
    files = Path(rmp_milter.__file__).parent.rglob("*.py")
    return {each for file in files for each in found.findall(file.read_text())}


def test_every_kind_that_is_written_is_known() -> None:
    written = {verb.value for verb in Verb} | {act.value for act in Act}
    written |= {EMERGENCY, JUSTIFICATION, REVIEW, LISTED, HEARTBEAT, NEW_KEY, WITHOUT_TITLE}
    assert len(constants()) > 5
    assert written | constants() <= KINDS
