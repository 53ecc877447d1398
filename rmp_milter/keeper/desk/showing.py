"""Cards that were committed: once they are shown, none of before counts ever again.

The next call that rests on a card shows it anyway. But nobody may write to a dossier for years:
what was taken back there (a code, a médecin traitant) must not come back with who breaks in then
and finds an old card.
"""

from rmp_milter.calls.protocol.cards import Learned, Show
from rmp_milter.dossier.cards import CardError
from rmp_milter.keeper.authority.cards import tag_of
from rmp_milter.keeper.authority.ground import DOSSIER, PERSON, Shown
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.entitled import learn, look_in
from rmp_milter.keeper.log.known import Stand

MOST = 10_000
"""Cards in one call."""


def show(desk: Desk, request: Show) -> Learned:
    """Let cards that follow those in force be in force; say how many that were.

    Raises :class:`Unentitled` for one that this keeper never made, and for too many;
    :class:`~rmp_milter.keeper.authority.refusals.Moved` where another was learnt meanwhile.
    """
    if len(request.cards) > MOST:
        raise Unentitled("too many cards")
    shown = [shown_card(desk, sealed) for sealed in request.cards]
    with desk.journal.own() as own:
        look = look_in(own)
        following = [each for each in shown if look(each).stand is Stand.NEXT]
    learn(desk, following)
    return Learned(len(following))


def shown_card(desk: Desk, sealed: bytes) -> Shown:
    """Return a card of a dossier or a person; raise :class:`Unentitled` for any other."""
    try:
        if sealed[1:2] == DOSSIER:
            dossier = desk.sealer.dossier(sealed)
            return Shown(dossier, DOSSIER + dossier.dossier, tag_of(sealed))
        person = desk.sealer.person(sealed)
    except CardError:
        raise Unentitled("not a card of this keeper") from None
    return Shown(person, PERSON + person.person, tag_of(sealed))
