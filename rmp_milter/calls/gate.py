"""Who calls the keeper next: the milter's calls wait here, in order, and not at the keeper.

The keeper serves calls as they come, and a call that waits at its socket can no longer be
overtaken. So no more calls go to it at once than it has workers. The others wait at the gate,
where an emergency passes all, and where what strangers have opened never takes all workers.
One worker more than the host asks for is there for emergencies alone.
"""

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from operator import attrgetter

AHEAD = 1
"""Ordinary calls beyond the number of cores: while one's reply is read, no core is idle."""
SPARE = 1
"""Workers beyond those for ordinary calls: emergencies' own."""
PASSED_OVER = 3
"""So often whoever has waited longest is passed over; then it is his turn."""


class Rank(IntEnum):
    """What a call is for, the first to be served first."""

    EMERGENCY = 0
    """All calls of a mail that turned out to be an emergency."""
    LOGGED_IN = 1
    """Opening a mail that may be one: it is small, and of somebody whom Postfix knows."""
    LIKELY = 2
    """The same of somebody who seems to be known, by an address that anybody may write."""
    KNOWN = 3
    """What the mails of known senders need once they are open."""
    CHORE = 4
    """What no mail waits for."""
    LARGE = 5
    """Opening a large mail of somebody who seems to be known."""
    STRANGER = 6
    """Opening a small mail of somebody who does not."""
    STRANGER_LARGE = 7
    """Opening a large one."""


_NARROW = frozenset({Rank.LARGE, Rank.STRANGER, Rank.STRANGER_LARGE})


def ordinary_of(workers: int) -> int:
    """Return how many ordinary calls go at once to a keeper with so many configured workers."""
    return workers + AHEAD


def processes_of(workers: int) -> int:
    """Return how many processes such a keeper starts."""
    return ordinary_of(workers) + SPARE


class _Waiting:
    """One call that waits: its place in the order, and the sign that it may go."""

    def __init__(self, rank: Rank, who: bytes, order: tuple[int, int, int]) -> None:
        self.rank = rank
        self.who = who
        self.order = (rank, *order)
        self.admitted = False
        self.urgent = rank is Rank.EMERGENCY
        """Whether it may take the spare worker."""
        self.narrow = rank in _NARROW
        """Whether it leaves a worker to all others."""
        self.sign = threading.Lock()
        self.sign.acquire()

    def admit(self) -> None:
        """Let it go."""
        self.admitted = True
        self.sign.release()


class Gate:
    """Lets ``workers`` calls through at once, the best rank first; for threads of a process.

    An emergency's may be one more. Opening what may take long (of strangers, or large) has all
    workers but one; of a single one it has that. Nothing waits for ever: whoever has waited
    longest and was passed over three times is next, but for emergencies, which pass always.
    """

    def __init__(self, workers: int, patience: float) -> None:
        """``patience`` is how many seconds a call waits here at most."""
        self._patience = patience
        self._free = workers + SPARE
        self._free_ordinary = workers
        self._free_narrow = max(1, workers - 1)
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._waiting: list[_Waiting] = []  # as they came; one for each thread at most
        self._of: Counter[bytes] = Counter()
        self._passed_over = 0

    @contextmanager
    def place(self, rank: Rank, size: int = 0, who: bytes = b"") -> Iterator[None]:
        """Hold a place for one call, in the order of ranks.

        Of one rank, those of a caller who has fewer in hand go first, then small ones, then
        as they come; who is nobody (``who`` is empty) has none in hand. Raises
        :class:`TimeoutError` when no place was free in time; then none is held.
        """
        call = self._enter(rank, size, who)
        try:
            yield
        finally:
            with self._lock:
                self._count(call, 1)
                self._leave(call)
                self._admit()

    def waiting(self) -> int:
        """Return how many calls wait at this moment."""
        with self._lock:
            return len(self._waiting)

    def _enter(self, rank: Rank, size: int, who: bytes) -> _Waiting:
        with self._lock:
            call = _Waiting(rank, who, (self._of[who], size, next(self._numbers)))
            if who:
                self._of[who] += 1
            self._waiting.append(call)
            self._admit()
        if call.sign.acquire(timeout=self._patience):
            return call
        with self._lock:
            if call.admitted:  # in the very last moment
                return call
            self._waiting.remove(call)
            self._leave(call)
        raise TimeoutError("all workers are busy")

    def _leave(self, call: _Waiting) -> None:
        """Forget a call; who has none in hand is forgotten too."""
        if call.who:
            self._of[call.who] -= 1
            if not self._of[call.who]:
                del self._of[call.who]

    def _admit(self) -> None:
        """Let calls go while there are places for them."""
        while self._free and (call := self._next()):
            self._count(call, -1)
            self._waiting.remove(call)
            call.admit()

    def _count(self, call: _Waiting, change: int) -> None:
        self._free += change
        if not call.urgent:
            self._free_ordinary += change
        if call.narrow:
            self._free_narrow += change

    def _may(self, call: _Waiting) -> bool:
        """Whether the call may take one of the workers that are free."""
        if call.narrow and not self._free_narrow:
            return False
        return call.urgent or self._free_ordinary > 0

    def _next(self) -> _Waiting | None:
        """Return whose turn it is among those that may take a worker now."""
        ready = [call for call in self._waiting if self._may(call)]
        if not ready:
            return None
        oldest, best = ready[0], min(ready, key=attrgetter("order"))
        if best.urgent:
            return best
        if best is oldest or self._passed_over >= PASSED_OVER:
            self._passed_over = 0
            return oldest
        self._passed_over += 1
        return best
