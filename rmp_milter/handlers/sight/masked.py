"""Which documents are masked, as the keeper goes by documents and knows no entries."""

from collections.abc import Sequence

from rmp_milter.dossier.cards import Masked, dossier_card
from rmp_milter.dossier.masks import masked_documents
from rmp_milter.dossier.model import Dossier, Entry, NumberedEntry


def documents_of(entry: Entry) -> tuple[Masked, ...]:
    """Return an entry's documents as a mask has them."""
    return tuple(Masked(document.document_id, entry.author) for document in entry.documents)


def still_masked(dossier: Dossier, entries: Sequence[NumberedEntry]) -> tuple[Masked, ...]:
    """Return those of :func:`masked_documents` that the card has: an unmasking adds none.

    A version that an author filed by himself is masked here, and was never told to the keeper.
    """
    known = set(dossier_card(dossier.card).masked)
    return tuple(each for each in masked_documents(dossier, entries) if each in known)
