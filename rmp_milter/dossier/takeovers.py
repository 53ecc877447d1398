"""A change of médecin traitant that somebody may contest: for how long, by whom, how often.

One contest puts the former médecin traitant back, and a second change by the code then stands:
so it ends, takeover → contest → takeover, whoever holds the code.
"""

from rmp_milter.dossier.model import Dossier, Takeover
from rmp_milter.dossier.revisions import revised


def is_running(takeover: Takeover | None, now: int) -> bool:
    """Whether the days of a takeover are not over: nothing is done that cannot be undone."""
    return takeover is not None and now < takeover.until


def may_be_contested(takeover: Takeover | None, now: int) -> bool:
    """Whether a takeover can be contested: within its days, unless it was."""
    return takeover is not None and is_running(takeover, now) and not takeover.contested


def is_former(dossier: Dossier, doctor_id: bytes, now: int) -> bool:
    """Whether somebody was médecin traitant before a takeover whose days are not over."""
    takeover = dossier.takeover
    return (
        takeover is not None
        and is_running(takeover, now)
        and doctor_id == takeover.former != dossier.treating
    )


def taken_over(dossier: Dossier, by: bytes, now: int, days: int, *, has_key: bool) -> Dossier:
    """Return the dossier with ``by`` as its médecin traitant, in its next revision.

    The patient's key, if he has one (``has_key``), is suspended: whoever governed until now may
    have enrolled a key of his own. ``days`` are the seconds in which it can be contested.
    """
    return revised(
        dossier,
        treating=by,
        suspended=dossier.suspended or has_key,
        takeover=next_takeover(dossier.takeover, dossier.treating, by, now, days),
    )


def next_takeover(
    before: Takeover | None, treating: bytes, by: bytes, now: int, days: int
) -> Takeover:
    """Return what can be contested after a takeover by ``by`` from who was ``treating``.

    Of several in a row it is the first that a contest undoes: two who help each other must not
    take away the right of whom they took the dossier from. Who takes it back by the code has
    had his contest.
    """
    if before is None or not is_running(before, now):
        return Takeover(treating, now, now + days)
    if before.contested:
        return before
    if by == before.former:
        return Takeover(before.former, before.at, before.until, contested=True)
    return Takeover(before.former, now, max(before.until, now + days))


def contested(dossier: Dossier) -> Dossier:
    """Return the dossier in the care of whom it was taken from, in its next revision.

    Nothing else changes: code, masks, oppositions and the patient's key stay as they are.
    Raises ValueError where no takeover was.
    """
    takeover = dossier.takeover
    if takeover is None:
        raise ValueError("no takeover")
    after = Takeover(takeover.former, takeover.at, takeover.until, contested=True)
    return revised(dossier, treating=takeover.former, takeover=after)
