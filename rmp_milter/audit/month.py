"""A month's emergency accesses in figures: by doctor, by service, by state."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from rmp_milter.audit.emergencies import HOUR, JUSTIFIED, NEW, STATES, EmergencyCase
from rmp_milter.dossier.emergency import CLOSED, CONTESTED, UNDER_REVIEW
from rmp_milter.phrases.phrase import Language, Phrase, told

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_STATE_WORDS = {
    NEW: Phrase("without a justification"),
    JUSTIFIED: Phrase("justified, to be reviewed"),
    UNDER_REVIEW: Phrase("under review"),
    CLOSED: Phrase("closed"),
    CONTESTED: Phrase("contested"),
}


@dataclass(frozen=True)
class Month:
    """A month: its name (``2026-11``), its first second and that of the next (UTC)."""

    name: str
    first: int
    end: int


def month_of(name: str) -> Month:
    """Return the month of this name; raises ``ValueError``."""
    found = _MONTH.fullmatch(name)
    if not found or found[1] == "0000":
        raise ValueError(Phrase("{name!r}: a month as 2026-11", name=name))
    year, number = int(found[1]), int(found[2])
    first = datetime(year, number, 1, tzinfo=UTC)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return Month(name, int(first.timestamp()), int(end.timestamp()))


@dataclass(frozen=True)
class Figures:
    """What the month's emergencies come to. ``late`` were justified too late, or are due."""

    month: str
    count: int
    states: dict[str, int]
    doctors: dict[str, int]
    services: dict[str, int]
    late: int
    median_hours: float | None


def figures(
    all_of: Sequence[EmergencyCase], month: Month, now: int, justify_hours: int
) -> Figures:
    """Count the emergencies of a month as they stand in the log; ``now`` decides on lateness."""
    of_month = [case for case in all_of if month.first <= case.at < month.end]
    waits = [case.justified_at - case.at for case in of_month if case.justified_at]
    late = [
        case for case in of_month if (case.justified_at or now) - case.at > justify_hours * HOUR
    ]
    return Figures(
        month=month.name,
        count=len(of_month),
        states={state: sum(case.state == state for case in of_month) for state in STATES},
        doctors=_counted(of_month, lambda case: case.rpps),
        services=_counted(of_month, lambda case: case.service),
        late=len(late),
        median_hours=round(median(waits) / HOUR, 1) if waits else None,
    )


def _counted(
    all_of: Sequence[EmergencyCase], key: Callable[[EmergencyCase], str]
) -> dict[str, int]:
    return dict(Counter(key(case) or "?" for case in all_of).most_common())


def report(found: Figures, origin: str, size: int, language: Language) -> list[str]:
    """Return the month's report, line by line."""
    hours = "-" if found.median_hours is None else f"{found.median_hours:g} h"
    if language == "fr":
        hours = hours.replace(".", ",")
    lines = (
        Phrase("Emergency accesses (breaking the glass): {month}", month=found.month),
        Phrase("Log {origin}, {size} entries", origin=origin, size=size),
        "",
        Phrase("{count:>6}  emergency accesses", count=found.count),
        Phrase("{count:>6}  justified too late, or not yet and due", count=found.late),
        Phrase("{hours:>6}  half of them were justified within", hours=hours),
        "",
        Phrase("By state"),
        *_lines({_STATE_WORDS[state]: count for state, count in found.states.items()}),
        "",
        Phrase("By doctor (RPPS)"),
        *_lines(found.doctors),
        "",
        Phrase("By service (domain of the address)"),
        *_lines(found.services),
    )
    return [told(line, language) for line in lines]


def _lines(counts: Mapping[str, int]) -> list[str]:
    return [
        Phrase("{count:>6}  {name}", count=count, name=name) for name, count in counts.items()
    ] or ["     -"]
