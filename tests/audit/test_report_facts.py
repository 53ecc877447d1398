"""What the month's report is made of, where no page is needed to see it."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from report_case import HOUR, NOVEMBER, exported, leaf

from rmp_milter.audit.acts import Calendar
from rmp_milter.audit.emergencies import cases
from rmp_milter.audit.folder import ExportedLog
from rmp_milter.audit.month import month_of
from rmp_milter.audit.report.activity import SORTS, sort_of
from rmp_milter.audit.report.facts import MonthFacts, Terms, facts_of
from rmp_milter.audit.report.log_section import log_section
from rmp_milter.audit.report.saying import moment_in_words, percent, tame
from rmp_milter.audit.verify import verify
from rmp_milter.pdf.document import DocText

ACT = leaf("urgence", NOVEMBER, reference="U-A", rpps="1", sender="a@b.example")


def review(state: str, hours: int) -> bytes:
    return leaf("controle", NOVEMBER + hours * HOUR, reference="U-A", outcome=state)


def facts(folder: Path, *leaves: bytes) -> MonthFacts:
    log = exported(folder / "log", [*leaves])
    terms = Terms(month_of("2026-11"), Calendar(ZoneInfo("Europe/Paris")), 24, 72)
    return facts_of(log, verify(log), terms)


@pytest.mark.parametrize(
    ("reviews", "ended"),
    [
        ([], 0),
        ([("under review", 1)], 0),
        ([("closed", 5)], 5),
        ([("under review", 1), ("contested", 5)], 5),
        ([("closed", 5), ("contested", 90)], 5),  # what was decided is decided otherwise
        ([("closed", 5), ("under review", 6)], 0),  # and it is open again
        ([("closed", 5), ("under review", 6), ("closed", 80)], 80),
    ],
)
def test_a_review_ends_where_it_first_came_to_its_end(
    tmp_path: Path, reviews: list[tuple[str, int]], ended: int
) -> None:
    leaves = [review(state, hours) for state, hours in reviews]
    (case,) = cases(ExportedLog(exported(tmp_path / "log", [ACT, *leaves])))
    assert case.ended_at == (NOVEMBER + ended * HOUR if ended else 0)


@pytest.mark.parametrize(
    ("leaves", "justified", "reviewed"),
    [
        ([leaf("heartbeat", NOVEMBER + 24 * HOUR)], (0, 0, 1), (0, 0, 1)),
        ([leaf("heartbeat", NOVEMBER + 24 * HOUR + 1)], (0, 1, 0), (0, 0, 1)),
        ([leaf("justification", NOVEMBER + 24 * HOUR, reference="U-A")], (1, 0, 0), (0, 0, 1)),
        (
            [leaf("justification", NOVEMBER + 24 * HOUR + 1, reference="U-A")],
            (0, 1, 0),
            (0, 0, 1),
        ),
        ([review("closed", 72)], (0, 1, 0), (1, 0, 0)),
        ([review("closed", 73)], (0, 1, 0), (0, 1, 0)),
        ([review("under review", 73)], (0, 1, 0), (0, 1, 0)),
    ],
)
def test_in_time_is_up_to_the_last_second(
    tmp_path: Path,
    leaves: list[bytes],
    justified: tuple[int, int, int],
    reviewed: tuple[int, int, int],
) -> None:
    found = facts(tmp_path, ACT, *leaves)
    assert (found.justified, found.reviewed) == (justified, reviewed)


def test_no_witness_is_said_plainly(tmp_path: Path) -> None:
    pieces = [*log_section(facts(tmp_path, ACT))]
    assert [each for each in pieces if isinstance(each, DocText) and "No witn" in each.words]


def test_each_entry_is_of_one_sort() -> None:
    actions = [action for each in SORTS.values() for action in each]
    assert len(actions) == len(set(actions))
    for action in actions:
        assert action in SORTS[sort_of({"action": action, "outcome": "granted"})]
    assert sort_of({"action": "depot", "outcome": "refused"}) == "refusal"
    assert sort_of({"action": "sans titre", "outcome": "refused"}) == "questions"
    assert sort_of({"action": ["depot"]}) == "other"
    assert sort_of({}) == "other"


def test_moments_shares_and_names_are_said_as_people_do() -> None:
    assert moment_in_words(NOVEMBER, "fr") == "1er novembre 2026 à 00\u00a0h\u00a000 (UTC)"
    assert moment_in_words(NOVEMBER, "en") == "1 November 2026, 00:00 (UTC)"
    assert percent(999, 1000) == "99\u00a0%"
    assert percent(0, 0) == "-"
    assert tame("e\u0301\u202e\n") == "é\\u{202e}\\u{a}"
    assert len(tame("x" * 500)) == 80
