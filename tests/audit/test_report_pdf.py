"""The month's report as a PDF: the same octets, and the numbers that the entries come to."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from access_case import KEY, MadeLog, copied
from report_case import (
    DAY,
    DECEMBER,
    DOCTORS,
    HOUR,
    NOVEMBER,
    day_of,
    exported,
    in_november,
    leaf,
    made_month,
    raw_entries,
)

from rmp_milter.cli import main

pytestmark = pytest.mark.skipif(not shutil.which("pdftotext"), reason="no poppler-utils")


def said_by(command: str, *arguments: str | Path) -> str:
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.replace("\u00a0", " ")


def text_of(file: Path) -> str:
    """Return the text with its lines as they are read, and figures without their gaps."""
    return re.sub(r"(?<=\d) (?=\d{3}\b)", "", said_by("pdftotext", "-layout", file, "-"))


def report(folder: Path, file: Path, *options: str | Path, status: int = 0) -> str:
    words = ["access", "report", folder, "--month", "2026-11", "--pdf", file, *options]
    if "--lang" not in options:
        words += ["--lang", "en"]
    assert main.run([*map(str, words)]) == status
    return text_of(file) if file.exists() else ""


def told(text: str, label: str) -> str:
    """Return what stands behind a label in a line of its own."""
    (found,) = re.findall(rf"^ *{re.escape(label)}  +(\S.*?) *$", text, re.MULTILINE)[:1]
    return str(found)


class Recount:
    """The month as somebody counts it who has read docs/formats.md and none of our code."""

    def __init__(self, folder: Path, now: int) -> None:
        entries = raw_entries(folder)
        self.now = now
        self.month = [entry for entry in entries if in_november(entry)]
        self.acts: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            if reference := entry.get("reference"):
                self.acts.setdefault(reference, []).append(entry)
        self.of_month = [acts for acts in self.acts.values() if in_november(acts[0])]

    def entries(self, *actions: str) -> list[dict[str, Any]]:
        return [
            entry
            for entry in self.month
            if entry["action"] in actions and entry["outcome"] != "refused"
        ]

    def refused(self) -> list[dict[str, Any]]:
        return [entry for entry in self.month if entry["outcome"] == "refused"]

    def state(self, acts: list[dict[str, Any]]) -> str:
        reviews = [entry["outcome"] for entry in acts if entry["action"] == "controle"]
        if reviews:
            return str(reviews[-1])
        return "justified" if self.when(acts, "justification") else "new"

    def when(self, acts: list[dict[str, Any]], action: str) -> int:
        return next((entry["at"] for entry in acts if entry["action"] == action), 0)

    def ended(self, acts: list[dict[str, Any]]) -> int:
        over = self.state(acts) in {"closed", "contested"}
        return self.when(acts, "controle") if over else 0

    def in_time(self, hours: int, *, review: bool) -> tuple[int, int, int]:
        good = late = waiting = 0
        for acts in self.of_month:
            done = self.ended(acts) if review else self.when(acts, "justification")
            limit = acts[0]["at"] + hours * HOUR
            if done and done <= limit:
                good += 1
            elif done or self.now > limit:
                late += 1
            else:
                waiting += 1
        return good, late, waiting

    def overdue(self) -> set[str]:
        found = set()
        for reference, acts in self.acts.items():
            began, state = acts[0]["at"], self.state(acts)
            unjustified = not self.when(acts, "justification")
            if state not in {"closed", "contested"} and (
                (unjustified and self.now > began + 24 * HOUR) or self.now > began + 72 * HOUR
            ):
                found.add(reference)
        return found


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(tmp_path_factory.mktemp("month") / "export", made_month(3))


@pytest.fixture(scope="module")
def printed(month: Path) -> str:
    return report(month, month.parent / "report.pdf")


@pytest.fixture(scope="module")
def recount(month: Path) -> Recount:
    return Recount(month, raw_entries(month)[-1]["logged"])


def test_emergencies_are_as_many_as_the_entries_say(printed: str, recount: Recount) -> None:
    assert len(recount.of_month) > 30
    assert told(printed, "Emergency accesses") == str(len(recount.of_month))
    states = Counter(map(recount.state, recount.of_month))
    for state, label in {
        "new": "not justified yet",
        "justified": "justified, waiting for their review",
        "under review": "review begun",
        "closed": "review ended: admitted",
        "contested": "review ended: contested",
    }.items():
        assert told(printed, label) == str(states[state])
    assert set(states) == {"new", "justified", "under review", "closed", "contested"}


def test_shares_done_in_time_are_those_of_the_entries(printed: str, recount: Recount) -> None:
    for label, hours, review in (("Justified", 24, False), ("Reviewed", 72, True)):
        good, late, waiting = recount.in_time(hours, review=review)
        assert min(good, late) > 0
        row = told(printed, f"{label} within {hours} hours").split()
        share = 100 * good // (good + late)
        assert row == [str(good), str(late), str(waiting), str(share), "%"]
        brief = told(printed, f"of these {label.lower()} within {hours} hours")
        assert brief == f"{good} of {good + late}, {share} %"


def test_what_is_overdue_is_named_by_its_reference(printed: str, recount: Recount) -> None:
    overdue = recount.overdue()
    assert told(printed, "Overdue, of this month and of earlier ones") == str(len(overdue))
    section = printed.partition("What is overdue\n")[2].partition("What stands out\n")[0]
    named = set(re.findall(r"^ *(U-\d{4}) ", section, re.MULTILINE))
    oldest = sorted(overdue, key=lambda each: recount.acts[each][0]["at"])[:30]
    assert named == set(oldest)
    assert f"and {len(overdue) - 30} more" in section


def test_activity_and_directory_are_those_of_the_entries(
    printed: str, recount: Recount
) -> None:
    for label, count in {
        "Deposits": recount.entries("depot"),
        "Consultations": recount.entries("dossier"),
        "Refusals": recount.refused(),
        "Dossiers created": recount.entries("creation"),
        "Lists of documents, patients or accesses": recount.entries("liste"),
        "Changes of keys": recount.entries("cle"),
        "Presence, once a day": recount.entries("heartbeat"),
        "doctors enrolled": recount.entries("inscription"),
        "doctors removed": recount.entries("radiation"),
    }.items():
        assert told(printed, label) == str(len(count)), label
    section = printed.partition("All entries of the month\n")[2]
    assert told(section, "Total") == str(len(recount.month))
    assert "Days without an entry of presence: 1 (18)." in printed


@pytest.mark.parametrize("chart", ["Emergency accesses", "Deposits", "Refusals"])
def test_each_bar_has_the_number_of_its_day(month: Path, recount: Recount, chart: str) -> None:
    chosen = {
        "Emergency accesses": [acts[0] for acts in recount.of_month],
        "Deposits": recount.entries("depot"),
        "Refusals": recount.refused(),
    }[chart]
    days = Counter(map(day_of, chosen))
    shown = bars_of(month.parent / "report.pdf", f"{chart} by day")
    assert shown == {day: days[day] for day in range(1, 31) if days[day]}


def bars_of(file: Path, title: str) -> dict[int, int]:
    """Return the number over each day, by where words stand on the page (pdftotext -bbox)."""
    boxes = re.findall(
        r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</word>|(<page)',
        said_by("pdftotext", "-bbox", file, "-"),
    )
    words, page = [], 0
    for left, top, right, _, word, begins in boxes:
        page += bool(begins)
        if word:
            words.append((page, float(top), (float(left) + float(right)) / 2, word))
    first = title.split()
    at = next(
        number
        for number in range(len(words))
        if [word for *_, word in words[number : number + len(first)]] == first
    )
    on, top = words[at][:2]
    under = next(
        high
        for page, high, _, word in words[at:]
        if page == on and high > top and word == "Day"
    )
    inside = [
        (high, middle, int(word))
        for page, high, middle, word in words
        if page == on and top + 5 < high < under - 2 and word.isdigit()
    ]
    lowest = max(high for high, *_ in inside)
    days = {middle: day for high, middle, day in inside if high > lowest - 1}
    assert sorted(days.values()) == list(range(1, 31))
    left = min(days) - 8  # the axis' own numbers stand before the first day
    return {
        day: number
        for middle, day in days.items()
        for high, at_middle, number in inside
        if high < lowest - 1 and at_middle > left and abs(at_middle - middle) < 2
    }


def test_checkpoints_are_the_trees_behind_the_days_presence(month: Path, printed: str) -> None:
    log = MadeLog(made_month(3))
    entries = raw_entries(month)
    present = [
        number
        for number, entry in enumerate(entries)
        if entry["action"] == "heartbeat" and in_november(entry)
    ]
    for label, size in (
        ("the first of the month", present[0] + 1),
        ("the last of the month", present[-1] + 1),
        ("of this export", len(entries)),
    ):
        head = log.head(size)
        root = head.text.splitlines()[2]
        assert told(printed, label).split() == [str(size), root]
    assert told(printed, "Root (hexadecimal)") == log.head(len(entries)).root.hex()
    assert "No witness:" in printed


def test_nobody_is_named(printed: str) -> None:
    assert not [doctor for doctor in DOCTORS if doctor in printed]
    assert "@" not in printed
    assert "service-1.example" not in printed
    assert "ab" * 8 not in printed


ELSEWHERE = {
    "TZ": "Pacific/Kiritimati",
    "LANG": "fr_FR.UTF-8",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "12345",
    "SOURCE_DATE_EPOCH": "1",
    "HOME": "/nonexistent",
}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_same_export_gives_the_same_octets_elsewhere(
    month: Path, tmp_path: Path, language: str
) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(MadeLog(made_month(3)).checkpoint(100))
    options = ["--lang", language, "--vkey", str(KEY), "--checkpoint", str(kept)]
    options += ["--by", "Hélène Œuvrard"]
    here, there = tmp_path / "here.pdf", tmp_path / "there.pdf"
    said = report(month, here, *options)
    assert "Hélène Œuvrard" in said
    moved = copied(month, tmp_path / "moved")
    program = (
        "import sys; from rmp_milter.cli.audit_main import run; sys.exit(run(sys.argv[1:]))"
    )
    words = ["report", str(moved), "--month", "2026-11", "--pdf", str(there), *options]
    subprocess.run(
        [sys.executable, "-c", program, *words],
        check=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root()), **ELSEWHERE},
        capture_output=True,
    )
    assert here.read_bytes() == there.read_bytes()


def root() -> Path:
    return Path(main.__file__).parents[2]


def test_the_command_in_it_makes_it_again(month: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    said = report(month, first, "--by", "Mme Vidal", "--review-hours", "96")
    command = said.partition("rmp-audit report EXPORT")[2].partition("SHA-256")[0]
    issued, hours = re.findall(r"--issued (\S+)|--review-hours (\d+)", command)
    found = {"--issued": issued[0] or hours[0], "--review-hours": hours[1] or issued[1]}
    assert found["--review-hours"] == "96"
    report(
        month, second, "--by", "Mme Vidal", *(each for pair in found.items() for each in pair)
    )
    assert first.read_bytes() == second.read_bytes()


def test_its_fonts_are_embedded_it_is_tagged_and_has_title_and_language(
    month: Path, tmp_path: Path
) -> None:
    file = tmp_path / "fr.pdf"
    text = report(month, file, "--lang", "fr", "--by", "Zoë Œuvrard-Hÿss, Ǆ ẫ")
    assert "Zoë Œuvrard-Hÿss, Ǆ ẫ" in text
    assert "mensuel, novembre 2026" in text
    assert "\ufffd" not in text
    fonts = said_by("pdffonts", file).splitlines()[2:]
    assert len(fonts) == 2
    assert [line.split()[-5:-2] for line in fonts] == [["yes", "yes", "yes"]] * 2
    about = said_by("pdfinfo", file)
    assert "Title:           Journal des accès : rapport mensuel, novembre 2026" in about
    assert "Tagged:          yes" in about
    assert b"/Lang (fr)" in file.read_bytes()
    structure = said_by("pdfinfo", "-struct", file)
    assert [structure.count(kind) for kind in ("\n  H1", "\n  Figure")] == [1, 4]
    assert file.read_bytes().count(b"/Alt <feff") == 4


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
