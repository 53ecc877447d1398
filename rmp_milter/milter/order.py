"""Which of a mail's calls of the keeper go before which: what is known of it at each moment.

Before a mail is opened, nobody knows what it asks and who wrote it. What its outside says is
a guess that grants nothing but a place in the row: a stranger who writes under a doctor's
address gets in front too, with mails so small that opening one is a matter of milliseconds.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from rmp_milter.calls.gate import Gate, Rank
from rmp_milter.calls.keeper import RemoteKeeper, SlowMail
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.opening import Open, Opened
from rmp_milter.dossier.model import Verb

SMALL = 256 << 10
"""Bytes of encrypted bodies up to which an emergency may be expected in a mail."""
SOON_READ = 32 << 10
"""Bytes of a mail up to which its outside is read in no time, however it is made."""


def rank_of_opening(size: int, *, seems_known: bool, logged_in: bool) -> Rank:
    """Return how soon a mail of ``size`` bytes is opened.

    ``seems_known`` where its outside or its signature names somebody enrolled, ``logged_in``
    where Postfix knows him by his password: then it is he, and his mail takes any worker.
    """
    if logged_in:
        return Rank.LOGGED_IN if size <= SMALL else Rank.KNOWN
    if seems_known:
        return Rank.LIKELY if size <= SMALL else Rank.LARGE
    return Rank.STRANGER if size <= SMALL else Rank.STRANGER_LARGE


@contextmanager
def outside_turn(gate: Gate, size: int, is_known: Callable[[], bool]) -> Iterator[None]:
    """Read a mail's outside when it is its turn: one larger mail at a time, known senders first.

    All threads of the milter share one interpreter: of twenty that have much to read, each
    would keep an emergency waiting at every step.
    """
    if size <= SOON_READ:
        yield
        return
    with gate.place(Rank.KNOWN if is_known() else Rank.STRANGER_LARGE, size):
        yield


_SLOW = {Rank.LIKELY: Rank.LARGE, Rank.STRANGER: Rank.STRANGER_LARGE}


def open_in_turn(
    keeper: RemoteKeeper, request: Open, bodies: Memory, rank: Rank
) -> tuple[Opened, Memory]:
    """Have a mail opened; one that takes long for its size waits anew, with the large ones.

    Nobody who logged in is asked to wait again. Raises what ``keeper.open`` raises.
    """
    who = request.persons[0].certificate if request.persons else b""
    if slow := _SLOW.get(rank):
        try:
            quick = msgspec.structs.replace(request, quick=True)
            return keeper.at(rank, who).open(quick, bodies)
        except SlowMail:
            rank = slow
    return keeper.at(rank, who).open(request, bodies)


def rank_of_rest(verb: Verb) -> Rank:
    """Return how soon the calls come that follow, once it is known what is asked."""
    return Rank.EMERGENCY if verb is Verb.URGENCE else Rank.KNOWN
