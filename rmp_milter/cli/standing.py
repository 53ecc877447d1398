"""How the store's cards stand to what the keeper knows: in force, or something is wrong.

A card counts once the keeper has been shown it after its commit; then an older one never does
again. What was never shown yet can be taken as in force here.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from rmp_milter.calls.protocol.cards import Compare, Compared, Relearn
from rmp_milter.calls.protocol.leaves import Recorded
from rmp_milter.calls.protocol.message import Event
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.dossier.model import Doctor, Dossier
from rmp_milter.dossier.said import dossier_named, person_named
from rmp_milter.store.surface import Snapshot

A_CALL = 500
"""Cards in one call."""
DOSSIER, PERSON = b"D", b"P"
"""How the key of a card begins; an id follows."""
IN_FORCE, NEXT = "current", "next"
OLD, TWIN, AHEAD, GONE, FORGED = "old", "twin", "ahead", "gone", "forged"
_WORDS = {
    OLD: "is older than the one in force",
    TWIN: "is another one than that in force",
    AHEAD: "is further on than the keeper knows",
    GONE: "is of what was erased or removed",
    FORGED: "is none of this keeper's",
}


class StoredCard(NamedTuple):
    """A card as the store has it; its key, and whose it is, for people.

    ``who`` is what a professional or a patient is named by in a command, empty of a dossier.
    """

    whose: str
    key: bytes
    sealed: bytes
    who: str = ""


class CardFault(NamedTuple):
    """A card that is neither in force nor the next one, and how it stands instead."""

    card: StoredCard
    stand: str

    @property
    def line(self) -> str:
        """What is wrong with it."""
        return f"the card of {self.card.whose} {_WORDS.get(self.stand, self.stand)}"


class Stood(NamedTuple):
    """How some cards stand: those to be shown yet, and what is wrong with others."""

    looked_at: int
    following: tuple[bytes, ...]
    faults: tuple[CardFault, ...]


def cards_in(view: Snapshot) -> Iterator[StoredCard]:
    """Yield the cards of all persons and dossiers; a waiting deposit's has no revisions."""
    return (each for each in records_in(view) if each.sealed)


def records_in(view: Snapshot) -> Iterator[StoredCard]:
    """Yield all persons and dossiers, also those that have no card."""
    yield from map(person_record, view.doctors())
    yield from map(dossier_record, view.dossiers())


def person_record(doctor: Doctor) -> StoredCard:
    """Return a professional's or a patient's card."""
    key, who = PERSON + doctor.doctor_id, doctor.rpps or doctor.fingerprint
    return StoredCard(person_named(doctor), key, doctor.card, who)


def dossier_record(dossier: Dossier) -> StoredCard:
    """Return a dossier's card."""
    return StoredCard(dossier_named(dossier), DOSSIER + dossier.dossier_id, dossier.card)


def compared(keeper: HostKeeper, cards: Iterable[StoredCard]) -> Iterator[Stood]:
    """Yield how the cards stand, some at a time; raises as :meth:`HostKeeper.ask`."""
    left = iter(cards)
    while some := [*islice(left, A_CALL)]:
        asked = Compare(tuple(each.sealed for each in some))
        yield _stood(some, keeper.ask(Compared, asked).stands)


def _stood(cards: Sequence[StoredCard], stands: Sequence[str]) -> Stood:
    pairs = [*zip(cards, stands, strict=True)]
    following = tuple(card.sealed for card, stand in pairs if stand == NEXT)
    faults = tuple(
        CardFault(card, stand) for card, stand in pairs if stand not in {IN_FORCE, NEXT}
    )
    return Stood(len(cards), following, faults)


def is_gone(keeper: HostKeeper, sealed: bytes) -> bool:
    """Whether the keeper knows that what a card is of was erased or removed."""
    return bool(sealed) and keeper.ask(Compared, Compare((sealed,))).stands == (GONE,)


def keys_known(keeper: HostKeeper) -> Iterator[bytes]:
    """Yield the keys of all cards that the keeper knows; raises as :meth:`HostKeeper.ask`."""
    keys = keeper.ask(Compared, Compare((), behind=b"")).keys
    while keys:
        yield from keys
        keys = keeper.ask(Compared, Compare((), behind=keys[-1])).keys


def learn(keeper: HostKeeper, stood: Stood, event: Event) -> None:
    """Have the cards that follow taken as those in force; the leaf ``event`` goes before."""
    if stood.following:
        keeper.ask(Recorded, Relearn(stood.following, event))
