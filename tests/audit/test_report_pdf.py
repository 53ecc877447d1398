"""The month's report as a PDF: the same octets, and the numbers that the entries come to."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from access_case import MadeLog
from report_case import (
    DOCTORS,
    HOUR,
    READER_MISSING,
    bars_of,
    day_of,
    exported,
    in_november,
    made_month,
    raw_entries,
    report,
    told,
)

pytestmark = READER_MISSING


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
