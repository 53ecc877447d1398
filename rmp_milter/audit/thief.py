"""Figures that would show a thief: a doctor's emergencies, or a service's, in one period."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from rmp_milter.audit.acts import EmergencyAct
from rmp_milter.audit.emergencies import HOUR


@dataclass(frozen=True)
class PartOf:
    """So many of so many."""

    part: int
    whole: int

    def __str__(self) -> str:
        return f"{self.part}/{self.whole}"


@dataclass(frozen=True)
class ThiefFigures:
    """``due`` is how many should be justified by now.

    ``one_name`` is on how many days other patients of one name came, ``one_patient`` on how many
    one and the same, of those whom the doctor had not known: a family that came together is one.
    """

    emergencies: int = 0
    unknown: int = 0
    at_night: int = 0
    due: int = 0
    unjustified: int = 0
    one_name: int = 0
    one_patient: int = 0

    @property
    def shares(self) -> dict[str, PartOf]:
        """The figures that are a part of something."""
        return {
            "unknown": PartOf(self.unknown, self.emergencies),
            "at_night": PartOf(self.at_night, self.emergencies),
            "unjustified": PartOf(self.unjustified, self.due),
        }

    def as_fields(self) -> dict[str, int]:
        """Return the figures as programs read them."""
        return asdict(self)


NONE = ThiefFigures()
MOST = ("one_name", "one_patient")
"""Figures that are the most of something, and cannot be added up."""


def thief_figures(acts: Sequence[EmergencyAct], now: int, justify_hours: int) -> ThiefFigures:
    """Count the acts of one doctor; ``now`` (epoch seconds) decides what is due."""
    due = [act for act in acts if now > act.case.at + justify_hours * HOUR]
    return ThiefFigures(
        emergencies=len(acts),
        unknown=sum(not act.known for act in acts),
        at_night=sum(act.at_night for act in acts),
        due=len(due),
        unjustified=sum(not act.case.justified_at for act in due),
        one_name=len(of_one_name(acts)),
        one_patient=len(of_one_patient(acts)),
    )


def of_one_name(acts: Iterable[EmergencyAct]) -> list[EmergencyAct]:
    """Return the most emergencies of patients of one name, one a patient and a day."""
    first: dict[str, EmergencyAct] = {}
    for act in acts:
        if act.name and not act.known:
            first.setdefault(act.case.patient, act)
    return _most((act.name, act) for act in first.values())


def of_one_patient(acts: Iterable[EmergencyAct]) -> list[EmergencyAct]:
    """Return the most emergencies of one patient, one a day."""
    return _most((act.case.patient, act) for act in acts if not act.known)


def _most(named: Iterable[tuple[str, EmergencyAct]]) -> list[EmergencyAct]:
    groups: dict[str, dict[str, EmergencyAct]] = {}
    for name, act in named:
        groups.setdefault(name, {}).setdefault(act.day, act)
    return list(max(groups.values(), key=len, default={}).values())


def summed(figures: Iterable[ThiefFigures]) -> ThiefFigures:
    """Return what several doctors' figures come to; of one name or patient, the highest."""
    each_of = [each.as_fields() for each in figures] or [NONE.as_fields()]
    together = {
        name: (max if name in MOST else sum)(each[name] for each in each_of)
        for name in NONE.as_fields()
    }
    return ThiefFigures(**together)
