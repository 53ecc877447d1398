"""A closed dossier erased: its keys, its documents and its patient's name destroyed.

What stays is the trace: that there was a dossier, who added an entry when, and the digest
of what it was. Everything that was written by hand in a mail goes, since it may name the
patient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from rmp_milter.dossier.model import Closure, Document, Dossier, Entry, Patient, Sheet, Slots
from rmp_milter.dossier.revisions import revised
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.format.records import StoredDossier
from rmp_milter.store.write.dossiers import is_erased

if TYPE_CHECKING:
    from rmp_milter.store.write.bodies import BodyRecorder
    from rmp_milter.store.write.doctors import DoctorRecorder
    from rmp_milter.store.write.dossiers import DossierRecorder

NOBODY = Patient(birth_name="", first_names="", birth_date="")
NO_SLOTS = Slots(code=None, custody=b"")


class Eraser:
    """Checks and writes erasures in one write transaction."""

    def __init__(
        self, dossiers: DossierRecorder, doctors: DoctorRecorder, bodies: BodyRecorder
    ) -> None:
        self._dossiers = dossiers
        self._doctors = doctors
        self._bodies = bodies

    def check(self, dossier_id: bytes) -> None:
        """Raise :class:`Conflict` unless the dossier is closed and not erased yet."""
        stored = self._dossiers.find(dossier_id)
        if stored is None or stored.dossier.closure is None or is_erased(stored.dossier):
            raise Conflict("dossier")

    def erase(self, dossier_id: bytes, now: int) -> None:
        """Destroy the dossier's content, and the patient's own place in the directory."""
        old = self._dossiers.stored(dossier_id)
        for number in range(1, self._dossiers.count(dossier_id) + 1):
            for document in self._dossiers.entry(dossier_id, number).documents:
                self._bodies.give_up(document.document_id, now)
        self._dossiers.rewrite(dossier_id, emptied_entry)
        emptied = StoredDossier(dossier=emptied_dossier(old.dossier, now), traits=())
        self._dossiers.replace(old, emptied)
        self._doctors.remove_patient(dossier_id)


def emptied_dossier(dossier: Dossier, now: int) -> Dossier:
    """Return what is left of a closed dossier that is erased at ``now``."""
    closure = dossier.closure or Closure(at=now, erase_at=now)
    return revised(
        dossier,
        patient=NOBODY,
        sheet=Sheet(),
        slots=NO_SLOTS,
        card=b"",  # it names documents, and digests what is destroyed
        closure=replace(closure, erased_at=now),
    )


def emptied_entry(entry: Entry) -> Entry:
    """Return what is left of an erased dossier's entry."""
    documents = tuple(emptied_document(document) for document in entry.documents)
    return replace(
        entry, documents=documents, document_type="", onglet_reason="", prescriber=""
    )


def emptied_document(document: Document) -> Document:
    """Return what is left of an erased dossier's document: no key, no name."""
    return replace(document, sealed_key=b"", standing=(), parts=())
