"""Whose readers are whose, where several couriers send from one outbox.

A reader is leased to one courier at a time, who sends him what is due, the oldest first, and
notes it, before another may. A lease ends by itself unless it is renewed; so what a courier that
was killed had in hand goes to others by themselves, and no lock is held while Postfix is spoken
to. A courier that was stopped for a while must not go on as if nothing had been: it reckons by a
clock that runs on meanwhile, from before it asked, and asks that clock last of all before a mail's
final octets leave. What remains is the moment between that look and the octets, and a mail that
Postfix has while its courier never hears so: such a mail goes out twice, with one Message-ID.
"""

from __future__ import annotations

import logging
import threading
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from types import TracebackType

    from rmp_milter.store.surface import Leases

log = logging.getLogger("rmp.courier")

KEPT_BACK = 6
"""Which part of a lease its holder does not use: clocks run differently, and are set."""

RENEWED = 4
"""How often a lease is renewed in its time."""


ASKED_AGAIN_SECONDS = 0.25
"""So long who is another courier's is not asked for again, though each look shows his rows."""


class LostLeaseError(Exception):
    """The reader may be another courier's by now: nothing is sent to him."""


class Holdings:
    """Until when readers may be sent to, by the clock of who holds them. Values, no effects."""

    def __init__(
        self, seconds: float, until: Mapping[str, float] = MappingProxyType({})
    ) -> None:
        self._seconds = seconds
        self._until = until

    def granted(self, readers: Collection[str], asked_at: float) -> Holdings:
        """Return what is held once these were granted or renewed to who asked at ``asked_at``.

        The server reckons from later on, so its leases end later.
        """
        until = asked_at + self._seconds * (1 - 1 / KEPT_BACK)
        return Holdings(self._seconds, {**self._until, **dict.fromkeys(readers, until)})

    def without(self, readers: Collection[str]) -> Holdings:
        """Return what is held once these are held no more."""
        gone = set(readers)
        left = {reader: at for reader, at in self._until.items() if reader not in gone}
        return Holdings(self._seconds, left)

    def holds(self, reader: str, now: float) -> bool:
        """Whether the reader may be sent to now."""
        return now < self._until.get(reader, now)

    @property
    def readers(self) -> list[str]:
        """All that were granted, even such as have lapsed: a renewal tells whose they are."""
        return [*self._until]


def running_clock() -> float:
    """Return a time that runs on while the machine sleeps, and that nobody sets."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class LeasedReaders:
    """The readers that this courier may send to; a context manager, whose thread renews.

    At its end they are given back, unless an error ends it: what is not noted then may be with
    Postfix, and the next courier shall not begin at once. :meth:`holds` may be asked by any
    thread at any time, all else by one.
    """

    def __init__(self, leases: Leases, clock: Callable[[], float] = running_clock) -> None:
        self._leases = leases
        self._clock = clock
        self._held = Holdings(leases.seconds)
        self._given_up: set[str] = set()
        self._others: dict[str, float] = {}
        self._changing = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="leases", daemon=True)

    def __enter__(self) -> Self:
        if self._leases.shared:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        if self._leases.shared:
            self._thread.join()
            if error is None:
                self._leases.give_back([*self._given_up, *self._held.readers])
        self._held = Holdings(self._leases.seconds)

    @property
    def shared(self) -> bool:
        """Whether other couriers may send from the same outbox."""
        return self._leases.shared

    def holds(self, reader: str) -> bool:
        """Whether nobody else may send to the reader, at this very moment."""
        return not self._leases.shared or self._held.holds(reader, self._clock())

    def check(self, reader: str) -> None:
        """Raise :class:`LostLeaseError` unless the reader may be sent to at this moment."""
        if not self.holds(reader):
            raise LostLeaseError

    def maybe_free(self, readers: Iterable[str]) -> list[str]:
        """Return those of whom it was not heard a moment ago that another courier has them."""
        now = self._clock()
        self._others = {reader: at for reader, at in self._others.items() if at > now}
        return [reader for reader in readers if reader not in self._others]

    def take(self, readers: Sequence[str], most: int) -> bool:
        """Have leased of these, in their order, up to ``most`` that are free; tell of any.

        What was read of the outbox before is not to be believed of them: read it anew.
        """
        with self._changing:
            asked_at = self._clock()
            taken = self._leases.take(readers, most)
            self._held = self._held.granted(taken, asked_at)
            self._given_up -= taken
        if len(taken) < most:  # else the others may be free
            again = self._clock() + ASKED_AGAIN_SECONDS
            self._others.update((each, again) for each in readers if each not in taken)
        return bool(taken)

    def give_back(self, readers: Collection[str]) -> None:
        """Have others take these, soon; they may not be sent to from now on."""
        with self._changing:
            self._held = self._held.without(readers)
            self._given_up |= set(readers)

    def _serve(self) -> None:
        step, since = self._leases.seconds / RENEWED, self._clock()
        while not self._ending.wait(min(1.0, step / 2)):
            self._return_some()
            if self._clock() - since >= step:
                since = self._clock()
                self._renew()

    def _return_some(self) -> None:
        with self._changing:
            if self._given_up and self._leases.give_back(sorted(self._given_up)):
                self._given_up.clear()

    def _renew(self) -> None:
        with self._changing:
            readers, asked_at = self._held.readers, self._clock()
            if not readers:
                return
            ours = self._leases.renew(readers)
            if (
                ours is None
            ):  # nobody knows: what is held lapses by itself unless it is known again
                return
            lost = [reader for reader in readers if reader not in ours]
            self._held = self._held.granted(ours, asked_at).without(lost)
        if lost:
            log.warning("%d readers are another courier's by now", len(lost))
