"""A year of emergencies that are all honest: who works where, whom he meets, how he is.

Made from what is known of such work, and of nobody's thresholds: emergency departments with
teams, general practitioners with patients of their own, a service that is called at night; some
careless, some new, one alone of his kind in a house; families that come together, patients who
come again and again, a winter with influenza.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from population import Place, family_names

DAY, HOUR = 86_400, 3600
BEGAN = 1_798_758_000  # 2027-01-01T00:00 in France
DAYS = 365


@dataclass(frozen=True)
class SimPatient:
    """Somebody with a dossier."""

    number: int
    name: str


@dataclass
class SimDoctor:
    """A doctor: where he writes from, how many emergencies a day, how he works.

    ``night`` is the share that he sees at night, ``own`` that of patients who are his already,
    ``careful`` how likely he justifies; ``first`` and ``last`` are his days of work.
    """

    rpps: str
    service: str
    rate: float
    night: float
    own: float
    careful: float
    first: int = 0
    last: int = DAYS
    patients: list[SimPatient] = field(default_factory=list)


@dataclass(frozen=True)
class SimEvent:
    """What becomes an entry; ``justifies`` is the emergency (its number) that it is about."""

    at: int
    doctor: SimDoctor
    patient: SimPatient
    kind: str
    number: int = 0


class Town:
    """A thousand doctors, their patients, and a year of them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- a simulation
        self._numbers = count()
        self.emergencies = count(1)
        shares = family_names(Place.MAINLAND)
        self._names = self.chance.choices([*shares], [*shares.values()], k=200_000)
        self.doctors = [*self._doctors()]
        self._often = [self.patient() for _ in range(60)]

    def patient(self, name: str | None = None) -> SimPatient:
        """Return somebody new; of a given family, or of any."""
        chosen = self.chance.choice(self._names) if name is None else name
        return SimPatient(next(self._numbers), chosen)

    def _doctor(self, service: str, rate: float, night: float, own: float) -> SimDoctor:
        """Return a doctor who works about so; one in twelve justifies far too little."""
        chance = self.chance
        careless = chance.random() < 1 / 12
        doctor = SimDoctor(
            rpps=str(10_000_000_000 + next(self._numbers)),
            service=service,
            rate=rate * chance.lognormvariate(0, 0.5),
            night=min(max(chance.gauss(night, 0.1), 0.02), 0.95),
            own=min(max(chance.gauss(own, 0.1), 0.0), 0.95),
            careful=chance.uniform(0.6, 0.9) if careless else chance.uniform(0.93, 1.0),
        )
        if chance.random() < 1 / 15:
            doctor.first = chance.randrange(DAYS - 30)
        elif chance.random() < 1 / 20:
            doctor.last = chance.randrange(30, DAYS)
        doctor.patients = [self.patient() for _ in range(chance.randrange(30, 60))]
        return doctor

    def _doctors(self) -> Iterator[SimDoctor]:
        for house in range(6):
            name = f"chu-{house}.example"
            yield from (self._doctor(name, 0.4, 0.4, 0.05) for _ in range(10))
            yield from (self._doctor(name, 0.01, 0.3, 0.3) for _ in range(50))
        yield self._doctor("clinique.example", 0.4, 0.4, 0.05)  # alone of his kind
        yield from (self._doctor("clinique.example", 0.01, 0.2, 0.3) for _ in range(25))
        yield from (self._doctor("sos.example", 0.5, 0.7, 0.02) for _ in range(20))
        yield from (self._doctor("samu.example", 0.6, 0.45, 0.01) for _ in range(14))
        yield from (self._doctor("medecins.example", 0.02, 0.1, 0.5) for _ in range(300))
        for practice in range(70):
            name = f"cabinet-{practice}.example"
            yield from (self._doctor(name, 0.02, 0.1, 0.5) for _ in range(4))

    def events(self) -> Iterator[SimEvent]:
        """Yield the honest year, in no order."""
        for doctor in self.doctors:
            yield from self._practice(doctor)
            yield from self._emergencies(doctor)

    def _practice(self, doctor: SimDoctor) -> Iterator[SimEvent]:
        """Yield what makes patients his, and what he does with them on other days."""
        for patient in doctor.patients:
            day = doctor.first if self.chance.random() < 0.7 else self._day(doctor)
            yield SimEvent(self._by_day(day), doctor, patient, "dossier")
        for day in range(doctor.first, doctor.last, 9):
            patient = self.chance.choice(doctor.patients)
            yield SimEvent(self._by_day(day), doctor, patient, "depot")

    def _day(self, doctor: SimDoctor) -> int:
        return self.chance.randrange(doctor.first, max(doctor.last, doctor.first + 1))

    def _emergencies(self, doctor: SimDoctor) -> Iterator[SimEvent]:
        for day in range(doctor.first, doctor.last):
            winter = 1.8 if day < 45 else 1.0
            for _ in range(self._poisson(doctor.rate * winter)):
                at = self._by_night(day) if self.chance.random() < doctor.night else None
                for patient in self._come(doctor):
                    yield from self.emergency(doctor, patient, at or self._by_day(day))

    def _come(self, doctor: SimDoctor) -> list[SimPatient]:
        """Return who comes: one of his, one who comes often, a family, or anybody."""
        draw = self.chance.random()
        if draw < doctor.own:
            return [self.chance.choice(doctor.patients)]
        if draw > 0.97 and doctor.rate > 0.1:
            return [self.chance.choice(self._often)]
        if draw > 0.95:
            first = self.patient()
            others = [self.patient(first.name) for _ in range(self.chance.randrange(1, 4))]
            return [first, *others]
        return [self.patient()]

    def emergency(
        self, doctor: SimDoctor, patient: SimPatient, at: int, careful: float | None = None
    ) -> Iterator[SimEvent]:
        """Yield an emergency, its justification, and often a report, which makes him known."""
        number = next(self.emergencies)
        yield SimEvent(at, doctor, patient, "urgence", number)
        if self.chance.random() < (doctor.careful if careful is None else careful):
            wait = round(self.chance.expovariate(1 / (5 * HOUR)))
            yield SimEvent(at + wait, doctor, patient, "justification", number)
        if careful is None and self.chance.random() < 0.4:
            wait = round(self.chance.uniform(1, 30) * HOUR)
            yield SimEvent(at + wait, doctor, patient, "depot")

    def _by_day(self, day: int) -> int:
        return BEGAN + day * DAY + round(self.chance.uniform(8, 20) * HOUR)

    def _by_night(self, day: int) -> int:
        return BEGAN + day * DAY + round(self.chance.uniform(20, 30) * HOUR)

    def _poisson(self, mean: float) -> int:
        found, passed = 0, self.chance.expovariate(1)
        while passed < mean:
            found, passed = found + 1, passed + self.chance.expovariate(1)
        return found
