"""Whether a mail was meant for this service, and now: what a signature or an account leaves open.

What its author said inside is judged in :mod:`rmp_milter.mail.meaning.meant`; here, what the store
knows besides: that a mail was done before.
"""

from rmp_milter.dossier.changes import Once
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case, Sender
from rmp_milter.mail.meaning.meant import AHEAD, Days, check_readers, check_unsigned

_DAY = 86_400


def check_case(case: Case, signature_days: int) -> None:
    """Refuse a mail that was written to others or, unsigned, by others or at another time."""
    protected = case.opened.protected
    if case.sender.proof is Proof.ACCOUNT:
        days = Days(case.at, case.clock, signature_days)
        check_unsigned(case.header, protected, case.doctor.mail, days)
    check_readers(case.header, protected)


def is_meant(case: Case, signature_days: int) -> bool:
    """Return whether :func:`check_case` lets the mail pass: else nothing of it is its sender's."""
    try:
        check_case(case, signature_days)
    except MailError:
        return False
    return True


def check_new(case: Case) -> None:
    """Refuse a mail that was done before, in whatever wrapping it comes again (``replayed``)."""
    marks = once_of(case.sender, case.opened.once, case.at)
    if any(case.view.happened(once.value) for once in marks):
        raise MailError("replayed", enhanced="5.7.7")


def kept_seconds(signature_days: int) -> int:
    """Return how long a mark is kept: as long as a mail that was done would be taken again.

    A signature may be a day ahead when it comes; a day that is only named begins and ends
    somewhere.
    """
    return (signature_days + 2 * AHEAD + 2) * _DAY


def once_of(sender: Sender, act: bytes, expires: int) -> tuple[Once, ...]:
    """Return what marks the mail as done, until ``expires``.

    Without a signature it is its sender's mark alone: who hands in somebody else's mail must
    not have that one's own refused.
    """
    own = sender.doctor.doctor_id if sender.proof is Proof.ACCOUNT else b""
    return (Once(b"text " + act + own, expires),) if act else ()
