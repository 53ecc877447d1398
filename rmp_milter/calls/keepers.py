"""Several keepers, in the order in which they are asked: the first that is not away.

Who finds one away says so here. From then on nobody else runs into that; one thread asks after
it, with growing pauses, until it is back.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rmp_milter.calls import wire
from rmp_milter.calls.client import (
    KeeperAway,
    KeeperClient,
    KeeperDown,
    ReplyT,
    expected,
)
from rmp_milter.calls.gate import Gate, Rank, ordinary_of
from rmp_milter.calls.keeper import Call
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Show

log = logging.getLogger("rmp.keepers")

FIRST_PAUSE = 0.1
"""Seconds until it is asked after a keeper that was found away; each further pause is twice."""
LONGEST_PAUSE = 1.0
SILENT_SECONDS = 5.0
"""How long a call may have no answer, before it is looked whether another has the log now."""
PROBE_SECONDS = 5.0
"""How long a keeper may take to say that it is there; one that takes longer is there, but busy."""
QUIET_LOOKS = 10
"""How often nothing is found at hand, before nobody looks any more until the next mail."""
MOST_WAITING = 32
"""Mails that wait for a keeper at once: each holds one of Postfix's processes."""
STRANGERS_WAITING = 8
"""How many of them may be of people who do not seem to be enrolled."""


@dataclass(eq=False)
class KeeperPlace:
    """One keeper: its socket, the gate before it, and whether it was found away.

    One that ``stands_still`` is away although it can be called: it must answer to be back.
    """

    socket: Path
    client: KeeperClient
    gate: Gate
    is_away: bool = field(default=False, repr=False)
    stands_still: bool = field(default=False, repr=False)

    @contextmanager
    def way(self, rank: Rank, size: int, who: bytes) -> Iterator[Call]:
        """Give the way to this keeper when it is a call's turn; ``TimeoutError`` without one.

        Raises :class:`KeeperAway` where it stands still: who waited for his turn when that was
        found, or comes with a mail's next call, would wait there for nothing.
        """
        with self.gate.place(rank, size, who):
            if self.stands_still:
                raise KeeperAway("it stands still")
            yield self.client.call


class Keepers:
    """The keepers of a process, shared by its threads."""

    def __init__(self, places: Sequence[KeeperPlace]) -> None:
        """``places`` are in the order in which they are asked; there is one at least."""
        self.places = tuple(places)
        self._changed = threading.Condition()
        self._asking_after = False
        self._waiting = self._strangers = 0
        self._watching = False

    def present(self, but: KeeperPlace | None = None) -> KeeperPlace | None:
        """Return the first that is not away, ``but`` only where there is no other."""
        self._begin_to_watch()
        there = [place for place in self.places if not place.is_away]
        others = [place for place in there if place is not but]
        return next(iter(others or there), None)

    def wait(
        self, until: float, *, is_known: bool, but: KeeperPlace | None = None
    ) -> KeeperPlace | None:
        """Return :meth:`present` as soon as there is one, at latest at ``until`` (monotonic).

        None where nobody came in time, or where too many wait already.
        """
        with self._changed:
            if found := self.present(but):
                return found
            if not self._may_wait(is_known=is_known):
                return None
            self._count(1, is_known=is_known)
            try:
                left = max(0.0, until - time.monotonic())
                return self._changed.wait_for(lambda: self.present(but), left)
            finally:
                self._count(-1, is_known=is_known)

    def note_away(self, place: KeeperPlace, why: str) -> None:
        """Take note that a keeper is away, and have it asked after."""
        with self._changed:
            if place.is_away:
                return
            if not self._asking_after:  # first: nobody stays away whom no thread asks after
                threading.Thread(target=self._ask_after, name="keepers", daemon=True).start()
                self._asking_after = True
            place.is_away = True
            log.warning("the keeper at %s is away: %s", place.socket, why)

    @contextmanager
    def way(self, rank: Rank, size: int, who: bytes) -> Iterator[Call]:
        """Give the way to whichever keeper is there, for a call that hangs on no other.

        Raises :class:`KeeperAway` where none is, ``TimeoutError`` where it is busy.
        """
        place = self.present()
        if place is None:
            raise KeeperAway("no keeper is there")
        try:
            with place.way(rank, size, who) as call:
                yield call
        except KeeperAway as error:
            self.note_away(place, str(error))
            raise

    def call(self, request: Request, fd: int | None = None) -> tuple[Reply, int | None]:
        """Call the first that is there, by no gate; raise what the last one raises."""
        *others, last = [each for each in self.places if not each.stands_still] or self.places
        for place in others:
            with suppress(KeeperAway):
                return place.client.call(request, fd)
        return last.client.call(request, fd)

    def expect(
        self, reply_type: type[ReplyT], request: Request, fd: int | None = None
    ) -> tuple[ReplyT, int | None]:
        """Call so, and raise :class:`~.client.KeeperFailed` for any other reply."""
        return expected(reply_type, *self.call(request, fd))

    def _begin_to_watch(self) -> None:
        with self._changed:
            if self._watching or len(self.places) == 1:
                return
            self._watching = True
        threading.Thread(target=self._watch, name="keepers' watch", daemon=True).start()

    def _watch(self) -> None:
        """Look whether a keeper stands still, until no call was at hand for some time."""
        quiet = 0
        while quiet < QUIET_LOOKS:
            time.sleep(LONGEST_PAUSE)
            is_any = any(place.client.waiting() >= 0 for place in self.places)
            quiet = 0 if is_any else quiet + 1
            for place in self.places:
                if place.stands_still:
                    place.client.hang_up()  # on who was on his way when that was found
                elif place.client.waiting() > SILENT_SECONDS and self._is_overtaken(place):
                    place.stands_still = True
                    self.note_away(place, "it stands still, and another keeper answers")
                    place.client.hang_up()
        with self._changed:
            self._watching = False

    def _is_overtaken(self, place: KeeperPlace) -> bool:
        """Whether a keeper answers nothing, and another does.

        Of keepers with one log only one listens. Where several ways lead to one keeper, it
        answers by all of them, or is busy for all of them.
        """
        if place.is_away or _answers(place):
            return False
        return any(_answers(each) for each in self.places if each is not place)

    def _may_wait(self, *, is_known: bool) -> bool:
        if not is_known and self._strangers >= STRANGERS_WAITING:
            return False
        return self._waiting < MOST_WAITING

    def _count(self, change: int, *, is_known: bool) -> None:
        self._waiting += change
        if not is_known:
            self._strangers += change

    def _ask_after(self) -> None:
        """Ask after those that are away until all are back."""
        pause = FIRST_PAUSE
        while True:
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            back = [place for place in self.places if place.is_away and _is_there(place)]
            with self._changed:
                for place in back:
                    place.is_away = place.stands_still = False
                    log.info("the keeper at %s is back", place.socket)
                if back:
                    pause = FIRST_PAUSE
                    self._changed.notify_all()
                if not any(place.is_away for place in self.places):
                    self._asking_after = False
                    return


def keepers_at(sockets: Sequence[Path], workers: int, patience: float) -> Keepers:
    """Return the keepers that listen there, a gate before each.

    Each has ``workers`` for this caller, who waits for ``patience`` seconds at most.
    """
    ordinary = ordinary_of(workers)
    return Keepers(
        [
            KeeperPlace(each, KeeperClient(each, patience), Gate(ordinary, patience))
            for each in sockets
        ]
    )


def _is_there(place: KeeperPlace) -> bool:
    """Ask a keeper what changes nothing; whatever it says, it is there."""
    try:
        _, fd = KeeperClient(place.socket, PROBE_SECONDS).call(Show(()))
    except KeeperAway:
        return False
    except KeeperDown:
        return not place.stands_still
    except OSError:  # no descriptor is left to ask with
        return False
    wire.close_all([] if fd is None else [fd])
    return True


def _answers(place: KeeperPlace) -> bool:
    """Whether it answers what changes nothing, in time."""
    try:
        _, fd = KeeperClient(place.socket, PROBE_SECONDS).call(Show(()))
    except OSError:
        return False
    wire.close_all([] if fd is None else [fd])
    return True
