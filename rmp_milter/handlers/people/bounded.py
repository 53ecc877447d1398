"""A view that ends: what one search may look at, whatever stands in the store.

Neither a name that thousands bear nor a mail made for it holds the milter for longer.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.search_terms import Term
from rmp_milter.handlers.asking.view import View

RECORDS = 4_000
"""Records that are opened and judged: some 10 µs each, so 40 ms, what an emergency's own
cryptography takes as well. It is more than bear a common name in ten years of a million."""

LOOKS = 10_000
"""Terms looked up and ids read: some 10 µs each, 100 ms. A family and a given name take 1,400,
five names of which nobody is found 5,000; the sixteen words that count at most end here."""


AT_ONCE = 64
"""Terms that the store is told of before they are looked up."""


class BoundedView:
    """Looks at open dossiers by their terms until the search has cost enough.

    ``cut`` says that something was left that was not looked at.
    """

    def __init__(self, view: View) -> None:
        self.cut = False
        self._view = view
        self._records = RECORDS
        self._looks = LOOKS

    def holders(self, term: Term) -> Iterator[bytes]:
        """Yield the ids of the dossiers that have the term, as far as there is time left."""
        if self._may_look():
            for dossier_id in self._view.term_holders(term):
                if not self._may_look():
                    return
                yield dossier_id

    def ahead(self, terms: Iterable[Term]) -> None:
        """Tell the store of the first of these terms, whose holders are to be asked for."""
        self._view.terms_ahead([*islice(terms, AT_ONCE)])

    def holders_of(self, terms: Iterable[Term]) -> Iterator[bytes]:
        """Yield the ids of the dossiers that have any of the terms, likewise."""
        left = iter(terms)
        while not self.cut and (some := [*islice(left, AT_ONCE)]):
            self._view.terms_ahead(some)
            for term in some:
                yield from self.holders(term)

    def held(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return those of the family words that any dossier has, as far as there is time left."""
        asked = [word for word in words if self._may_look()]
        held = self._view.words_held(asked)
        return tuple(word for word in asked if word in held)

    def dossier(self, dossier_id: bytes) -> Dossier | None:
        """Return an open dossier; None if there is none, or no time for it is left."""
        if self._records <= 0:
            self.cut = True
            return None
        self._records -= 1
        found = self._view.dossier(dossier_id)
        return found if found is not None and found.closure is None else None

    def _may_look(self) -> bool:
        self.cut = self.cut or self._looks <= 0
        self._looks -= 1
        return not self.cut
