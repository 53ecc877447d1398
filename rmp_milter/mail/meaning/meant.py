"""Whether a mail was meant for this service, and by whom, by what its author said inside.

The keeper judges by it, the milter answers by it, and ``rmp inspect`` tells by it what both do.
"""

from collections.abc import Collection
from typing import NamedTuple

from rmp_milter.calls.protected import Addressed, Protected
from rmp_milter.dossier.days import Clock, day_of
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import BY_SIGNATURE
from rmp_milter.errors import MailError
from rmp_milter.mail.header.routing import RoutingHeader

_DAY = 86_400
AHEAD = 1  # days by which a clock may be before ours


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
    first, last = days.at - days.back * _DAY, days.at + AHEAD * _DAY
    if not header.written:
        return first <= protected.written <= last
    return day_of(first, days.clock) <= header.written <= day_of(last, days.clock)
