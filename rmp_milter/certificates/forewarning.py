"""What is to be said of a certificate that is taken, lest it comes as a surprise later."""

from typing import NamedTuple

from rmp_milter.certificates.contents import addresses
from rmp_milter.certificates.uses import encryption_ends
from rmp_milter.certificates.validity import Primary, expires
from rmp_milter.certificates.verified import verified

SOON = 60 * 86_400
"""Seconds; who hears it earlier has forgotten it when it comes."""


class Cautions(NamedTuple):
    """``lacks_address``: no user id names the owner's address; ``expires``: when, if soon."""

    lacks_address: bool
    expires: int

    def __bool__(self) -> bool:
        return self.lacks_address or bool(self.expires)


def cautions(data: bytes, mail: str, now: int) -> Cautions:
    """Return what is to be said of a certificate that can be encrypted to at ``now``.

    ``mail`` is its owner's address in the directory. Raises :class:`CertificateError`.
    """
    ends = expires(Primary(verified(data), now)), encryption_ends(data, now)
    end = min((each for each in ends if each), default=0)
    return Cautions(
        lacks_address=mail.casefold() not in addresses(data),
        expires=end if end <= now + SOON else 0,
    )
