"""What a mail's changes rest on: the cards that the keeper was shown for them.

They travel with the changes, so that the store refuses what was decided on a card that is not in
force any more by its commit, and the mail is decided again.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from rmp_milter.calls.authority import Authority
from rmp_milter.dossier.cards import CardError, dossier_card, person_card
from rmp_milter.dossier.changes import Adoption, CardOf, Changes, NewEntry, Presented


def grounded(changes: Changes, shown: Iterable[Authority], sender: bytes = b"") -> Changes:
    """Return the changes with what they rest on; ``sender`` is the card of who wrote.

    Entries are given the revision of the dossier's card under which they were sealed.
    """
    presented = tuple(dict.fromkeys(_presented(shown, sender)))
    revisions = {
        each.id: dossier_card(each.card).revision
        for each in presented
        if each.kind is CardOf.DOSSIER
    }

    def sealed_under(new: NewEntry | Adoption) -> NewEntry | Adoption:
        return replace(new, entry=replace(new.entry, under=revisions.get(new.dossier_id, 0)))

    return replace(
        changes,
        entries=tuple(map(sealed_under, changes.entries)),
        adoptions=tuple(map(sealed_under, changes.adoptions)),
        ground=presented,
    )


def _presented(shown: Iterable[Authority], sender: bytes) -> Iterator[Presented]:
    persons = [sender]
    for by in shown:
        yield from _dossier(by.dossier)
        persons += [each.card for each in by.persons]
    for card in persons:
        yield from _person(card)


def _dossier(card: bytes) -> Iterator[Presented]:
    """Yield the card of a dossier; what is none the keeper has refused already."""
    try:
        yield Presented(CardOf.DOSSIER, dossier_card(card).dossier, card)
    except CardError:
        return


def _person(card: bytes) -> Iterator[Presented]:
    try:
        yield Presented(CardOf.PERSON, person_card(card).person, card)
    except CardError:
        return
