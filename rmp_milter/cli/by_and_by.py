"""Many records renewed some at a time beside the mails that come in; one's fault is no other's."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from rmp_milter.store.format.failures import Conflict

Progress = Callable[[int, int], None]
"""Hears how many of how many were looked at."""
AT_ONCE = 100
"""Records in a call, a leaf and a transaction."""
_TRIES = 5
CHANGED = "it changes faster than the keeper answers"
RecordT = TypeVar("RecordT")


class RecordsMoved(msgspec.Struct, frozen=True):
    """How many records were renewed; a line on each that could not be."""

    count: int
    refused: list[str]


Together = Callable[[Sequence[RecordT]], RecordsMoved]
"""Renews these in one commit; raises :class:`Conflict` where one of them changed meanwhile."""


def by_and_by(
    everything: Sequence[RecordT],
    together: Together[RecordT],
    named: Callable[[RecordT], str],
    told: Progress,
) -> RecordsMoved:
    """Renew some at a time; ``named`` is what a line calls a record that is never still."""
    moved, refused = 0, list[str]()
    for first in range(0, len(everything), AT_ONCE):
        some = everything[first : first + AT_ONCE]
        done = _some(some, together, named)
        moved += done.count
        refused += done.refused
        told(first + len(some), len(everything))
    return RecordsMoved(moved, refused)


def _some(
    some: Sequence[RecordT], together: Together[RecordT], named: Callable[[RecordT], str]
) -> RecordsMoved:
    """Do these together; where one of them changes meanwhile, or has a fault, each alone."""
    try:
        done = together(some)
    except Conflict:
        done = RecordsMoved(0, [CHANGED])
    if not done.refused:
        return done
    alone = [_alone(each, together, named) for each in some]
    lines = [line for each in alone for line in each.refused]
    return RecordsMoved(done.count + sum(each.count for each in alone), lines)


def _alone(
    one: RecordT, together: Together[RecordT], named: Callable[[RecordT], str]
) -> RecordsMoved:
    done = RecordsMoved(0, [f"{named(one)}: {CHANGED}"])
    for _ in range(_TRIES):
        try:
            done = together((one,))
        except Conflict:
            continue
        if not done.refused:
            break
    return done
