"""The dossiers of a search term as a snapshot shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.read.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.dossier.search_terms import Term


class TermReads(Reading):
    """Reads of the table of search terms."""

    def term_holders(self, term: Term) -> Iterator[bytes]:
        """Yield the identifiers of the open dossiers that have the term, each once.

        They come as they are asked for, in no order that means anything: a common name has
        very many, and how many are worth reading is the caller's to say.
        """
        place = self._codecs.terms.place(term)
        return self._codecs.terms.holders(place, self._keys(self._tables.terms, place.prefix))
