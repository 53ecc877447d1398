"""After the commit: the keeper is shown the cards that a mail has changed."""

from collections.abc import Iterator
from contextlib import suppress

from rmp_milter.calls.keeper import GroundMoved, RemoteKeeper
from rmp_milter.dossier.cards import CardError, dossier_card, person_card
from rmp_milter.dossier.changes import Changes
from rmp_milter.errors import MailError


def show_committed(changes: Changes, act: bytes, keeper: RemoteKeeper) -> None:
    """Show the cards that this act made; where that fails, the next mail shows them."""
    if cards := tuple(_made(changes, act)):
        with suppress(MailError, GroundMoved):
            keeper.show(cards)


def _made(changes: Changes, act: bytes) -> Iterator[bytes]:
    dossiers = (
        *(new.dossier for new in changes.dossiers),
        *(n.dossier for n in changes.updates),
    )
    with suppress(CardError):
        yield from (each.card for each in dossiers if dossier_card(each.card).act == act)
    with suppress(CardError):
        yield from (each.card for each in changes.doctors if person_card(each.card).act == act)
