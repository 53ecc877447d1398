"""Three couriers' leases as values: whatever is slow, lost, stopped or killed, in any order."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rmp_milter.courier.leases import Holdings
from testbed.examples import some

SECONDS, ROWS = 30.0, 4
COURIERS = st.integers(0, 2)
READERS = st.sampled_from("ab")
READER_SETS = st.sampled_from([frozenset("a"), frozenset("ab")])
WAITS = st.sampled_from([0.0, 0.0, 1.0, 12.0, 31.0])
HEARD = st.sampled_from([True, True, False])


@dataclass
class Courier:
    """What one courier knows: by his clock, which is not quite the server's."""

    rate: float
    held: Holdings = field(default_factory=lambda: Holdings(SECONDS))
    rows: dict[str, list[int]] = field(default_factory=dict)
    unnoted: list[tuple[str, int]] = field(default_factory=list)


class Leasing(RuleBasedStateMachine):
    """A server's book, an outbox, and couriers who hear of them late or never."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.book: dict[str, tuple[int, float]] = {}
        self.due = {reader: list(range(ROWS)) for reader in "ab"}
        self.delivered: dict[str, list[int]] = {"a": [], "b": []}
        self.noted: set[tuple[str, int]] = set()
        self.couriers = [Courier(rate) for rate in (0.95, 1.0, 1.05)]

    def clock(self, courier: Courier) -> float:
        return self.now * courier.rate

    @rule(seconds=WAITS)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(number=COURIERS, readers=READER_SETS, there=WAITS, back=WAITS, heard=HEARD)
    def take(
        self,
        number: int,
        readers: frozenset[str],
        there: float,
        back: float,
        heard: bool,  # noqa: FBT001 -- drawn
    ) -> None:
        """Ask for leases, those under way apart; the server hears of it later, and he after."""
        courier = self.couriers[number]
        asked_at = self.clock(courier)
        self.now += there
        granted = [
            reader
            for reader in readers - courier.rows.keys()
            if reader not in self.book
            or self.book[reader][0] == number
            or self.book[reader][1] <= self.now
        ]
        self.grant(number, granted)
        self.now += back
        if heard:
            courier.held = courier.held.granted(granted, asked_at)

    @rule(number=COURIERS, there=WAITS, back=WAITS, heard=HEARD)
    def renew(self, number: int, there: float, back: float, heard: bool) -> None:  # noqa: FBT001 -- drawn
        courier = self.couriers[number]
        asked_at, known = self.clock(courier), courier.held.readers
        self.now += there
        ours = [each for each in known if self.book.get(each, (-1, 0))[0] == number]
        self.grant(number, ours)
        self.now += back
        if heard:
            lost = [each for each in known if each not in ours]
            courier.held = courier.held.granted(ours, asked_at).without(lost)

    def grant(self, number: int, readers: list[str]) -> None:
        self.book |= dict.fromkeys(readers, (number, self.now + SECONDS))

    def read(self, number: int, reader: str) -> None:
        """Read what is due to a reader who is held, once nothing is under way to him."""
        courier = self.couriers[number]
        unnoted = {row for to, row in courier.unnoted if to == reader}
        if reader not in courier.rows and courier.held.holds(reader, self.clock(courier)):
            courier.rows[reader] = [row for row in self.due[reader] if row not in unnoted]

    @rule(number=COURIERS, reader=READERS)
    def send(self, number: int, reader: str) -> None:
        courier = self.couriers[number]
        self.read(number, reader)
        if reader not in courier.rows:
            return
        if not courier.rows[reader] or not courier.held.holds(reader, self.clock(courier)):
            del courier.rows[reader]
            return
        row = courier.rows[reader].pop(0)
        assert (reader, row) not in self.noted
        self.delivered[reader].append(row)
        courier.unnoted.append((reader, row))

    @rule(number=COURIERS)
    def note(self, number: int) -> None:
        for reader, row in self.couriers[number].unnoted:
            self.noted.add((reader, row))
            if row in self.due[reader]:
                self.due[reader].remove(row)
        self.couriers[number].unnoted.clear()

    @rule(number=COURIERS, reader=READERS)
    def give_back(self, number: int, reader: str) -> None:
        courier = self.couriers[number]
        idle = reader not in courier.rows
        if idle and all(to != reader for to, _ in courier.unnoted):
            courier.held = courier.held.without([reader])
            if reader in self.book and self.book[reader][0] == number:
                del self.book[reader]

    @rule(number=COURIERS)
    def kill(self, number: int) -> None:
        """Another one, who knows nothing, comes in his place: under a name of his own."""
        self.book = {
            reader: (-1 if holder == number else holder, until)
            for reader, (holder, until) in self.book.items()
        }
        self.couriers[number] = Courier(self.couriers[number].rate)

    @invariant()
    def one_courier_a_reader(self) -> None:
        for reader in "ab":
            holding = [
                each for each in self.couriers if each.held.holds(reader, self.clock(each))
            ]
            assert len(holding) <= 1

    @invariant()
    def each_goes_first_in_its_turn(self) -> None:
        """What goes out again was not noted, as after a kill."""
        for rows in self.delivered.values():
            first = [*dict.fromkeys(rows)]
            assert first == sorted(first)


class TestLeasing(Leasing.TestCase):  # type: ignore[misc,name-defined] # made by hypothesis when it runs
    settings = settings(deadline=None, max_examples=some(300), stateful_step_count=50)
