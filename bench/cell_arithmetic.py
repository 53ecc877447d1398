"""What cells have to bear: from what is assumed and measured to octets, turns and unanswered cells.

Values alone; ``cell_simulation`` draws what is derived here. Nothing of it is in the service.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

DAY, HOUR, YEAR = 86_400, 3600, 31_557_600
MB, TB = 10**6, 10**12


@dataclass(frozen=True)
class Need:
    """What a country would send. Assumed, each a number to be replaced by one's own."""

    dossiers: int = 60_000_000
    deposits: float = 12
    """A dossier, a year: letters, results, reports."""
    consultations: float = 3
    """A dossier, a year, beside emergencies."""
    sent: float = 10
    """Documents that a consultation brings, each a mail."""
    emergencies: int = 57_000
    """A day, in the country: about as many as its emergency departments see."""
    without_day: float = 0.5
    """The share of them that name no day of birth, only about an age."""
    work_days: int = 251
    busiest_day: float = 1.3
    """Times the mean work day."""
    busiest_hour: float = 0.13
    """Of the day's mails."""
    body: int = 100_000
    """Octets of a deposit, the mean."""
    kept: int = 10
    """Years of deposits that a dossier has."""


@dataclass(frozen=True)
class Measured:
    """What this service took: ``docs/performance.md``, and the design's own trials."""

    record: int = 3_750
    """Octets a dossier in the store, one entry included, at a million."""
    entry: int = 2_000
    """Octets that each further entry takes beside its body, rounded up."""
    leaf: int = 950
    """Octets a leaf takes in the log's tables."""
    deposit_ms: float = 16.0
    """Processor of a deposit with its receipt, Postfix included."""
    mail_ms: float = 7.5
    """Processor of one more mail that leaves, Postfix included."""
    turns: int = 600
    """Turns to write a second, with a synchronous standby."""
    looked_at: int = 53
    """Dossiers that an emergency by name and age opens among a million, the median."""
    copied: int = 200 * MB
    """Octets a second of a base backup: to be measured on one's own disks."""


@dataclass(frozen=True)
class Faults:
    """How often a cell does not answer, and for how long. Assumed."""

    failovers: float = 14
    """A year: twelve that are planned, two that are not."""
    failover_seconds: float = 30
    losses: float = 0.05
    """A year: all nodes of a cell at once."""
    loss_seconds: float = 8 * HOUR
    median: float = 0.02
    """Seconds until a cell has answered an emergency's search; log-normal."""
    spread: float = 0.8
    deadline: float = 2.0


@dataclass(frozen=True)
class Cells:
    """So many cells for a need."""

    number: int
    need: Need = Need()
    measured: Measured = Measured()
    faults: Faults = Faults()

    @property
    def dossiers(self) -> float:
        """How many a cell has, the mean."""
        return self.need.dossiers / self.number

    def spread_of_sizes(self, concentration: float) -> float:
        """Return the standard deviation of a cell's share, 1 being the mean.

        ``concentration`` is the sum of the squares of the days' shares of all dossiers.
        """
        return math.sqrt((self.number - 1) * concentration)

    def largest(self, concentration: float) -> float:
        """Return how many dossiers the largest cell has (the mean of a normal's maximum, Blom)."""
        place = (self.number - 0.375) / (self.number + 0.25)
        above = NormalDist().inv_cdf(place) * self.spread_of_sizes(concentration)
        return self.dossiers * (1 + above)

    @property
    def deposits_a_day(self) -> float:
        """Deposits on the busiest work day, in one cell."""
        return self.dossiers * self.need.deposits / self.need.work_days * self.need.busiest_day

    @property
    def deposits_a_second(self) -> float:
        """Deposits in the busiest hour, in one cell."""
        return self.deposits_a_day * self.need.busiest_hour / HOUR

    @property
    def consultations_a_second(self) -> float:
        """Consultations in the busiest hour, in one cell."""
        return self.deposits_a_second * self.need.consultations / self.need.deposits

    @property
    def searches_a_second(self) -> float:
        """Searches without a day, in the busiest hour: every cell has all of them."""
        need = self.need
        return need.emergencies * need.without_day * need.busiest_hour / HOUR

    @property
    def turns_a_second(self) -> float:
        """Turns to write, of store and log together, in the busiest hour.

        A deposit: its leaf, its commit, its receipt's lease and note. A consultation: the same, and
        a note for each document; notes share turns, so this is the most. A search: a leaf.
        """
        sent = self.consultations_a_second * (4 + self.need.sent)
        return 4 * self.deposits_a_second + sent + self.searches_a_second

    @property
    def processors(self) -> float:
        """Processors that are busy in the busiest hour, in one cell."""
        sent = self.consultations_a_second * self.need.sent * self.measured.mail_ms
        whole = self.deposits_a_second + self.consultations_a_second + self.searches_a_second
        return (whole * self.measured.deposit_ms + sent) / 1000

    @property
    def octets(self) -> float:
        """What a cell's server holds once dossiers are as old as is kept; bodies included."""
        need, measured = self.need, self.measured
        entries = need.deposits * need.kept
        leaves = (need.deposits + need.consultations) * need.kept
        each = measured.record + entries * (measured.entry + need.body) + leaves * measured.leaf
        return self.dossiers * each

    @property
    def hours_of_a_base_backup(self) -> float:
        """How long a node that is begun anew is not a standby yet."""
        return self.octets / self.measured.copied / HOUR

    @property
    def looked_at(self) -> float:
        """Dossiers that an emergency by name and age opens in a cell, the median."""
        return self.measured.looked_at * self.dossiers / 1_000_000

    @property
    def away(self) -> float:
        """The share of time for which a cell does not answer."""
        faults = self.faults
        seconds = (
            faults.failovers * faults.failover_seconds + faults.losses * faults.loss_seconds
        )
        return seconds / YEAR

    @property
    def incomplete(self) -> float:
        """The share of searches without a day that some cell is away for."""
        return 1 - (1 - self.away) ** self.number

    @property
    def slowest(self) -> float:
        """Seconds until the last cell has answered, the median."""
        faults = self.faults
        each = 0.5 ** (1 / self.number)
        return faults.median * math.exp(faults.spread * NormalDist().inv_cdf(each))

    @property
    def late(self) -> float:
        """The share of searches in which a cell that is there misses the deadline."""
        faults = self.faults
        normal = math.log(faults.deadline / faults.median) / faults.spread
        return 1 - NormalDist().cdf(normal) ** self.number

    @property
    def moved_by_one_more(self) -> float:
        """The share of all dossiers that a cell more takes over."""
        return 1 / (self.number + 1)
