"""Whether a mail was meant for this service, and now: what a signature or an account leaves open.

A signature says who wrote, not to whom nor when it was sent on: whoever was written to can seal
the signed text anew. A ciphertext that nobody signed is bound to nobody: whoever finds it can hand
it in under an account of his own. An emergency is refused for neither.
"""

from collections.abc import Collection
from typing import NamedTuple

from rmp_milter.calls.protected import Addressed, Protected
from rmp_milter.dossier.changes import Once
from rmp_milter.dossier.days import Clock, day_of
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import BY_SIGNATURE, Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case, Sender
from rmp_milter.mail.header.routing import RoutingHeader

_DAY = 86_400
_AHEAD = 1  # days by which a clock may be before ours


class Days(NamedTuple):
    """When the mail came (epoch seconds), by which clock, how many days back it counts."""

    at: int
    clock: Clock
    back: int


def check_readers(header: RoutingHeader, protected: Protected) -> None:
    """Refuse what its author wrote to others, and not to the service (``not-for-us``)."""
    if protected.addressed is Addressed.OTHERS and header.verb is not Verb.URGENCE:
        raise MailError("not-for-us")


def check_named(header: RoutingHeader, protected: Protected, services: Collection[str]) -> None:
    """Refuse what a signature alone decides unless it names the service (``service-unnamed``).

    It does in its protected fields, or in a line ``Service``. Without ``services`` nobody can
    tell, and nothing is refused.
    """
    named = protected.addressed is Addressed.NAMED or header.service in services
    if services and header.verb in BY_SIGNATURE and not named:
        raise MailError("service-unnamed")


def check_unsigned(
    header: RoutingHeader, protected: Protected, address: str | None, days: Days
) -> None:
    """Refuse an unsigned mail that does not say inside that its sender wrote it these days.

    ``address`` is the sender's, None where nobody can tell: then any author will do. The
    refusal (``unsigned-unbound``) is the same whatever is missing or wrong, and whatever the
    mail says: it may be somebody else's.
    """
    if header.verb is Verb.URGENCE:
        return  # which is refused without a signature anyway
    author = header.author or protected.author
    is_his = address is None or author.casefold() == address.casefold()
    if not author or not is_his or not _is_of(header, protected, days):
        raise MailError("unsigned-unbound")


def _is_of(header: RoutingHeader, protected: Protected, days: Days) -> bool:
    """Return whether the mail says that it was written on one of these days."""
    first, last = days.at - days.back * _DAY, days.at + _AHEAD * _DAY
    if not header.written:
        return first <= protected.written <= last
    return day_of(first, days.clock) <= header.written <= day_of(last, days.clock)


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
    return (signature_days + 2 * _AHEAD + 2) * _DAY


def once_of(sender: Sender, act: bytes, expires: int) -> tuple[Once, ...]:
    """Return what marks the mail as done, until ``expires``.

    Without a signature it is its sender's mark alone: who hands in somebody else's mail must
    not have that one's own refused.
    """
    own = sender.doctor.doctor_id if sender.proof is Proof.ACCOUNT else b""
    return (Once(b"text " + act + own, expires),) if act else ()
