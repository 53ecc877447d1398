"""Which closed dossiers the law no longer wants kept. Pure; the store erases them."""

from collections.abc import Iterable

from rmp_milter.dossier.model import Dossier


def due_for_erasure(dossiers: Iterable[Dossier], now: int) -> tuple[Dossier, ...]:
    """Return the closed dossiers whose time of conservation is over, the oldest end first.

    Those that are erased already are not among them.
    """
    due = (each for each in dossiers if is_due(each, now))
    return tuple(sorted(due, key=lambda each: each.closure.erase_at if each.closure else 0))


def is_due(dossier: Dossier, now: int) -> bool:
    """Whether the dossier is closed, not erased, and past its time of conservation."""
    closure = dossier.closure
    return closure is not None and not closure.erased_at and closure.erase_at <= now
