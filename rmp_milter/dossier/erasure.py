"""Which closed dossiers the law no longer wants kept. Pure; the store finds and erases them."""

from rmp_milter.dossier.model import Dossier


def is_due(dossier: Dossier, now: int) -> bool:
    """Whether the dossier is closed, not erased, and past its time of conservation."""
    closure = dossier.closure
    return closure is not None and not closure.erased_at and closure.erase_at <= now
