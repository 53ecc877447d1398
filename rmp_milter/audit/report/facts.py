"""What the month's report says, counted: of a folder that was exported, and of nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rmp_milter.audit.acts import Calendar, EmergencyYears, gather
from rmp_milter.audit.emergencies import HOUR, STATES, Cases, EmergencyCase
from rmp_milter.audit.events import Wanted, events
from rmp_milter.audit.folder import ExportedLog, FolderError
from rmp_milter.audit.month import Month
from rmp_milter.audit.progress import Told, untold
from rmp_milter.audit.report.activity import DAY, MonthActivity, days_of
from rmp_milter.audit.unusual import THRESHOLD, WHOLE, Standout, unusual
from rmp_milter.audit.verify import LogReport
from rmp_milter.tlog.checkpoints import TreeHead
from rmp_milter.tlog.proofs import tree_root

_LAST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


class Terms(NamedTuple):
    """What a report is asked for by; all that it depends on beside the folder.

    ``issued`` is in epoch seconds; without it the report is of the moment of the log's last
    entry. ``namesakes`` gives each emergency's entry a word that it shares with those of the
    same name, and is None where the host's file was not given.
    """

    month: Month
    calendar: Calendar
    justify_hours: int
    review_hours: int
    issued: int | None = None
    namesakes: Mapping[int, str] | None = None


class Timely(NamedTuple):
    """How many were done in time, how many too late or are due, how many have time yet."""

    in_time: int
    late: int
    waiting: int


class Overdue(NamedTuple):
    """An emergency whose time is over, and for what."""

    case: EmergencyCase
    awaited: str


class Named(NamedTuple):
    """What stands out, by the references of the emergencies concerned."""

    standout: Standout
    references: Sequence[str]


class Namesakes(NamedTuple):
    """Of the month's emergencies: how many are for patients of one name, in how many groups."""

    emergencies: int
    groups: int


@dataclass(frozen=True)
class MonthFacts:
    """All that the report says.

    ``signed`` are the trees behind the month's first and last entry of presence, none where there
    is none.
    """

    terms: Terms
    issued: int
    verified: LogReport
    head: TreeHead
    signed: Sequence[TreeHead]
    activity: MonthActivity
    by_day: Sequence[int]
    states: Mapping[str, int]
    doctors: int
    services: int
    justified: Timely
    reviewed: Timely
    overdue: Sequence[Overdue]
    unusual: Sequence[Named]
    namesakes: Namesakes | None

    @property
    def emergencies(self) -> int:
        """How many emergencies began in the month."""
        return sum(self.by_day)

    @property
    def witnesses(self) -> Mapping[str, int]:
        """Who cosigned this history, as the policy has it that it was verified by, and when."""
        witnessed = self.verified.witnessed
        return witnessed.judgement.cosigned if witnessed else {}


def facts_of(
    folder: Path, verified: LogReport, terms: Terms, progress: Told = untold
) -> MonthFacts:
    """Count the month in ``folder``; ``verified`` is what its verification came to.

    Raises :class:`~.folder.FolderError` for a folder that cannot be read, and for a report that
    would be older than what it tells of.
    """
    log = ExportedLog(folder)
    activity, gathered = MonthActivity(terms.month), Cases()
    for index, fields in events(log, Wanted(), progress=progress):
        activity.add(index, fields)
        gathered.add(index, fields)
    cases = gathered.all()
    issued = _issued(terms, activity.last_at)
    month = terms.month
    of_month = [case for case in cases if month.first <= case.at < month.end]
    justify, review = terms.justify_hours, terms.review_hours
    years = gather(log, terms.calendar, progress)
    years.name_by(terms.namesakes or {})
    return MonthFacts(
        terms=terms,
        issued=issued,
        verified=verified,
        head=log.head,
        signed=[_tree(log, index + 1) for index in activity.signed],
        activity=activity,
        by_day=_by_day(of_month, month),
        states={state: sum(case.state == state for case in of_month) for state in STATES},
        doctors=len({case.rpps for case in of_month}),
        services=len({case.service for case in of_month}),
        justified=_timely([(c.at, c.justified_at) for c in of_month], justify, issued),
        reviewed=_timely([(c.at, c.ended_at) for c in of_month], review, issued),
        overdue=_overdue(cases, terms, issued),
        unusual=_unusual(years, terms, issued),
        namesakes=_namesakes(of_month, terms.namesakes),
    )


def _issued(terms: Terms, last: int) -> int:
    """Return the moment that the report is of."""
    if terms.issued is None:
        if not 0 < last < _LAST:
            raise FolderError("the last entry has no date: say when the report is issued")
        return last
    if terms.issued < last < _LAST:
        raise FolderError("the report would be issued before the log's last entry was written")
    return terms.issued


def _tree(log: ExportedLog, size: int) -> TreeHead:
    return TreeHead(log.head.origin, size, tree_root(log.node, size))


def _by_day(of_month: Sequence[EmergencyCase], month: Month) -> list[int]:
    days = [0] * days_of(month)
    for case in of_month:
        days[(case.at - month.first) // DAY] += 1
    return days


def _timely(of_month: Sequence[tuple[int, int]], hours: int, now: int) -> Timely:
    """Count by when each began and when it was done, 0 for never."""
    late = sum((done or now) - at > hours * HOUR for at, done in of_month)
    done = sum(bool(done) and done - at <= hours * HOUR for at, done in of_month)
    return Timely(done, late, len(of_month) - late - done)


def _overdue(cases: Sequence[EmergencyCase], terms: Terms, now: int) -> list[Overdue]:
    waiting = [
        Overdue(case, awaited)
        for case in cases
        if (awaited := case.awaits(now, terms.justify_hours, terms.review_hours))
    ]
    return sorted(waiting, key=lambda each: (each.case.at, each.case.leaves[0]))


def _unusual(years: EmergencyYears, terms: Terms, now: int) -> list[Named]:
    """Return what stands out of the month, and of all months together."""
    references = {act.entry: act.case.reference for act in years.acts}
    return [
        Named(each, [references[entry] for entry in each.entries])
        for each in unusual(years, now, terms.justify_hours, THRESHOLD)
        if each.period in {terms.month.name, WHOLE}
    ]


def _namesakes(
    of_month: Sequence[EmergencyCase], names: Mapping[int, str] | None
) -> Namesakes | None:
    if names is None:
        return None
    words = [names[case.leaves[0]] for case in of_month if case.leaves[0] in names]
    return Namesakes(len(words), len(set(words)))
