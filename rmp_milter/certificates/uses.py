"""What the keys of a certificate may be used for: to encrypt to, to have signed with.

Key flags, kind and strength are judged here. One key that is expired, weak or of an
unknown kind never hides another that is good.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from openpgp.composed import SignedPublicKey, SignedPublicSubKey
from openpgp.packet import Packet, PublicKey

from rmp_milter.certificates.lenience import leniently
from rmp_milter.certificates.reading import CertificateError, Reason
from rmp_milter.certificates.statements import (
    ENCRYPT_COMMUNICATIONS,
    ENCRYPT_STORAGE,
    SIGN,
    Statement,
)
from rmp_milter.certificates.strength import encryption_fault, signing_fault
from rmp_milter.certificates.validity import (
    Primary,
    newest,
    stands,
    subkey_expires,
    subkey_reason,
)
from rmp_milter.certificates.verified import Verified, VerifiedSubkey, backs, verified

MAX_ENCRYPTION_KEYS = 8

EncryptionKey = SignedPublicKey | SignedPublicSubKey


class VerifyingKey(NamedTuple):
    """A key that may have made a signature; ``reason`` says why it is not valid now."""

    key: PublicKey
    reason: Reason | None


def usable(data: bytes, now: int) -> bool:
    """Return whether an enrolled certificate can be encrypted to at ``now`` (epoch seconds)."""
    try:
        enrolled_encryption_keys(data, now)
    except CertificateError:
        return False
    return True


def check_usable(data: bytes, now: int) -> None:
    """Raise :class:`CertificateError` with the reason why a certificate cannot be enrolled."""
    encryption_keys(data, now)


def encryption_keys(data: bytes, now: int) -> list[EncryptionKey]:
    """Return all keys of the certificate that may be encrypted to at ``now``.

    At least one, at most :data:`MAX_ENCRYPTION_KEYS`, the newest first; raises
    :class:`CertificateError` with the reason of the key that came nearest.
    """
    return _encryption_keys(verified(data), now)


def enrolled_encryption_keys(data: bytes, now: int) -> list[EncryptionKey]:
    """Return as :func:`encryption_keys`, of a certificate that is enrolled, be it weak.

    Raises :class:`CertificateError` as that does.
    """
    try:
        return encryption_keys(data, now)
    except CertificateError as error:
        try:
            return _encryption_keys(leniently(verified(data)), now)
        except CertificateError:
            raise error from None


def _encryption_keys(certificate: Verified, now: int) -> list[EncryptionKey]:
    primary = Primary(certificate, now)
    if primary.reason:
        raise CertificateError(primary.reason)
    judged = [(sub, _encryption_reason(sub, now)) for sub in certificate.subkeys]
    good: list[EncryptionKey] = [sub.key for sub, reason in judged if reason is None]
    good.sort(key=_created, reverse=True)
    own = _own_encryption_reason(primary)
    if own is None:
        good.append(certificate.parsed)
    if not good:
        raise CertificateError(_nearest([own, *(reason for _, reason in judged)]))
    return good[:MAX_ENCRYPTION_KEYS]


def encryption_ends(data: bytes, now: int) -> int:
    """Return when the last of the subkeys that may be encrypted to at ``now`` expires.

    0 where that is never, or where the primary key itself may be encrypted to, whose own end
    counts then. Raises :class:`CertificateError` for what is no certificate.
    """
    certificate = verified(data)
    if _own_encryption_reason(Primary(certificate, now)) is None:
        return 0
    good = (sub for sub in certificate.subkeys if _encryption_reason(sub, now) is None)
    ends = [subkey_expires(sub, now) for sub in good]
    return 0 if 0 in ends else max(ends, default=0)


def _created(key: EncryptionKey) -> int:
    return key.key.created_at if isinstance(key, SignedPublicSubKey) else key.created_at


def _nearest(reasons: Iterable[Reason | None]) -> Reason:
    """Return the reason that says most: what lacks only a date before what lacks all."""
    order: tuple[Reason, ...] = (
        *("expired", "not-yet-valid", "revoked"),
        *("weak-hash", "weak", "unsupported"),
    )
    found = set(reasons)
    return next((reason for reason in order if reason in found), "no-encryption-key")


def signing_keys(data: bytes, issuers: Sequence[str], at: int, now: int) -> list[VerifyingKey]:
    """Return the keys of the certificate that the issuers' key ids name.

    ``reason`` is set where the key was not valid when it signed (``at``) or is not now: "weak"
    where it is but for its size or the hash that binds it (:mod:`.lenience`). A subkey counts
    only if its binding lets it sign, and if it has signed that binding itself (RFC 9580,
    5.2.1.9).
    """
    certificate = verified(data)
    found = _signing_keys(certificate, issuers, at, now)
    good = {each.key.fingerprint for each in found if each.reason is None}
    if len(good) == _count_named(certificate, issuers):
        return found  # nobody is judged more leniently than that: so of nearly every mail
    weak = [
        VerifyingKey(each.key, "weak")
        for each in _signing_keys(leniently(certificate), issuers, at, now)
        if each.reason is None and each.key.fingerprint not in good
    ]
    known = {each.key.fingerprint for each in weak}
    return [*weak, *(each for each in found if each.key.fingerprint not in known)]


def _count_named(certificate: Verified, issuers: Sequence[str]) -> int:
    ids = [
        certificate.parsed.primary_key.key_id,
        *(sub.key.key.key_id for sub in certificate.subkeys),
    ]
    return sum(each.lower() in issuers for each in ids)


def _signing_keys(
    certificate: Verified, issuers: Sequence[str], at: int, now: int
) -> list[VerifyingKey]:
    then, primary = Primary(certificate, at), Primary(certificate, now)
    found: list[VerifyingKey] = []
    if primary.key.key_id.lower() in issuers and _primary_signs(primary):
        found.append(VerifyingKey(primary.key, primary.reason or then.reason))
    for sub in certificate.subkeys:
        if sub.key.key.key_id.lower() in issuers and _subkey_signs(sub, now):
            reason = (
                primary.reason
                or subkey_reason(sub, now)
                or _own_fault(sub)
                or then.reason
                or subkey_reason(sub, at)
            )
            found.append(VerifyingKey(as_primary(sub.key), reason))
    return found


def _own_fault(sub: VerifiedSubkey) -> Reason | None:
    fault = signing_fault(sub.key.key)
    return None if sub.lenient and fault == "weak" else fault


def _subkey_signs(sub: VerifiedSubkey, now: int) -> bool:
    """Return whether the binding in force lets the subkey sign, and the subkey agrees.

    Of a subkey whose bindings have all run out, the last one says what it was for.
    """
    binding = newest(sub.bindings, now) or max(
        sub.bindings, key=lambda each: each.created, default=None
    )
    if binding is None or not (sub.key.key.algorithm.can_sign() and _allows(binding, SIGN)):
        return False
    return any(stands(back, now) for back in backs(sub, binding))


def as_primary(sub: SignedPublicSubKey) -> PublicKey:
    """Return the subkey as the kind of key that verifies signatures: same key, same id."""
    packet = sub.key.to_bytes()
    first = packet[0]
    # Tag 14 becomes tag 6, in the packet's own format (RFC 9580, 4.2).
    first = 0xC0 | 6 if first & 0x40 else 0x80 | 6 << 2 | first & 3
    value = Packet.from_bytes(bytes((first,)) + packet[1:]).value
    if not isinstance(value, PublicKey):
        raise CertificateError("unreadable")
    return value


def _own_encryption_reason(primary: Primary) -> Reason | None:
    """Judge the primary key itself as an encryption key."""
    if not primary.key.algorithm.can_encrypt() or not _may_encrypt(primary.signature):
        return "no-encryption-key"
    return encryption_fault(primary.key)


def _encryption_reason(sub: VerifiedSubkey, now: int) -> Reason | None:
    key = sub.key.key
    if key.algorithm.can_sign() and not key.algorithm.can_encrypt():
        return "no-encryption-key"
    if not _may_encrypt(newest(sub.bindings, now)):
        return "no-encryption-key"
    return subkey_reason(sub, now) or encryption_fault(key)


def _primary_signs(primary: Primary) -> bool:
    said = primary.signature
    return primary.key.algorithm.can_sign() and (said is None or _allows(said, SIGN))


def _may_encrypt(said: Statement | None) -> bool:
    return said is None or _allows(said, ENCRYPT_COMMUNICATIONS | ENCRYPT_STORAGE)


def _allows(said: Statement, use: int) -> bool:
    """Return what the key flags allow; keys of old programs have none, and may what they can."""
    return said.flags is None or said.flags & use != 0
