"""An emergency's short list: a leaf for each dossier on it, in one transaction of the log.

Each leaf is judged as if it were asked for alone (:mod:`~.records`); that one dossier was erased
keeps no other from being written, nor its sender from an answer.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rmp_milter.calls.authority import Authority
from rmp_milter.calls.protocol.leaves import MOST_LISTED, RecordedList, RecordList
from rmp_milter.calls.protocol.message import Event
from rmp_milter.dossier.model import Verb
from rmp_milter.errors import GONE
from rmp_milter.keeper.authority.actions import LISTED
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.desk.desk import Desk, write_leaves
from rmp_milter.keeper.desk.entitled import Entitled, check_in_force, entitled
from rmp_milter.keeper.desk.records import leaf_asked
from rmp_milter.keeper.desk.without_title import note_without_title
from rmp_milter.keeper.log.own import Own


class _Judged(NamedTuple):
    """What a leaf rests on, and the leaf."""

    found: Entitled
    leaf: Event


def record_list(desk: Desk, request: RecordList, now: int) -> RecordedList:
    """Write a leaf, with the mail's reason, for each dossier of the list that was not erased.

    Raises :class:`Unentitled` for a list that no emergency asks for, or one too long;
    :class:`~.desk.CallFailed`, ``Moved``. Then no leaf is written.
    """
    if not 0 < len(request.leaves) <= MOST_LISTED:
        raise Unentitled("a list of nobody, or of too many")
    asked = zip(request.grounds, request.leaves, strict=True)
    judged = [_judged(desk, by, each.event, now) for by, each in asked]
    there = [each for each in judged if each is not None]
    numbers = iter(_write(desk, there, now) if there else ())
    if len(there) < len(judged):
        note_without_title(desk, request, GONE, now)
    return RecordedList(tuple(None if each is None else next(numbers) for each in judged))


def _judged(desk: Desk, by: Authority, event: Event, now: int) -> _Judged | None:
    """Return what is written of one dossier; None where it was erased."""
    try:
        found = entitled(desk, by, now)
        _check_listing(found, event)
        return _Judged(found, leaf_asked(desk, found, event))
    except Unentitled as failure:
        if str(failure) != GONE:
            raise
        return None


def _check_listing(found: Entitled, event: Event) -> None:
    is_listing = event.action == LISTED and event.outcome == "granted"
    if found.ticket.verb is not Verb.URGENCE or not is_listing:
        raise Unentitled("a list that no emergency asks for")


def _write(desk: Desk, judged: Sequence[_Judged], now: int) -> tuple[int, ...]:
    def check(own: Own) -> None:
        for each in judged:
            check_in_force(own, each.found.shown)

    leaves, reason = [each.leaf for each in judged], judged[0].found.ticket.reason
    return write_leaves(desk, leaves, now, reason, check)
