"""The dossiers of a search term as a snapshot shows them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.read.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rmp_milter.dossier.search_terms import Term


FEW = 64
"""A term that no more dossiers have is looked up whole, with others."""

MOST_AHEAD = 256
"""Dossiers of several terms that are got in one go."""


class TermReads(Reading):
    """Reads of the tables of search terms and of family words."""

    def term_holders(self, term: Term) -> Iterator[bytes]:
        """Yield the identifiers of the open dossiers that have the term, each once.

        They come as they are asked for, in no order that means anything: a common name has
        very many, and how many are worth reading is the caller's to say.
        """
        place = self._codecs.terms.place(term)
        known = self._ahead.get(place.prefix)
        if known is not None:
            found = [*self._codecs.terms.holders(place, known)]
            self._txn.foresee(StoreTable.DOSSIERS, found)
            yield from found
            return
        holders = self._codecs.terms.holders(
            place, self._txn.keys(StoreTable.TERMS, place.prefix)
        )
        yield from self._read_next(StoreTable.DOSSIERS, holders)

    def terms_ahead(self, terms: Sequence[Term]) -> None:
        """Be told whose holders will be asked for next.

        What few have is looked up in one go, and the dossiers of these; not what many have.
        """
        if self._txn.ahead == 1:
            return
        places = [self._codecs.terms.place(term) for term in terms]
        new = [each for each in places if each.prefix not in self._ahead]
        found = self._txn.first_keys(StoreTable.TERMS, [each.prefix for each in new], FEW + 1)
        holders = list[bytes]()
        for place in new:
            if len(keys := found.get(place.prefix, ())) <= FEW:
                self._ahead[place.prefix] = keys
                holders += self._codecs.terms.holders(place, keys)
        self._txn.foresee(StoreTable.DOSSIERS, holders[:MOST_AHEAD])

    @cached_property
    def _ahead(self) -> dict[bytes, Sequence[bytes]]:
        """The keys of terms that were told of."""
        return {}

    def words_held(self, words: Iterable[str]) -> frozenset[str]:
        """Return which of these family words any open dossier is found by."""
        by_key = {self._codecs.words.key(word): word for word in words}
        return frozenset(map(by_key.__getitem__, self._txn.held(StoreTable.WORDS, by_key)))
