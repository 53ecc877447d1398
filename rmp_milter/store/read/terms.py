"""The dossiers of a search term as a snapshot shows them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.read.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rmp_milter.dossier.search_terms import Term


class TermReads(Reading):
    """Reads of the tables of search terms and of family words."""

    def term_holders(self, term: Term) -> Iterator[bytes]:
        """Yield the identifiers of the open dossiers that have the term, each once.

        They come as they are asked for, in no order that means anything: a common name has
        very many, and how many are worth reading is the caller's to say.
        """
        place = self._codecs.terms.place(term)
        holders = self._codecs.terms.holders(
            place, self._txn.keys(StoreTable.TERMS, place.prefix)
        )
        if self._txn.ahead == 1:
            yield from holders
            return
        while some := list(islice(holders, self._txn.ahead)):
            self._txn.foresee(StoreTable.DOSSIERS, some)  # whose they are is what is asked next
            yield from some

    def words_held(self, words: Iterable[str]) -> frozenset[str]:
        """Return which of these family words any open dossier is found by."""
        by_key = {self._codecs.words.key(word): word for word in words}
        return frozenset(map(by_key.__getitem__, self._txn.held(StoreTable.WORDS, by_key)))
