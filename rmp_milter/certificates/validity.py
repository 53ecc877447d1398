"""Whether the keys of a certificate are valid at a given time: expiry and revocation."""

from collections.abc import Iterable

from openpgp.packet import Signature

from rmp_milter.certificates.reading import Reason
from rmp_milter.certificates.verified import Verified, VerifiedSubkey


class Primary:
    """The primary key at one moment: why it cannot be used, or its self-signature."""

    def __init__(self, certificate: Verified, now: int) -> None:
        self.key = certificate.parsed.primary_key
        self.signature = newest(certificate.own, now)
        self.reason = self._judge(certificate, now)

    def _judge(self, certificate: Verified, now: int) -> Reason | None:
        if any(_is_past(revocation, now) for revocation in certificate.revocations):
            return "revoked"
        if self.key.created_at > now:
            return "not-yet-valid"
        if self.signature is None:
            return "no-self-signature"
        return "expired" if _is_over(self.signature, self.key.created_at, now) else None


def subkey_reason(sub: VerifiedSubkey, now: int) -> Reason | None:
    """Say why a subkey is not valid at ``now``, its primary key apart."""
    if any(_is_past(revocation, now) for revocation in sub.revocations):
        return "revoked"
    created_at = sub.key.key.created_at
    if created_at > now:
        return "not-yet-valid"
    binding = newest(sub.bindings, now)
    if binding is None:
        return "no-self-signature"
    return "expired" if _is_over(binding, created_at, now) else None


def newest(signatures: Iterable[Signature], now: int) -> Signature | None:
    """Return the newest signature of the past that is not expired itself."""
    valid = [s for s in signatures if _is_past(s, now) and not _is_outlived(s, now)]
    return max(valid, key=lambda signature: signature.created() or 0, default=None)


def _is_past(signature: Signature, now: int) -> bool:
    created = signature.created()
    return created is not None and created <= now


def _is_outlived(signature: Signature, now: int) -> bool:
    span = signature.signature_expiration_time()
    return bool(span) and (signature.created() or 0) + (span or 0) <= now


def _is_over(signature: Signature, created_at: int, now: int) -> bool:
    """Return whether the key's time, counted from its creation, has passed."""
    span = signature.key_expiration_time()
    return bool(span) and created_at + (span or 0) <= now
