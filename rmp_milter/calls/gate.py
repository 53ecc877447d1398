"""Who calls the keeper next: the milter's calls wait here, in order, and not at the keeper.

The keeper serves calls as they come, and a call that waits at its socket can no longer be
overtaken. So no more calls go to it at once than it has workers. The others wait at the gate,
where an emergency passes all, and where what strangers have opened never takes all workers.
"""

import itertools
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

PASSED_OVER = 3
"""So often whoever has waited longest is passed over; then it is his turn."""


class Rank(IntEnum):
    """What a call is for, the first to be served first."""

    EMERGENCY = 0
    """All calls of a mail that turned out to be an emergency."""
    OPEN = 1
    """Opening a mail that may be one: it is small, its sender seems to be known."""
    KNOWN = 2
    """What the mails of known senders need once they are open."""
    CHORE = 3
    """What no mail waits for."""
    LARGE = 4
    """Opening a large mail of somebody who seems to be known."""
    STRANGER = 5
    """Opening a small mail of somebody who does not."""
    STRANGER_LARGE = 6
    """Opening a large one."""


_NARROW = frozenset({Rank.LARGE, Rank.STRANGER, Rank.STRANGER_LARGE})


class _Waiting:
    """One call that waits: its number in the order of coming, and the sign that it may go."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.admitted = False
        self.sign = threading.Lock()
        self.sign.acquire()

    def admit(self) -> None:
        """Let it go."""
        self.admitted = True
        self.sign.release()


class Gate:
    """Lets ``workers`` calls through at once, the best rank first; for threads of a process.

    Opening what may take long (of strangers, or large) has all workers but one; of a single
    worker it has that one. Nothing waits for ever: who was passed over three times by others
    of a better rank is next, but for emergencies, which pass always.
    """

    def __init__(self, workers: int, patience: float) -> None:
        """``patience`` is how many seconds a call waits here at most."""
        self._patience = patience
        self._free = workers
        self._free_narrow = max(1, workers - 1)
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._queues: dict[Rank, deque[_Waiting]] = {rank: deque() for rank in Rank}
        self._passed_over = 0

    @contextmanager
    def place(self, rank: Rank) -> Iterator[None]:
        """Hold a place for one call, in the order of ranks.

        Raises :class:`TimeoutError` when none was free in time; then none is held.
        """
        self._enter(rank)
        try:
            yield
        finally:
            with self._lock:
                self._free += 1
                self._free_narrow += rank in _NARROW
                self._admit()

    def waiting(self) -> int:
        """Return how many calls wait at this moment."""
        with self._lock:
            return sum(map(len, self._queues.values()))

    def _enter(self, rank: Rank) -> None:
        with self._lock:
            call = _Waiting(next(self._numbers))
            self._queues[rank].append(call)
            self._admit()
        if call.sign.acquire(timeout=self._patience):
            return
        with self._lock:
            if call.admitted:  # in the very last moment
                return
            self._queues[rank].remove(call)
        raise TimeoutError("all workers are busy")

    def _admit(self) -> None:
        """Let calls go while there are places for them."""
        while self._free and (rank := self._next()) is not None:
            self._free -= 1
            self._free_narrow -= rank in _NARROW
            self._queues[rank].popleft().admit()

    def _next(self) -> Rank | None:
        """Return whose turn it is; the first of each queue has waited longest in it."""
        ready = [rank for rank, queue in self._queues.items() if queue and self._may(rank)]
        if not ready:
            return None
        best, oldest = min(ready), min(ready, key=lambda rank: self._queues[rank][0].number)
        if best is Rank.EMERGENCY:
            return best
        if best is oldest or self._passed_over >= PASSED_OVER:
            self._passed_over = 0
            return oldest
        self._passed_over += 1
        return best

    def _may(self, rank: Rank) -> bool:
        return rank not in _NARROW or self._free_narrow > 0
