"""How many tries somebody still has; what counts is written by who commits (strikes)."""

from rmp_milter.dossier.model import Fault
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case


def recent_tries(case: Case, fault: Fault, subject: bytes) -> int:
    """Return how many tries count within the window."""
    since = case.at - case.bounds.window
    return sum(each > since for each in case.view.tally(fault, subject).times)


def check_tries(case: Case, fault: Fault, subject: bytes, most: int) -> None:
    """Raise :class:`MailError` ``too-many`` where ``most`` tries count already."""
    if recent_tries(case, fault, subject) >= most:
        raise MailError("too-many", detail=f"throttled: {fault}")
