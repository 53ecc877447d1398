"""What the host may know of a dossier: dates, counts, sizes. No name, no title, no text."""

from rmp_milter.cli.output import Json, moment
from rmp_milter.dossier.model import Dossier, Fault
from rmp_milter.store.surface import Snapshot


def row(dossier: Dossier, view: Snapshot) -> dict[str, Json]:
    """Return a dossier's line in the list."""
    entries = view.entries(dossier.dossier_id)
    documents = [document for each in entries for document in each.entry.documents]
    treating = view.doctor(dossier.treating)
    return {
        "reference": dossier.dossier_id.hex(),
        "created": moment(dossier.created_at),
        "entries": len(entries),
        "documents": len(documents),
        "bytes": sum(document.size for document in documents),
        "treating": treating.rpps if treating else "",
        "state": state(dossier),
    }


def figures(dossier: Dossier, view: Snapshot) -> dict[str, Json]:
    """Return all that is shown of one dossier."""
    last = view.last_entry(dossier.dossier_id)
    closure = dossier.closure
    slots = dossier.slots
    kinds = {"code": slots.code, "custody": slots.custody, "vitale": slots.vitale}
    return {
        **row(dossier, view),
        "last_entry": moment(last.entry.received_at) if last else "",
        "consent": moment(dossier.consent.stated_at),
        "consent_text": dossier.consent.text_version,
        "slots": " ".join(kind for kind, slot in kinds.items() if slot),
        "masks": len(dossier.masks),
        "oppositions": len(dossier.opposed),
        "patient_key": view.patient_of(dossier.dossier_id) is not None,
        "wrong_codes": len(view.tally(Fault.DOSSIER, dossier.dossier_id).times),
        "closed": moment(closure.at) if closure else "",
        "erase_from": moment(closure.erase_at) if closure else "",
        "erased": moment(closure.erased_at) if closure else "",
        "revision": dossier.revision,
    }


def state(dossier: Dossier) -> str:
    """Return ``open``, ``closed`` or ``erased``."""
    if dossier.closure is None:
        return "open"
    return "erased" if dossier.closure.erased_at else "closed"
