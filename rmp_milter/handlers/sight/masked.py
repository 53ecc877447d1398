"""Which documents are masked, as the keeper goes by documents and knows no entries."""

from collections.abc import Sequence

from rmp_milter.dossier.cards import Masked, dossier_card
from rmp_milter.dossier.model import Dossier, Entry, NumberedEntry
from rmp_milter.handlers.sight.seen import masked_numbers


def masked_documents(dossier: Dossier, entries: Sequence[NumberedEntry]) -> tuple[Masked, ...]:
    """Return the documents of all masked entries, newer versions of them included."""
    masked = masked_numbers(dossier, entries)
    return tuple(
        one for each in entries if each.number in masked for one in documents_of(each.entry)
    )


def documents_of(entry: Entry) -> tuple[Masked, ...]:
    """Return an entry's documents as a mask has them."""
    return tuple(Masked(document.document_id, entry.author) for document in entry.documents)


def still_masked(dossier: Dossier, entries: Sequence[NumberedEntry]) -> tuple[Masked, ...]:
    """Return those of :func:`masked_documents` that the card has: an unmasking adds none.

    A version that an author filed by himself is masked here, and was never told to the keeper.
    """
    known = set(dossier_card(dossier.card).masked)
    return tuple(each for each in masked_documents(dossier, entries) if each in known)
