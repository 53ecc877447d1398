"""Whether what changes rest on still stands when they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.dossier.changes import CardOf
from rmp_milter.store.format.failures import Conflict

if TYPE_CHECKING:
    from rmp_milter.dossier.changes import Changes, Presented
    from rmp_milter.store.write.doctors import DoctorRecorder
    from rmp_milter.store.write.dossiers import DossierRecorder


def check_ground(changes: Changes, dossiers: DossierRecorder, doctors: DoctorRecorder) -> None:
    """Raise :class:`Conflict` where a card that was presented is another by now, or gone.

    What these changes change themselves is passed over: who changes a record says of which
    revision it is, and the mail's own next card may have been presented before it is stored.
    """

    def stored(presented: Presented) -> bytes:
        if presented.kind is CardOf.DOSSIER:
            dossier = dossiers.find(presented.id)
            return dossier.dossier.card if dossier else b""
        doctor = doctors.find(presented.id)
        return doctor.card if doctor else b""

    own = _changed(changes)
    for each in changes.ground:
        if (each.kind, each.id) not in own and stored(each) != each.card:
            raise Conflict("ground")
    for counted in changes.counted:
        dossiers.check_count(counted)


def _changed(changes: Changes) -> set[tuple[CardOf, bytes]]:
    return {
        *((CardOf.DOSSIER, new.dossier.dossier_id) for new in changes.dossiers),
        *((CardOf.DOSSIER, update.dossier.dossier_id) for update in changes.updates),
        *((CardOf.PERSON, doctor.doctor_id) for doctor in changes.doctors),
    }
