"""The month's report of logs that are empty, huge, hostile, broken or of odd dates."""

import json
import re
from pathlib import Path

import pytest
from access_case import MadeLog, copied
from report_case import (
    DAY,
    DECEMBER,
    HOUR,
    NOVEMBER,
    READER_MISSING,
    bars_of,
    exported,
    leaf,
    made_month,
    report,
    said_by,
    told,
)

from rmp_milter.cli import main

pytestmark = READER_MISSING


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(tmp_path_factory.mktemp("month") / "export", made_month(3))


HOSTILE = [
    '=HYPERLINK("http://evil.example")',
    "U-\u202egnp.exe\u2066",
    "\x1b[31mred\x07\x00",
    "W" * 200,
    "a\nb\r\nc\tb",
    "<</JS (x)>> endstream endobj) Tj (",
    "مرحبا 你好 🦠",
    "\ufeff\u200bé\u0301" * 30,
]


def test_hostile_words_are_cut_escaped_and_break_nothing(tmp_path: Path) -> None:
    entries = [
        leaf(
            "urgence",
            NOVEMBER + number * HOUR,
            reference=each,
            rpps=each,
            sender=f"{each}@{each}",
        )
        for number, each in enumerate(HOSTILE)
    ]
    entries += [leaf(each, NOVEMBER + DAY, outcome=each, reference=each) for each in HOSTILE]
    log = exported(tmp_path / "log", entries)
    file = tmp_path / "hostile.pdf"
    said = report(log, file, "--issued", "2026-12-15")
    assert told(said, "Emergency accesses") == str(len(HOSTILE))
    assert '=HYPERLINK("http://evil…' in said
    assert r"U-\u{202e}gnp" in said
    assert r"\u{1b}[31mred" in said
    assert len("".join(re.findall("W{2,}", said))) == 23
    assert r"\u{645}" in said
    assert r"a\u{a}b\u{d}\u{a}c" in said
    unseen = set(said) - {"\n", "\f", " "}
    assert [char for char in unseen if not char.isprintable()] == []
    octets = file.read_bytes()
    assert octets.count(b"endstream") == octets.count(b"\nstream\n")
    assert b"/JS" not in octets


def test_a_log_that_is_not_sound_is_said_on_the_first_page(month: Path, tmp_path: Path) -> None:
    broken = copied(month, tmp_path / "broken")
    tile = broken / "tile/entries/000"
    data = tile.read_bytes()
    tile.write_bytes(data.replace(b'"rpps": "10000000001"', b'"rpps": "10000000002"', 1))
    said = report(broken, tmp_path / "broken.pdf", status=1)
    first, *_ = said.split("\f")
    assert "The log is not what its checkpoint says. Findings: 1" in " ".join(first.split())
    assert re.search(r"entry \d+ is altered", said)
    assert told(said, "The log") == "1 findings"


def test_a_wrong_key_and_a_checkpoint_of_another_history_are_said(
    month: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(MadeLog(made_month(4)).checkpoint(50))
    said = report(month, tmp_path / "fork.pdf", "--checkpoint", kept, status=1)
    assert "the first 50 entries are not those of the old checkpoint" in " ".join(said.split())


def test_it_is_not_issued_before_what_it_tells(
    month: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(month, tmp_path / "x.pdf", "--issued", "2026-11-15", status=1)
    assert "before the log's last entry" in capsys.readouterr().err
    assert not (tmp_path / "x.pdf").exists()
    assert (
        main.run(
            ["access", "report", str(month), "--month", "2026-11", "--by", "a\nb", "--pdf", "x"]
        )
        == 2
    )


def test_what_only_a_pdf_has_a_use_for_is_not_passed_over(
    month: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["access", "report", str(month), "--month", "2026-11", "--by", "Mme Vidal"]
    assert main.run([*asked, "--lang", "fr"]) == 2
    assert "pour --pdf seulement" in capsys.readouterr().err


def test_a_month_that_is_not_over_is_said_to_be_none(month: Path, tmp_path: Path) -> None:
    part = "The month was not over then"
    young = exported(tmp_path / "log", [leaf("heartbeat", DECEMBER - 1)])
    assert part in report(young, tmp_path / "young.pdf")
    assert part not in report(month, tmp_path / "whole.pdf")


def test_entries_that_say_another_day_are_counted_and_named(tmp_path: Path) -> None:
    entries = [
        leaf("depot", NOVEMBER + HOUR),
        leaf("urgence", 10**18, logged=NOVEMBER + 2 * HOUR, reference="U-FAR", rpps="1"),
        leaf("depot", -(10**18), logged=NOVEMBER + 3 * HOUR),
        leaf("depot", NOVEMBER + 3 * HOUR),
    ]
    said = report(exported(tmp_path / "log", entries), tmp_path / "odd.pdf")
    assert told(said, "Deposits") == "2"
    assert told(said, "Emergency accesses") == "0"
    assert "or not at all: 2, the first is entry 1." in " ".join(said.split())


def test_a_date_beyond_all_years_stops_no_listing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [leaf("urgence", 10**18, logged=NOVEMBER, reference="U-FAR", rpps="1")]
    log = exported(tmp_path / "log", entries)
    for command in (["list"], ["unusual"], ["figures"], ["list", "--emergency"]):
        assert main.run(["access", command[0], str(log), *command[1:]]) == 0
    assert "1000000000000000000" in capsys.readouterr().out


@pytest.mark.parametrize("at", [-1, -(10**18), 10**19, "2026-11-01", None, 1.5, True])
def test_an_emergency_hides_from_no_list_behind_its_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], at: object
) -> None:
    act = leaf("urgence", NOVEMBER, reference="U-ODD", rpps="1").replace(
        str(NOVEMBER).encode(), json.dumps(at).encode(), 1
    )
    log = exported(tmp_path / "log", [act, leaf("heartbeat", DECEMBER)])
    for command in (["list"], ["list", "--emergency"]):
        assert main.run(["access", command[0], str(log), *command[1:], "--json"]) == 0
        assert "U-ODD" in capsys.readouterr().out
    said = report(log, tmp_path / "odd.pdf")
    assert "or not at all: 1, the first is entry 0." in " ".join(said.split())


def test_a_month_without_an_entry_says_so(tmp_path: Path) -> None:
    empty = exported(tmp_path / "log", [leaf("heartbeat", DECEMBER + HOUR)])
    said = report(empty, tmp_path / "empty.pdf")
    assert told(said, "Emergency accesses") == "0"
    assert told(said, "of these justified within 24 hours") == "-"
    assert told(said, "Entries of the month") == "no entry"
    assert "Nothing: no emergency of this log waits beyond its time." in said
    assert "Days without an entry of presence: 30 (1, 2, 3" in said
    assert "of the month: none" in said


def test_an_empty_log_has_a_report_of_a_day_that_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = exported(tmp_path / "log", [])
    report(log, tmp_path / "none.pdf", status=1)
    assert "say when the report is issued" in capsys.readouterr().err
    said = report(log, tmp_path / "some.pdf", "--issued", "2026-12-01")
    assert told(said, "Entries in all") == "0"


@pytest.mark.slow
def test_a_month_of_ten_thousand_emergencies_stays_readable(tmp_path: Path) -> None:
    entries = [
        leaf(
            "urgence",
            NOVEMBER + 259 * number,
            reference=f"U-{number:05}",
            rpps="1",
            sender="a@b",
        )
        for number in range(10_000)
    ]
    log = exported(tmp_path / "log", entries)
    file = tmp_path / "many.pdf"
    said = report(log, file, "--issued", "2026-12-15")
    assert told(said, "Emergency accesses") == "10000"
    assert told(said, "Overdue, of this month and of earlier ones") == "10000"
    assert "and 9970 more" in said
    assert int(re.findall(r"Pages: +(\d+)", said_by("pdfinfo", file))[0]) < 8
    assert sum(bars_of(file, "Emergency accesses by day").values()) == 10_000
