"""In which order calls reach the keeper: what passes what, and that nothing waits for ever."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from rmp_milter.calls.gate import PASSED_OVER, SPARE, Gate, Rank

ORDINARY = [rank for rank in Rank if rank is not Rank.EMERGENCY]
NARROW = [Rank.LARGE, Rank.STRANGER, Rank.STRANGER_LARGE]
WIDE = [rank for rank in ORDINARY if rank not in NARROW]
SECONDS = 20


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)


class Keeper:
    """Stands behind the gate; a call is served until it is told to end."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.served: list[str] = []
        self._calls: dict[str, tuple[threading.Thread, threading.Event]] = {}

    def call(self, name: str, rank: Rank, size: int = 0, who: bytes = b"") -> None:
        """Come with a call; return when it is served or waits at the gate."""
        end = threading.Event()

        def serve() -> None:
            with self.gate.place(rank, size, who):
                self.served.append(name)
                end.wait(SECONDS)

        thread = threading.Thread(target=serve, daemon=True)
        self._calls[name] = (thread, end)
        thread.start()
        self._settle()

    def end(self, name: str) -> None:
        """End a call; return when whoever is let in for it is served."""
        thread, end = self._calls[name]
        end.set()
        thread.join(SECONDS)
        self._settle()

    def end_all(self) -> list[str]:
        """End one call after the other as they are served; return all in that order."""
        for place in range(len(self._calls)):
            self.end(self.served[place])
        return self.served

    def _settle(self) -> None:
        until(lambda: len(self.served) + self.gate.waiting() == len(self._calls))


@contextmanager
def busy(workers: int) -> Iterator[Keeper]:
    """Give a keeper all of whose workers serve other mails, the spare one an emergency."""
    keeper = Keeper(Gate(workers, SECONDS))
    for number in range(workers):
        keeper.call(f"busy {number}", Rank.KNOWN)
    for number in range(SPARE):
        keeper.call(f"urgent {number}", Rank.EMERGENCY)
    assert keeper.gate.waiting() == 0
    yield keeper
    keeper.end_all()


def after_busy(keeper: Keeper) -> list[str]:
    return [name for name in keeper.end_all() if not name.startswith(("busy", "urgent"))]


def test_no_more_calls_at_once_than_workers() -> None:
    keeper = Keeper(Gate(3, SECONDS))
    for number in range(5):
        keeper.call(str(number), Rank.KNOWN)
    assert keeper.served == ["0", "1", "2"]
    keeper.end("1")
    assert keeper.served == ["0", "1", "2", "3"]
    assert keeper.end_all() == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_a_worker_is_kept_for_an_emergency(workers: int) -> None:
    keeper = Keeper(Gate(workers, SECONDS))
    for rank in ORDINARY:
        for number in range(workers):
            keeper.call(f"{rank} {number}", rank)
    served = len(keeper.served)
    keeper.call("emergency", Rank.EMERGENCY)
    assert keeper.served[served:] == ["emergency"]
    keeper.end_all()


def test_an_emergency_passes_all_that_wait() -> None:
    with busy(2) as keeper:
        for rank in ORDINARY:
            for number in range(10):
                keeper.call(f"{rank} {number}", rank)
        keeper.call("emergency", Rank.EMERGENCY)
        keeper.end("busy 0")
        assert keeper.served[-1] == "emergency"


def test_emergencies_go_as_they_come() -> None:
    with busy(1) as keeper:
        names = [str(number) for number in range(3 * PASSED_OVER)]
        keeper.call("other", Rank.LIKELY)
        for name in names:
            keeper.call(name, Rank.EMERGENCY)
        assert after_busy(keeper) == [*names, "other"]


def test_what_may_be_an_emergency_goes_before_what_is_none() -> None:
    with busy(1) as keeper:
        for rank in reversed(ORDINARY):
            keeper.call(rank.name, rank)
        keeper.end("busy 0")
        assert keeper.served[-1] == Rank.LOGGED_IN.name


def test_of_mails_to_open_the_small_one_goes_first() -> None:
    with busy(1) as keeper:
        keeper.call("10 KB", Rank.LIKELY, 10_000)
        keeper.call("30 KB", Rank.LIKELY, 30_000)
        keeper.call("2 KB", Rank.LIKELY, 2_000)
        assert after_busy(keeper) == ["2 KB", "10 KB", "30 KB"]


def test_who_has_fewer_mails_in_hand_goes_first() -> None:
    with busy(1) as keeper:
        for number in range(3):
            keeper.call(f"laboratory {number}", Rank.LIKELY, 2_000, b"laboratory")
        keeper.call("doctor 0", Rank.LIKELY, 9_000, b"doctor")
        keeper.call("doctor 1", Rank.LIKELY, 1_000, b"doctor")
        assert after_busy(keeper) == [
            *("laboratory 0", "doctor 0", "doctor 1", "laboratory 1", "laboratory 2")
        ]
        keeper.call("again", Rank.LIKELY, 2_000, b"laboratory")
        keeper.end_all()
        assert not keeper.gate._of


@pytest.mark.parametrize("workers", [2, 3, 8])
@pytest.mark.parametrize("rank", WIDE)
def test_strangers_and_large_mails_leave_a_worker(workers: int, rank: Rank) -> None:
    keeper = Keeper(Gate(workers, SECONDS))
    for number in range(4 * workers):
        keeper.call(f"stranger {number}", NARROW[number % 3])
    assert len(keeper.served) == workers - 1
    for number in range(5):  # one after the other, whatever has waited before
        keeper.call(f"known {number}", rank)
        assert keeper.served[-1] == f"known {number}"
        keeper.end(f"known {number}")
    keeper.end_all()


def test_a_single_worker_opens_strangers_mails_too() -> None:
    keeper = Keeper(Gate(1, SECONDS))
    keeper.call("stranger", Rank.STRANGER_LARGE)
    assert keeper.end_all() == ["stranger"]


@pytest.mark.parametrize("rank", ORDINARY)
def test_whoever_was_passed_over_three_times_is_next(rank: Rank) -> None:
    with busy(1) as keeper:
        keeper.call("patient", rank, 1000)
        for number in range(10):
            keeper.call(f"in front {number}", Rank.LIKELY)
        assert after_busy(keeper).index("patient") <= PASSED_OVER


@dataclass
class Crowd:
    """Calls of all ranks at one gate, some of which fail, and how many were in at once."""

    workers: int
    gate: Gate
    lock: threading.Lock = field(default_factory=threading.Lock)
    inside: Counter[Rank] = field(default_factory=Counter)
    done: int = 0
    too_many: set[str] = field(default_factory=set)

    def call(self, rank: Rank, size: int, *, fails: bool) -> None:
        with suppress(ConnectionError), self.gate.place(rank, size):
            self._count(rank, 1)
            time.sleep(0.0005)
            self._count(rank, -1)
            if fails:
                raise ConnectionError

    def _count(self, rank: Rank, change: int) -> None:
        with self.lock:
            self.inside[rank] += change
            self.done += change < 0
            ordinary = sum(self.inside[each] for each in ORDINARY)
            bounds = {
                "narrow": (sum(self.inside[each] for each in NARROW), max(1, self.workers - 1)),
                "ordinary": (ordinary, self.workers),
                "all": (ordinary + self.inside[Rank.EMERGENCY], self.workers + SPARE),
            }
            self.too_many |= {name for name, (here, most) in bounds.items() if here > most}


@pytest.mark.parametrize("seed", range(10))
def test_all_are_served_once_and_no_place_is_lost(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- a test's choice, with a seed
    workers = chance.randint(1, 4)
    crowd = Crowd(workers, Gate(workers, SECONDS))
    jobs = [(chance.choice(list(Rank)), chance.randrange(1000)) for _ in range(100)]
    threads = [
        threading.Thread(target=crowd.call, args=job, kwargs={"fails": chance.random() < 0.2})
        for job in jobs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert crowd.done == len(jobs)
    assert not crowd.too_many
    assert crowd.gate.waiting() == 0
    keeper = Keeper(crowd.gate)
    for number in range(workers):
        keeper.call(str(number), Rank.KNOWN)
    keeper.call("emergency", Rank.EMERGENCY)
    assert len(keeper.served) == workers + SPARE
    keeper.end_all()


def test_who_waits_too_long_goes_away_and_leaves_nothing() -> None:
    gate = Gate(1, 0.05)
    with gate.place(Rank.KNOWN):
        with pytest.raises(TimeoutError, match="busy"), gate.place(Rank.LIKELY):
            pytest.fail("there was no place")
        assert gate.waiting() == 0
    with gate.place(Rank.LIKELY):
        assert gate.waiting() == 0
