"""What a search by terms is held to: reading every dossier, and counting what it reads."""

from collections.abc import Iterable, Iterator

from handlers_case import World

from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.search_terms import Term
from rmp_milter.handlers.people.likeness import (
    Judge,
    ShortList,
    Sought,
    best_of,
    first_tier,
    tiers_of,
)


def by_reading_all(sought: Sought, dossiers: Iterable[Dossier]) -> ShortList:
    """Return what is found when every dossier is looked at."""
    judge = Judge(sought)
    known = [found for each in dossiers if (found := judge.likeness(each))]
    return best_of(first_tier(tiers_of(sought), known))


class CountingWorld(World):
    """A world that counts: records that were opened, terms looked up, ids read, words tried."""

    def __init__(self, dossiers: Iterable[Dossier]) -> None:
        super().__init__(tuple(dossiers))
        self.by_id = {each.dossier_id: each for each in self.held}
        self.opened = self.looked = self.read = self.tried = 0

    def dossier(self, dossier_id: bytes) -> Dossier | None:
        self.opened += 1
        return self.by_id.get(dossier_id)

    def term_holders(self, term: Term) -> Iterator[bytes]:
        self.looked += 1
        return map(self._counted, super().term_holders(term))

    def words_held(self, words: Iterable[str]) -> frozenset[str]:
        asked = list(words)
        self.tried += len(asked)
        return super().words_held(asked)

    def _counted(self, dossier_id: bytes) -> bytes:
        self.read += 1
        return dossier_id
