"""How the store's cards stand to what the keeper knows: in force, or something is wrong.

A card counts once the keeper has been shown it after its commit; then an older one never does
again. What was never shown yet can be taken as in force here.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rmp_milter.calls.protocol import Compare, Compared, Event, Recorded, Relearn
from rmp_milter.cli.errors import CommandError
from rmp_milter.cli.leaves import HostKeeper, operator
from rmp_milter.config import Config
from rmp_milter.dossier.said import dossier_named, person_named
from rmp_milter.host.filed import Held
from rmp_milter.host.owners import as_owner
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.keys import read_store_keys
from rmp_milter.store.read.snapshot import Snapshot
from rmp_milter.store.store import Store

A_CALL = 500
"""Cards in one call."""
IN_FORCE, NEXT = "current", "next"
_WORDS = {
    "old": "is older than the one in force",
    "twin": "is another one than that in force",
    "ahead": "is further on than the keeper knows",
    "gone": "is of what was erased or removed",
    "forged": "is none of this keeper's",
}


class StoredCard(NamedTuple):
    """A card as the store has it, and whose it is, for people."""

    whose: str
    sealed: bytes


class Stood(NamedTuple):
    """How some cards stand: those to be shown yet, and what is wrong with others."""

    looked_at: int
    following: tuple[bytes, ...]
    faults: tuple[str, ...]


def cards_in(view: Snapshot) -> list[StoredCard]:
    """Return the cards of all persons and dossiers; a waiting deposit's has no revisions."""
    persons = (StoredCard(person_named(each), each.card) for each in view.doctors())
    dossiers = (StoredCard(dossier_named(each), each.card) for each in view.dossiers())
    return [each for each in (*persons, *dossiers) if each.sealed]


def compared(keeper: HostKeeper, cards: Sequence[StoredCard]) -> Iterator[Stood]:
    """Yield how the cards stand, some at a time; raises as :meth:`HostKeeper.ask`."""
    for first in range(0, len(cards), A_CALL):
        some = cards[first : first + A_CALL]
        asked = Compare(tuple(each.sealed for each in some))
        yield _stood(some, keeper.ask(Compared, asked).stands)


def _stood(cards: Sequence[StoredCard], stands: Sequence[str]) -> Stood:
    pairs = [*zip(cards, stands, strict=True)]
    following = tuple(card.sealed for card, stand in pairs if stand == NEXT)
    faults = tuple(
        f"the card of {card.whose} {_WORDS.get(stand, stand)}"
        for card, stand in pairs
        if stand not in {IN_FORCE, NEXT}
    )
    return Stood(len(cards), following, faults)


def learn(keeper: HostKeeper, stood: Stood, event: Event) -> None:
    """Have the cards that follow taken as those in force; the leaf ``event`` goes before."""
    if stood.following:
        keeper.ask(Recorded, Relearn(stood.following, event))


def held_to_keeper(config: Config) -> Held:
    """Compare the store's cards with what the running keeper knows; to be asked as root.

    What cannot be compared is a note.
    """
    try:
        if not _read(config):
            return Held()
        with operator(config) as keeper:
            return Held(_faults(config, keeper))
    except (OSError, StoreError) as error:
        return _not_compared(str(error))
    except CommandError as error:
        return _not_compared(error.line)


def _not_compared(why: str) -> Held:
    return Held(notes=(f"cards are not compared with what the keeper knows: {why}",))


def _faults(config: Config, keeper: HostKeeper) -> tuple[str, ...]:
    """Return what is wrong twice: a mail may change a card between reading and asking."""

    def faults() -> list[str]:
        return [line for stood in compared(keeper, _read(config)) for line in stood.faults]

    once = faults()
    return tuple(line for line in faults() if line in once) if once else ()


def _read(config: Config) -> list[StoredCard]:
    return as_owner(config.paths.store, lambda: _cards(config), list[StoredCard])


def _cards(config: Config) -> list[StoredCard]:
    paths, size = config.paths, config.store.map_bytes
    keys = read_store_keys(paths.milter, paths.outbox_key)
    opened = Store.open(paths.store, keys, map_bytes=size, read_only=True)
    with opened as store, store.snapshot() as view:
        return cards_in(view)
