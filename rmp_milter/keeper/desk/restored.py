"""The host's calls after the keeper, or the store, was put back from an older copy.

How cards stand to what is known, and those that are in force from now on whatever was known. What
was erased or removed stays so: no copy of a store revives it.
"""

from itertools import islice

from rmp_milter.calls.protocol.cards import Compare, Compared, Relearn
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.authority.ground import DOSSIER, PERSON
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.desk.desk import CallFailed, Desk, write_leaf
from rmp_milter.keeper.desk.entitled import known_of, look_in, note_card
from rmp_milter.keeper.desk.showing import shown_card
from rmp_milter.keeper.log.known import KnownError
from rmp_milter.keeper.log.own import Own

A_REPLY = 10_000
"""Keys in one reply."""
FORGED = "forged"
"""How a card stands that this keeper never made."""


def compare(desk: Desk, request: Compare) -> Compared:
    """Say of each card how it stands to what is known; list what is known, if that is asked."""
    stands, keys = [], []
    with desk.journal.own() as own:
        look = look_in(own)
        for sealed in request.cards:
            try:
                stands.append(look(shown_card(desk, sealed)).stand.value)
            except Unentitled:
                stands.append(FORGED)
        if request.behind is not None:
            keys = [*islice(own.known.keys_behind(request.behind), A_REPLY)]
    return Compared(tuple(stands), tuple(keys))


def relearn(desk: Desk, request: Relearn, now: int) -> Recorded:
    """Take the cards as those in force, whatever was known; what is gone leaves a tombstone.

    Raises :class:`Unentitled` for a card that this keeper never made, or of what was erased.
    """
    shown = [shown_card(desk, sealed) for sealed in request.cards]
    if any(each[:1] not in {DOSSIER, PERSON} for each in request.dropped):
        raise CallFailed(Why.UNAVAILABLE, "a key of another kind")

    def with_it(own: Own, _is_new: bool) -> None:  # noqa: FBT001 -- as the journal calls it
        _give_up(own, request)
        for each in shown:
            try:
                own.known.learn(each.key, known_of(each))
            except KnownError:
                raise Unentitled("a card of what is gone") from None
            note_card(own, each.card)

    return Recorded(write_leaf(desk, request.event, now, with_it=with_it))


def _give_up(own: Own, request: Relearn) -> None:
    """Forget what the store has no more: whose keys they were, who is found by which traits."""
    for person in request.gone:
        own.known.forget(PERSON + person)
    persons = {key[1:] for key in request.dropped if key[:1] == PERSON}
    own.owners.release_all({*request.gone, *persons})
    for key in request.dropped:
        own.known.drop(key)
        if key[:1] == DOSSIER:
            own.traits.remove(key[1:])
