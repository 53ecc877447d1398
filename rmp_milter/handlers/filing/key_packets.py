"""Key packets of a dossier's documents: who reads by his own, and those written later.

Standing readers get theirs when a document comes in; for another key of theirs, or for a new
reader, they are written anew.
"""

from collections.abc import Iterator, Sequence

from rmp_milter.credentials import usable
from rmp_milter.dossier.changes import DossierUpdate, NewKeyPackets
from rmp_milter.dossier.model import Doctor, Document, Dossier
from rmp_milter.handlers.asking.view import View


def standing_dossiers(reader: Doctor, view: View) -> Iterator[Dossier]:
    """Yield the open dossiers that somebody reads by his signature alone.

    Those of which he is médecin traitant; for a patient with a key of his own, his, unless
    that key is suspended.
    """
    if reader.patient_of:
        own = view.dossier(reader.patient_of)
        found = iter((own,) if own and not own.suspended else ())
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


def read_anew(dossier: Dossier, view: View) -> DossierUpdate:
    """Return the update of a dossier whose documents a new reader gets packets of, all of them."""
    return DossierUpdate(dossier, entries=len(view.entries(dossier.dossier_id)))


def written(
    documents: Sequence[Document], packets: Sequence[tuple[bytes, ...]], reader: Doctor
) -> tuple[NewKeyPackets, ...]:
    """Pair the documents with the packets that the keeper wrote for this one reader."""
    return tuple(
        NewKeyPackets(document.document_id, reader.fingerprint, one[0])
        for document, one in zip(documents, packets, strict=True)
    )


def own_packets(document: Document, reader: Doctor, view: View) -> bytes:
    """Return the standing packets for the reader's present key, however they came to be."""
    later = view.key_packets(document.document_id, reader.fingerprint)
    return later or b"".join(
        key.packet for key in document.standing if key.fingerprint == reader.fingerprint
    )


def standing_readers(dossier: Dossier, view: View, at: int) -> tuple[Doctor, ...]:
    """Return who gets a key packet at once: médecin traitant and patient, by usable keys.

    A treating doctor's expired key must not refuse a laboratory's report: the document is
    filed without his packet, and he opens it with the code or after a change of key. A
    patient's suspended key gets none.
    """
    patient = None if dossier.suspended else view.patient_of(dossier.dossier_id)
    readers = (view.doctor(dossier.treating), patient)
    return tuple(each for each in readers if each and usable(each.certificate, at))
