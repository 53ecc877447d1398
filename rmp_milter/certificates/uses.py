"""What the keys of a certificate may be used for: to encrypt to, to have signed with.

Key flags, kind and strength are judged here. One key that is expired, weak or of an
unknown kind never hides another that is good.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from openpgp.composed import SignedPublicKey, SignedPublicSubKey
from openpgp.packet import Packet, PublicKey, Signature

from rmp_milter.certificates.reading import CertificateError, KeyPacket, Reason
from rmp_milter.certificates.validity import Primary, newest, subkey_reason
from rmp_milter.certificates.verified import VerifiedSubkey, verified

MIN_RSA_BITS = 2048
MAX_ENCRYPTION_KEYS = 8
KEY_VERSION = 4
_CURVES = frozenset({"curve25519", "p256", "p384", "p521"})

EncryptionKey = SignedPublicKey | SignedPublicSubKey


class VerifyingKey(NamedTuple):
    """A key that may have made a signature; ``reason`` says why it is not valid now."""

    key: PublicKey
    reason: Reason | None


def usable(data: bytes, now: int) -> bool:
    """Return whether the certificate can be encrypted to at ``now`` (epoch seconds)."""
    try:
        check_usable(data, now)
    except CertificateError:
        return False
    return True


def check_usable(data: bytes, now: int) -> None:
    """Raise :class:`CertificateError` with the reason where nothing can be encrypted to."""
    encryption_keys(data, now)


def encryption_keys(data: bytes, now: int) -> list[EncryptionKey]:
    """Return all keys of the certificate that may be encrypted to at ``now``.

    At least one, at most :data:`MAX_ENCRYPTION_KEYS`, the newest first; raises
    :class:`CertificateError` with the reason of the key that came nearest.
    """
    certificate = verified(data)
    primary = Primary(certificate, now)
    if primary.reason:
        raise CertificateError(primary.reason)
    judged = [(sub.key, _encryption_reason(sub, now)) for sub in certificate.subkeys]
    good: list[EncryptionKey] = [sub for sub, reason in judged if reason is None]
    good.sort(key=_created, reverse=True)
    own = _own_encryption_reason(primary)
    if own is None:
        good.append(certificate.parsed)
    if not good:
        raise CertificateError(_nearest([own, *(reason for _, reason in judged)]))
    return good[:MAX_ENCRYPTION_KEYS]


def _created(key: EncryptionKey) -> int:
    return key.key.created_at if isinstance(key, SignedPublicSubKey) else key.created_at


def _nearest(reasons: Iterable[Reason | None]) -> Reason:
    """Return the reason that says most: what lacks only a date before what lacks all."""
    order: tuple[Reason, ...] = ("expired", "not-yet-valid", "revoked", "weak", "unsupported")
    found = set(reasons)
    return next((reason for reason in order if reason in found), "no-encryption-key")


def signing_keys(data: bytes, issuers: Sequence[str], at: int, now: int) -> list[VerifyingKey]:
    """Return the keys of the certificate that the issuers' key ids name.

    ``reason`` is set where the key was not valid when it signed (``at``) or is not now.
    A subkey counts only if it has signed its own binding (RFC 9580, 5.2.1.9).
    """
    certificate = verified(data)
    then, primary = Primary(certificate, at), Primary(certificate, now)
    found: list[VerifyingKey] = []
    if primary.key.key_id.lower() in issuers and _may_sign(primary):
        found.append(VerifyingKey(primary.key, primary.reason or then.reason))
    for sub in certificate.subkeys:
        if sub.key.key.key_id.lower() in issuers and sub.has_signed_back:
            reason = (
                primary.reason
                or subkey_reason(sub, now)
                or then.reason
                or subkey_reason(sub, at)
            )
            found.append(VerifyingKey(as_primary(sub.key), reason))
    return found


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
    return _strength(primary.key)


def _encryption_reason(sub: VerifiedSubkey, now: int) -> Reason | None:
    key = sub.key.key
    binding = newest(sub.bindings, now)
    if not key.algorithm.can_encrypt() or (binding and not _may_encrypt(binding)):
        return "no-encryption-key"
    return subkey_reason(sub, now) or _strength(key)


def _strength(key: KeyPacket) -> Reason | None:
    """Judge kind and size of an encryption key; version 6 pairs only with AEAD bodies."""
    params = key.public_params
    if key.version != KEY_VERSION:
        return "unsupported"
    if params.kind == "rsa":
        return "weak" if (params.rsa_bits or 0) < MIN_RSA_BITS else None
    if params.kind == "ecdh":
        return None if params.curve in _CURVES else "unsupported"
    return None if params.kind == "x25519" else "unsupported"


def _may_sign(primary: Primary) -> bool:
    """Return what kind and flags of the primary key allow; without flags it may."""
    signature = primary.signature
    flags = signature.key_flags() if signature else None
    unflagged = signature is None or not _has_flags(signature)
    return primary.key.algorithm.can_sign() and (unflagged or bool(flags and flags.sign))


def _has_flags(signature: Signature) -> bool:
    flags = signature.key_flags()
    return any(
        (
            flags.certify,
            flags.sign,
            flags.encrypt_communications,
            flags.encrypt_storage,
            flags.authenticate,
        )
    )


def _may_encrypt(signature: Signature | None) -> bool:
    """Return what the key flags allow; keys of old programs have none and may."""
    if signature is None or not _has_flags(signature):
        return True
    flags = signature.key_flags()
    return flags.encrypt_communications or flags.encrypt_storage
