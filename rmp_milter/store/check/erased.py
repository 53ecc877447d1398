"""What is left of a dossier that is erased."""

from rmp_milter.dossier.model import Dossier, Patient, Sheet, Slots

NOTHING_LEFT = (Patient("", "", ""), Sheet(), Slots(code=None, custody=b""))


def is_erased(dossier: Dossier) -> bool:
    """Whether nothing but the trace is to be left of the dossier."""
    return dossier.closure is not None and dossier.closure.erased_at != 0


def is_emptied(dossier: Dossier) -> bool:
    """Whether no key and no name is left in its record."""
    left = (dossier.patient, dossier.sheet, dossier.slots)
    return left == NOTHING_LEFT and not dossier.card


def still_known(dossier_id: bytes) -> str:
    """Say that more than the trace is left of an erased dossier."""
    return f"dossier {dossier_id.hex()} is erased and still has keys or names"
