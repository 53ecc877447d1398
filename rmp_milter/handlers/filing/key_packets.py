"""A standing reader's key packets, written anew for another key of his or for a new reader."""

from collections.abc import Iterator, Sequence

from rmp_milter.dossier.changes import NewEnvelope
from rmp_milter.dossier.model import Doctor, Document, Dossier
from rmp_milter.handlers.asking.steps import View


def standing_dossiers(reader: Doctor, view: View) -> Iterator[Dossier]:
    """Yield the open dossiers that somebody reads by his signature alone.

    Those of which he is médecin traitant; for a patient with a key of his own, his.
    """
    if reader.patient_of:
        own = view.dossier(reader.patient_of)
        found = iter((own,) if own else ())
    else:
        found = view.dossiers_of(reader.doctor_id)
    return (dossier for dossier in found if dossier.closure is None)


def documents_in(dossier: Dossier, view: View) -> list[Document]:
    """Return all documents of a dossier, in order; masked and replaced ones are among them."""
    return [
        document
        for filed in view.entries(dossier.dossier_id)
        for document in filed.entry.documents
    ]


def written(
    documents: Sequence[Document], packets: Sequence[tuple[bytes, ...]], reader: Doctor
) -> tuple[NewEnvelope, ...]:
    """Pair the documents with the packets that the keeper wrote for this one reader."""
    return tuple(
        NewEnvelope(document.document_id, reader.fingerprint, one[0])
        for document, one in zip(documents, packets, strict=True)
    )
