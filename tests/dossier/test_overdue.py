import pytest
from msgspec.structs import replace

from rmp_milter.dossier.model import Emergency, EmergencyState
from rmp_milter.dossier.overdue import HOUR, alerts_due, is_open, reminder_due

AT = 1_780_000_000
NEW = Emergency("U-AAAA-BBBB-CCCC", b"d" * 16, b"a" * 16, AT, 1)
HOURS = (12, 20)


@pytest.mark.parametrize(
    ("after", "reminded", "due"),
    [
        (11, (), False),
        (12, (), True),
        (13, (12,), False),
        (20, (12,), True),
        (30, (12, 20), False),
        (30, (), True),  # two were missed: one makes up for both
        (31, (30,), False),
    ],
)
def test_reminders_at_their_hours(after: int, reminded: tuple[int, ...], *, due: bool) -> None:
    known = replace(NEW, reminded=tuple(AT + each * HOUR for each in reminded))
    assert reminder_due(known, AT + after * HOUR, HOURS) is due


@pytest.mark.parametrize("state", [each for each in EmergencyState if each != "new"])
def test_who_has_justified_is_not_reminded(state: EmergencyState) -> None:
    assert not reminder_due(replace(NEW, state=state), AT + 99 * HOUR, HOURS)


@pytest.mark.parametrize(
    ("after", "state", "late"),
    [
        (24, EmergencyState.NEW, ()),
        (25, EmergencyState.NEW, ("justification",)),
        (73, EmergencyState.NEW, ("justification", "review")),
        (73, EmergencyState.JUSTIFIED, ("review",)),
        (73, EmergencyState.REVIEW, ("review",)),
        (73, EmergencyState.CLOSED, ()),
        (73, EmergencyState.CONTESTED, ()),
    ],
)
def test_alerts(after: int, state: EmergencyState, late: tuple[str, ...]) -> None:
    known = replace(NEW, state=state)
    assert alerts_due(known, AT + after * HOUR, 24, 72) == late
    assert is_open(known) is (state not in {EmergencyState.CLOSED, EmergencyState.CONTESTED})
