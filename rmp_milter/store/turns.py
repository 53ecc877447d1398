"""Turns of subjects: who wants one that another has waits, threads and machines alike.

A turn is a place of few, which a keyed digest of the subject leads to: several subjects share
one, and whoever sees the places taken (a database server) learns nothing of who is meant.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.failures import NotInTimeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from rmp_milter.store.format.blind import Blind

PLACES = 256
WAIT_SECONDS = 60.0
"""How long turns are waited for, all together: the client's mail server waits longer for us."""


class PlacesBeyond(Protocol):
    """Places that other processes take as well."""

    def held(self, places: Sequence[int], until: float) -> AbstractContextManager[None]:
        """Hold places for the block, waiting for them one after the other, in this order.

        Raises :class:`NotInTimeError` on entering, when they are not ours at ``until``
        (monotonic).
        """


class SubjectTurns:
    """The turns of one open store, for all its threads; ``beyond`` for other processes too."""

    def __init__(
        self, blind: Blind, beyond: PlacesBeyond | None = None, patience: float = WAIT_SECONDS
    ) -> None:
        self._blind = blind
        self._beyond = beyond
        self._patience = patience
        self._locks = tuple(threading.Lock() for _ in range(PLACES))

    @contextmanager
    def held(self, subjects: Sequence[bytes]) -> Iterator[None]:
        """Hold the turns of all subjects for the block; no two blocks wait for each other.

        All take places in one order, those of this process before those beyond it: so one thread
        of a process at most waits beyond it for a place. Raises :class:`NotInTimeError`.
        """
        places = sorted({self._place(subject) for subject in subjects})
        until = time.monotonic() + self._patience
        with ExitStack() as held:
            for place in places:
                self._take(place, until)
                held.callback(self._locks[place].release)
            if places and self._beyond is not None:
                held.enter_context(self._beyond.held(places, until))
            yield

    def _take(self, place: int, until: float) -> None:
        if not self._locks[place].acquire(timeout=max(0.0, until - time.monotonic())):
            raise NotInTimeError("others of this process were before it")

    def _place(self, subject: bytes) -> int:
        return self._blind.of(LinkKind.TALLY, subject)[0] % PLACES
