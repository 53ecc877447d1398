"""Emergencies with what surrounds them in the log: who knew the patient, who was at work when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from rmp_milter.audit.emergencies import Cases, EmergencyCase
from rmp_milter.audit.events import Fields, Wanted, events, number_in, text_in
from rmp_milter.audit.folder import ExportedLog
from rmp_milter.audit.progress import Told, untold
from rmp_milter.dossier.emergency import EMERGENCY, JUSTIFICATION, REVIEW

_NO_RELATION = frozenset(
    {EMERGENCY, JUSTIFICATION, REVIEW, "urgence liste", "traduit", "acces"}
)
"""What makes nobody a patient's doctor: an emergency does not excuse the next one."""

DAY = 86_400
_FIRST = int(datetime(1, 1, 2, tzinfo=UTC).timestamp())
_LAST = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp())
NIGHT_BEGINS, NIGHT_ENDS = 22, 6
"""Hours on the host's clock."""


@dataclass(frozen=True)
class EmergencyAct:
    """One emergency. ``known``: its doctor had done something in this dossier before.

    ``month`` and ``day`` are those of the host's clock; ``name`` is a word that the patient
    shares with whoever bears the same name, empty where that is not known.
    """

    case: EmergencyCase
    known: bool
    month: str
    day: str
    at_night: bool
    name: str = ""

    @property
    def entry(self) -> int:
        """The number of its entry."""
        return self.case.leaves[0]


@dataclass
class EmergencyYears:
    """What a log tells of emergencies; ``at_work`` are the months of each doctor with entries.

    ``services`` is where he wrote from most lately: the domain of his address.
    """

    acts: list[EmergencyAct] = field(default_factory=list)
    at_work: dict[str, set[str]] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)

    def months(self) -> list[str]:
        """Return the months in which anybody was at work."""
        return sorted(set[str]().union(*self.at_work.values()))

    def name_by(self, names: Mapping[int, str]) -> None:
        """Give the emergencies of these entries their words for their patients' names."""
        self.acts = [replace(act, name=names.get(act.entry, "")) for act in self.acts]


class Calendar:
    """Months, days and nights of a clock on a wall."""

    def __init__(self, rules: tzinfo) -> None:
        self._rules = rules
        self.month = lru_cache(4096)(self._month)

    def month_at(self, moment: int) -> str:
        """Return the month of a moment, ``2026-11``."""
        return self.month(moment // 900)  # no zone changes within a quarter of an hour

    def _month(self, quarter: int) -> str:
        return self.at(quarter * 900).strftime("%Y-%m")

    def at(self, moment: int) -> datetime:
        """Return a moment as the clock shows it; what no calendar has is its first or last year."""
        return datetime.fromtimestamp(min(max(moment, _FIRST), _LAST), self._rules)

    def is_night(self, moment: int) -> bool:
        """Whether it is night."""
        hour = self.at(moment).hour
        return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def gather(
    log: ExportedLog,
    calendar: Calendar,
    progress: Told = untold,
) -> EmergencyYears:
    """Walk through a log; raises :class:`~.folder.FolderError`."""
    found, cases = EmergencyYears(), Cases()
    known: set[tuple[str, str]] = set()
    before: dict[int, bool] = {}
    for index, fields in events(log, Wanted(), progress=progress):
        cases.add(index, fields)
        rpps, patient = text_in(fields, "rpps"), text_in(fields, "patient")
        if not rpps:
            continue
        _note_work(found, rpps, fields, calendar)
        if fields.get("action") == EMERGENCY:
            before[index] = (rpps, patient) in known
        elif patient and _relates(fields):
            known.add((rpps, patient))
    found.acts += (_act(case, calendar, before) for case in cases.all() if case.rpps)
    return found


def _note_work(found: EmergencyYears, rpps: str, fields: Fields, calendar: Calendar) -> None:
    if at := number_in(fields, "at"):
        found.at_work.setdefault(rpps, set()).add(calendar.month_at(at))
    if domain := text_in(fields, "sender").rpartition("@")[2].lower():
        found.services[rpps] = domain


def _relates(fields: Fields) -> bool:
    return fields.get("outcome") == "granted" and text_in(fields, "action") not in _NO_RELATION


def _act(case: EmergencyCase, calendar: Calendar, known: Mapping[int, bool]) -> EmergencyAct:
    entry = case.leaves[0]
    return EmergencyAct(
        case=case,
        known=known[entry],
        month=calendar.month_at(case.at),
        day=calendar.at(case.at).strftime("%Y-%m-%d"),
        at_night=calendar.is_night(case.at),
    )


def of_doctors(acts: list[EmergencyAct]) -> Iterator[tuple[str, list[EmergencyAct]]]:
    """Yield each doctor with his emergencies."""
    found: dict[str, list[EmergencyAct]] = {}
    for act in acts:
        found.setdefault(act.case.rpps, []).append(act)
    yield from found.items()
