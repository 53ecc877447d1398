"""Whether the keys of a certificate are valid at a given time: expiry and revocation.

A revocation counts whatever its reason and its day: who revokes a key uses another one, and
a day of the future is a slip.
"""

from collections.abc import Iterable

from rmp_milter.certificates.reading import Reason
from rmp_milter.certificates.statements import Statement
from rmp_milter.certificates.strength import signing_fault
from rmp_milter.certificates.verified import Verified, VerifiedSubkey


class Primary:
    """The primary key at one moment: why it cannot be used, or its self-signature."""

    def __init__(self, certificate: Verified, now: int) -> None:
        self.key = certificate.parsed.primary_key
        self.signature = newest(certificate.own, now)
        self.reason = self._judge(certificate, now)

    def _judge(self, certificate: Verified, now: int) -> Reason | None:
        fault = "revoked" if certificate.revoked else signing_fault(self.key)
        if fault and not (certificate.lenient and fault == "weak"):
            return fault
        if self.key.created_at > now:
            return "not-yet-valid"
        if self.signature is None:
            return "weak-hash" if certificate.forgeable else "no-self-signature"
        return "expired" if _is_over(self.signature, self.key.created_at, now) else None


def subkey_reason(sub: VerifiedSubkey, now: int) -> Reason | None:
    """Say why a subkey is not valid at ``now``, its primary key apart."""
    if sub.revoked:
        return "revoked"
    created_at = sub.key.key.created_at
    if created_at > now:
        return "not-yet-valid"
    binding = newest(sub.bindings, now)
    if binding is None:
        return "weak-hash" if sub.forgeable else "no-self-signature"
    return "expired" if _is_over(binding, created_at, now) else None


def newest(statements: Iterable[Statement], now: int) -> Statement | None:
    """Return the newest statement of the past that is not expired itself."""
    valid = [each for each in statements if stands(each, now)]
    return max(valid, key=lambda each: each.created, default=None)


def stands(said: Statement, now: int) -> bool:
    """Return whether a statement was made by ``now`` and has not run out."""
    return said.created <= now and not (said.lasts and said.created + said.lasts <= now)


def expires(primary: Primary) -> int:
    """Return when the primary key's time is over, epoch seconds; 0 where it never is."""
    return _end(primary.signature, primary.key.created_at)


def subkey_expires(sub: VerifiedSubkey, now: int) -> int:
    """Return when a subkey's time is over, as its binding in force says; 0 where it never is."""
    return _end(newest(sub.bindings, now), sub.key.key.created_at)


def _end(said: Statement | None, created_at: int) -> int:
    return created_at + said.key_lasts if said and said.key_lasts else 0


def _is_over(said: Statement, created_at: int, now: int) -> bool:
    """Return whether the key's time, counted from its creation, has passed."""
    return 0 < _end(said, created_at) <= now
