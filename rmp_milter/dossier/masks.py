"""Which entries, and so which documents, of a dossier are masked."""

from collections.abc import Sequence

from rmp_milter.dossier.cards import Masked
from rmp_milter.dossier.model import Dossier, NumberedEntry
from rmp_milter.dossier.versions import versions


def masked_numbers(dossier: Dossier, entries: Sequence[NumberedEntry]) -> frozenset[int]:
    """Return the numbers of the masked entries; a new version is masked as the old one was.

    That follows from the entries and is not written with the new one, whose number is known
    at its commit only.
    """
    masked = {mask.number for mask in dossier.masks}
    for new, old in versions(
        entries
    ).items():  # oldest first: what is replaced was judged before
        if old in masked:
            masked.add(new)
    return frozenset(masked)


def masked_documents(dossier: Dossier, entries: Sequence[NumberedEntry]) -> tuple[Masked, ...]:
    """Return the documents of the masked entries and their authors, by the documents' ids.

    ``entries`` are all of the dossier, oldest first.
    """
    masked = masked_numbers(dossier, entries)
    found = (
        Masked(document.document_id, each.entry.author)
        for each in entries
        if each.number in masked
        for document in each.entry.documents
    )
    return tuple(sorted(found, key=lambda each: each.document))
