"""Whether thieves among a thousand doctors are found, and how many honest ones are named.

Neither the thieves nor the honest year know how anything is measured. The log is made by the
keeper's own code and read as an auditor reads it.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from access_log import ORIGIN, bench_folder
from honest_year import BEGAN, DAY, DAYS, HOUR, SimDoctor, SimEvent, Town

from rmp_milter.audit.acts import Calendar, gather
from rmp_milter.audit.folder import ExportedLog
from rmp_milter.audit.unusual import THRESHOLD, Standout, unusual
from rmp_milter.audit.writing import export
from rmp_milter.calls.protocol.message import Event
from rmp_milter.dossier.emergency import EMERGENCY, EMERGENCY_PURPOSE, JUSTIFY_HOURS
from rmp_milter.engine.transaction import WriteTransaction
from rmp_milter.keeper.keys.keys import LogKey
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.writing import put

Thief = Callable[[Town, SimDoctor], Iterator[SimEvent]]
_AT_ONCE = 10_000


def _in_bulk(town: Town, doctor: SimDoctor) -> Iterator[SimEvent]:
    """Read 30 strangers within a week, by day, each with a plausible justification."""
    begun = BEGAN + town.chance.randrange(30, DAYS - 30) * DAY
    for _ in range(30):
        at = begun + round(town.chance.uniform(0, 7)) * DAY + _hour(town, 9, 19)
        yield from town.emergency(doctor, town.patient(), at, careful=1.0)


def _slowly(town: Town, doctor: SimDoctor) -> Iterator[SimEvent]:
    """Read three strangers a month, all year, by day, all justified."""
    for month in range(12):
        for _ in range(3):
            at = BEGAN + (30 * month + town.chance.randrange(30)) * DAY + _hour(town, 9, 19)
            yield from town.emergency(doctor, town.patient(), at, careful=1.0)


def _by_night(town: Town, doctor: SimDoctor) -> Iterator[SimEvent]:
    """Read two strangers a month when nobody looks, justified."""
    for month in range(12):
        for _ in range(2):
            at = BEGAN + (30 * month + town.chance.randrange(30)) * DAY + _hour(town, 1, 5)
            yield from town.emergency(doctor, town.patient(), at, careful=1.0)


def _one_family(town: Town, doctor: SimDoctor) -> Iterator[SimEvent]:
    """Read a dozen people of one name, on different days of four months."""
    name, begun = town.patient().name, town.chance.randrange(DAYS - 130)
    for _ in range(12):
        at = BEGAN + (begun + town.chance.randrange(120)) * DAY + _hour(town, 8, 23)
        yield from town.emergency(doctor, town.patient(name), at, careful=0.97)


def _never_saying_why(town: Town, doctor: SimDoctor) -> Iterator[SimEvent]:
    """Read a stranger every three weeks and justify nothing."""
    for week in range(0, 52, 3):
        at = BEGAN + (7 * week + town.chance.randrange(7)) * DAY + _hour(town, 8, 22)
        yield from town.emergency(doctor, town.patient(), at, careful=0.0)


def _hour(town: Town, first: float, last: float) -> int:
    return round(town.chance.uniform(first, last) * HOUR)


HABITS: Mapping[str, tuple[Thief, str]] = {
    "in bulk": (_in_bulk, "medecins.example"),
    "slowly": (_slowly, "medecins.example"),
    "by night": (_by_night, "cabinet-3.example"),
    "one family": (_one_family, "chu-1.example"),
    "never saying why": (_never_saying_why, "chu-2.example"),
}


THRESHOLDS = (4.0, 5.0, THRESHOLD, 7.0)
CAREFUL = 0.9
"""Who justifies less of his emergencies is named with some reason, though he is no thief."""


@dataclass
class Tally:
    """What was found at one threshold, in all years together."""

    thieves: Counter[str] = field(default_factory=Counter)
    careless: int = 0
    others: Counter[str] = field(default_factory=Counter)


def thieves(seeds: range) -> list[str]:
    """Simulate a year a seed; say how many thieves were found, and who was named wrongly."""
    tallies = {threshold: Tally() for threshold in THRESHOLDS}
    doctors, acts = 0, 0
    for seed in seeds:
        town = Town(seed)
        guilty = {habit: _stealing(town, service) for habit, (_, service) in HABITS.items()}
        events = [*town.events()]
        for habit, doctor in guilty.items():
            events += HABITS[habit][0](town, doctor)
        doctors += len(town.doctors)
        acts += sum(event.kind == EMERGENCY for event in events)
        found = _found(sorted(events, key=lambda event: event.at))
        for threshold, tally in tallies.items():
            _count(tally, [each for each in found if each.score >= threshold], town, guilty)
    return [
        (
            f"thieves among {doctors // len(seeds)} doctors, {acts // len(seeds)} emergencies a"
            f" year, {len(seeds)} simulated years:"
        ),
        *(_line(threshold, tally, len(seeds), doctors) for threshold, tally in tallies.items()),
    ]


def _count(
    tally: Tally, found: Sequence[Standout], town: Town, guilty: Mapping[str, SimDoctor]
) -> None:
    figures: dict[str, set[str]] = {}
    for each in found:
        figures.setdefault(each.rpps, set()).add(each.figure)
    habits = {doctor.rpps: habit for habit, doctor in guilty.items()}
    for doctor in town.doctors:
        if doctor.rpps not in figures:
            continue
        if doctor.rpps in habits:
            tally.thieves[habits[doctor.rpps]] += 1
        elif doctor.careful < CAREFUL and figures[doctor.rpps] == {"unjustified"}:
            tally.careless += 1
        else:
            tally.others[" and ".join(sorted(figures[doctor.rpps]))] += 1


def _line(threshold: float, tally: Tally, years: int, doctors: int) -> str:
    habits = ", ".join(f"{habit} {tally.thieves[habit]} of {years}" for habit in HABITS)
    others = ", ".join(f"{name} {count}" for name, count in tally.others.items()) or "none"
    chosen = " (as shipped)" if threshold == THRESHOLD else ""
    return (
        f"  from a score of {threshold:g}{chosen}: {tally.thieves.total()} of"
        f" {years * len(HABITS)} found ({habits}); of {doctors - years * len(HABITS)} honest"
        f" doctors {tally.careless} are named for justifying too little, which they do, and"
        f" wrongly {tally.others.total()} ({others})"
    )


def _stealing(town: Town, service: str) -> SimDoctor:
    """Return who will steal, anybody of a service who was there all the year."""
    there = [each for each in town.doctors if each.service == service]
    return town.chance.choice([each for each in there if (each.first, each.last) == (0, DAYS)])


def _found(events: list[SimEvent]) -> list[Standout]:
    """Return what stands out in a log of these events."""
    with bench_folder() as place:
        _write(events, place)
        calendar = Calendar(ZoneInfo("Europe/Paris"))
        gathered = gather(ExportedLog(place / "export"), calendar)
        gathered.name_by(_namesakes(events))
        now = BEGAN + (DAYS + 7) * DAY
        return unusual(gathered, now, JUSTIFY_HOURS, min(THRESHOLDS))


def _write(events: list[SimEvent], place: Path) -> None:
    journal.create(place / "log", ORIGIN)
    with Journal(place / "log") as log:
        for first in range(0, len(events), _AT_ONCE):
            _write_some(log, [*enumerate(events[first : first + _AT_ONCE], first)])
        with log.snapshot() as snapshot:
            export(snapshot, log.checkpoint(LogKey.generate()), place / "export")


def _write_some(log: Journal, some: list[tuple[int, SimEvent]]) -> None:
    def work(txn: WriteTransaction) -> None:
        for number, each in some:
            put(txn, _event(each, number), each.at, b"")

    log._write(work)  # noqa: SLF001 -- as bench.access_log


def _event(said: SimEvent, number: int) -> Event:
    urgent = said.kind == EMERGENCY
    return Event(
        at=said.at,
        action=said.kind,
        request=hashlib.sha256(number.to_bytes(8)).digest(),
        actor_rpps=said.doctor.rpps,
        actor_fingerprint="ab" * 20,
        sender=f"d{said.doctor.rpps}@{said.doctor.service}",
        dossier_id=said.patient.number.to_bytes(16),
        purpose=EMERGENCY_PURPOSE if urgent else "",
        reference=f"U-{said.number}" if said.number else "",
    )


def _namesakes(events: list[SimEvent]) -> dict[int, str]:
    """Return the family name of each emergency's patient, by the number of its entry."""
    return {
        number: each.patient.name
        for number, each in enumerate(events)
        if each.kind == EMERGENCY
    }
