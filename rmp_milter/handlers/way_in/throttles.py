"""How many tries somebody still has; what counts is written by who commits (strikes)."""

from rmp_milter.dossier.model import Dossier, Fault
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case

MONTH = 30 * 86_400
"""Seconds in which the tries of a code of before are counted; the store keeps them so long."""


def recent_tries(case: Case, fault: Fault, subject: bytes, within: int = 0) -> int:
    """Return how many tries count within the window, or ``within`` so many seconds."""
    since = case.at - (within or case.bounds.window)
    return sum(each > since for each in case.view.tally(fault, subject).times)


def is_resting(case: Case, dossier: Dossier) -> bool:
    """Return whether the dossier's code is not tried now.

    So it is after some wrong ones within the window. A code of before may be of four digits,
    which patience finds an hour at a time: it rests after more of them within a month, until
    there is a new one.
    """
    if recent_tries(case, Fault.DOSSIER, dossier.dossier_id) >= case.bounds.wrong_codes:
        return True
    return is_of_before(dossier) and month_tries(case, dossier) >= case.bounds.old_wrong_codes


def is_of_before(dossier: Dossier) -> bool:
    """Return whether the dossier's code was made when codes could be short."""
    return dossier.slots.code is not None and not dossier.slots.code.folded


def month_tries(case: Case, dossier: Dossier) -> int:
    """Return how many wrong codes for the dossier count within a month."""
    return recent_tries(case, Fault.DOSSIER, dossier.dossier_id, MONTH)


def check_tries(case: Case, fault: Fault, subject: bytes, most: int) -> None:
    """Raise :class:`MailError` ``too-many`` where ``most`` tries count already."""
    if recent_tries(case, fault, subject) >= most:
        raise MailError("too-many", detail=f"throttled: {fault}")
