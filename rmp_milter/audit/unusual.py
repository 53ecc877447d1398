"""Which doctors' emergencies stand out among their colleagues', and by which figure.

Each month is looked at, and all of them together, so that who takes little for long is seen
too. Colleagues are who was at work in the same service then; where these are few, everybody.
What stands out is a question to ask, and proves nothing.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rmp_milter.audit.acts import EmergencyAct, EmergencyYears, of_doctors
from rmp_milter.audit.chance import ninth_tenth, score_of_count, score_of_share
from rmp_milter.audit.thief import (
    MOST,
    NONE,
    PartOf,
    ThiefFigures,
    of_one_name,
    of_one_patient,
    thief_figures,
)

WHOLE = ""
"""The period that is all months together."""
THRESHOLD = 6.0
"""The score from which on something stands out: one chance in a million, for each figure."""

_FEWEST = 8
"""Colleagues with whom somebody can be compared."""
_PRIOR = 5
"""A colleague's share is drawn to that of all as if by so many emergencies more: one of one
would else be a share of everything."""
_MONTHS_OF_HIS_OWN = 3
_LEAST_COUNT, _LEAST_OF_ONE = 0.5, 0.3
_LEAST_SHARE, _MOST_SHARE = 0.05, 0.95
"""What is usual is taken for no less; where it is more, whoever has all does not stand out."""
_BETWEEN_MONTHS, _BETWEEN_DOCTORS = 0.3, 0.5
"""By what part numbers of emergencies differ without a reason."""


@dataclass(frozen=True)
class Standout:
    """One figure of one doctor that stands out, beside what nine in ten colleagues stay below.

    ``usual`` is a number for what is counted, a share from 0 to 1 for the rest.
    """

    rpps: str
    service: str
    period: str
    figure: str
    value: int | PartOf
    usual: float
    colleagues: int
    score: float
    entries: tuple[int, ...]


@dataclass(frozen=True)
class _Period:
    """The figures of all doctors who were at work in it."""

    name: str
    figures: Mapping[str, ThiefFigures]
    acts: Mapping[str, Sequence[EmergencyAct]]


def unusual(
    gathered: EmergencyYears, now: int, justify_hours: int, threshold: float
) -> list[Standout]:
    """Return what stands out, the highest score first; ``now`` is in epoch seconds."""
    periods = [*_periods(gathered, now, justify_hours)]
    months = {period.name: period.figures for period in periods if period.name != WHOLE}
    found = [
        each
        for period in periods
        for each in _in_period(period, gathered.services, months)
        if each.score >= threshold
    ]
    return sorted(found, key=lambda each: (-each.score, each.rpps, each.period, each.figure))


def _periods(gathered: EmergencyYears, now: int, justify_hours: int) -> Iterator[_Period]:
    for name in (*gathered.months(), WHOLE):
        acts = dict(of_doctors([act for act in gathered.acts if name in {act.month, WHOLE}]))
        there = [rpps for rpps, months in gathered.at_work.items() if name in {*months, WHOLE}]
        figures = {
            rpps: thief_figures(acts[rpps], now, justify_hours) if rpps in acts else NONE
            for rpps in there
        }
        yield _Period(name, figures, acts)


def _in_period(
    period: _Period,
    services: Mapping[str, str],
    months: Mapping[str, Mapping[str, ThiefFigures]],
) -> Iterator[Standout]:
    for service, members, colleagues in _groups(period, services):
        for rpps in members:
            if rpps in period.acts and colleagues.count > _FEWEST:
                yield from _of_doctor(
                    rpps, service, period, colleagues, _months_of(rpps, months)
                )


def _groups(
    period: _Period, services: Mapping[str, str]
) -> Iterator[tuple[str, Sequence[str], "_Colleagues"]]:
    """Yield each service, who was at work in it, and whom these are compared with.

    That is the service, or all small services together, or everybody.
    """
    of_service: dict[str, list[str]] = {}
    for rpps in period.figures:
        of_service.setdefault(services.get(rpps, ""), []).append(rpps)
    small = [members for members in of_service.values() if len(members) <= _FEWEST]
    figures = period.figures
    everybody = _Colleagues(figures.values())
    in_small = _Colleagues(figures[rpps] for members in small for rpps in members)
    for service, members in of_service.items():
        own = _Colleagues(figures[rpps] for rpps in members)
        large_enough = (each for each in (own, in_small) if each.count > _FEWEST)
        yield service, members, next(large_enough, everybody)


def _months_of(rpps: str, months: Mapping[str, Mapping[str, ThiefFigures]]) -> dict[str, int]:
    """Return how many emergencies a doctor had in each month in which he was at work."""
    return {
        name: figures[rpps].emergencies for name, figures in months.items() if rpps in figures
    }


class _Colleagues:
    """The figures of a group, ready to leave one of them out."""

    def __init__(self, figures: Iterable[ThiefFigures]) -> None:
        all_of = list(figures)
        self.count = len(all_of)
        self._shares = {
            name: _drawn([each.shares[name] for each in all_of]) for name in NONE.shares
        }
        self._sorted = {
            "emergencies": sorted(float(each.emergencies) for each in all_of),
            **{
                name: sorted(max(each.as_fields()[name] - 1.0, 0.0) for each in all_of)
                for name in MOST
            },
            **{
                name: sorted(self._share(name, each.shares[name]) for each in busy)
                for name in NONE.shares
                for busy in [[each for each in all_of if each.shares[name].whole]]
            },
        }

    def _share(self, name: str, share: PartOf) -> float:
        return (share.part + _PRIOR * self._shares[name]) / (share.whole + _PRIOR)

    def usual(self, name: str, figures: ThiefFigures) -> tuple[float, int] | None:
        """Return what nine in ten of the others stay below, and how many these are."""
        share = figures.shares.get(name)
        if share:
            own = self._share(name, share)
        else:
            own = figures.as_fields()[name] - (1.0 if name in MOST else 0.0)
        others = list(self._sorted[name])
        del others[bisect_left(others, max(own, 0.0))]
        return (ninth_tenth(others), len(others)) if len(others) >= _FEWEST else None


def _drawn(shares: Sequence[PartOf]) -> float:
    """Return the share of all together."""
    return sum(each.part for each in shares) / max(sum(each.whole for each in shares), 1)


def _of_doctor(
    rpps: str,
    service: str,
    period: _Period,
    colleagues: _Colleagues,
    months: Mapping[str, int],
) -> Iterator[Standout]:
    figures, acts = period.figures[rpps], period.acts[rpps]
    for name, value, (usual, count), score in _scores(figures, colleagues, period.name, months):
        entries = tuple(act.entry for act in _concerned(name, acts))
        yield Standout(
            rpps,
            service,
            period.name,
            name,
            value,
            round(usual, 2),
            count,
            round(score, 1),
            entries,
        )


_Scored = tuple[str, int | PartOf, tuple[float, int], float]


def _scores(
    figures: ThiefFigures, colleagues: _Colleagues, period: str, months: Mapping[str, int]
) -> Iterator[_Scored]:
    yield from _score_of_all(figures, colleagues, period, months)
    for name in MOST:
        usual, count = colleagues.usual(name, figures), figures.as_fields()[name]
        if usual and count > 1:
            score = score_of_count(count - 1, max(usual[0], _LEAST_OF_ONE))
            yield name, count, (usual[0] + 1, usual[1]), score
    for name, share in figures.shares.items():
        usual = colleagues.usual(name, figures) if share.whole else None
        if usual and usual[0] < _MOST_SHARE:
            at = max(usual[0], _LEAST_SHARE)
            yield name, share, usual, score_of_share(share.part, share.whole, at)


def _score_of_all(
    figures: ThiefFigures, colleagues: _Colleagues, period: str, months: Mapping[str, int]
) -> Iterator[_Scored]:
    """Yield how unlikely so many emergencies are; of a month, for himself as well."""
    usual = colleagues.usual("emergencies", figures)
    if usual is None:
        return
    own = 0.0 if period == WHOLE else _own_mean(period, months)
    expected = max(usual[0], own)
    spread = _BETWEEN_DOCTORS if period == WHOLE else _BETWEEN_MONTHS
    score = score_of_count(figures.emergencies, max(expected, _LEAST_COUNT), spread)
    yield "emergencies", figures.emergencies, (expected, usual[1]), score


def _own_mean(period: str, months: Mapping[str, int]) -> float:
    """Return how many emergencies he had in his other months, if these are enough to tell."""
    others = [count for name, count in months.items() if name != period]
    return sum(others) / len(others) if len(others) >= _MONTHS_OF_HIS_OWN else 0.0


def _concerned(name: str, acts: Sequence[EmergencyAct]) -> Iterable[EmergencyAct]:
    """Return the acts that a figure counts."""
    match name:
        case "unknown":
            return [act for act in acts if not act.known]
        case "at_night":
            return [act for act in acts if act.at_night]
        case "unjustified":
            return [act for act in acts if not act.case.justified_at]
        case "one_name":
            return of_one_name(acts)
        case "one_patient":
            return of_one_patient(acts)
        case _:
            return acts
