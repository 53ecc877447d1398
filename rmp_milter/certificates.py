"""OpenPGP certificates: which key of one may be used for what, at a given time.

Public keys only. The library below parses and verifies single signatures; expiry,
revocation, key flags and strength are judged here. One key that is expired, weak or of
an unknown kind never hides another that is good.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from openpgp.composed import SignedPublicKey, SignedPublicSubKey
from openpgp.packet import Packet, PublicKey, PublicSubkey, Signature, UserId
from openpgp.types import SignedUser

MAX_CERTIFICATE = 1 << 20  # bytes
MAX_SIGNATURES = 1000  # looked at per key or user id
MIN_RSA_BITS = 2048
MAX_ENCRYPTION_KEYS = 8
REMEMBERED = 512
"""Certificates whose signatures were verified and are not verified again for each mail."""
_CURVES = frozenset({"curve25519", "p256", "p384", "p521"})
_ARMOR = b"-----BEGIN PGP "

Reason = Literal[
    "unreadable", "secret", "several", "expired", "revoked", "no-encryption-key", "unsupported",
    "weak", "not-yet-valid", "no-self-signature",
]  # fmt: skip
EncryptionKey = SignedPublicKey | SignedPublicSubKey
KeyPacket = PublicKey | PublicSubkey
KEY_VERSION = 4

_WORDS: dict[Reason, str] = {
    "unreadable": "this is not an OpenPGP certificate",
    "secret": "this is a secret key; export the public one and keep this to yourself",
    "several": "the file holds several certificates; give one",
    "expired": "the key is expired",
    "revoked": "the key is revoked",
    "no-encryption-key": "the certificate has no key for encryption",
    "unsupported": "the key is of a kind that is not supported (RSA, cv25519 and NIST are)",
    "weak": "the key is too short (RSA needs 2048 bits or more)",
    "not-yet-valid": "the key is valid only from a later date on",
    "no-self-signature": "the key carries no valid signature of its owner",
}


class CertificateError(ValueError):
    """A certificate that cannot be used; ``reason`` is a word, ``str`` says it in full."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_WORDS[reason])
        self.reason: Reason = reason


class Certificate(NamedTuple):
    """One certificate; ``binary`` is its transferable form, ids are lower-case hex."""

    binary: bytes
    fingerprint: str
    key_ids: tuple[str, ...]
    user_ids: tuple[str, ...]
    algorithm: str
    created_at: int


class SigningKey(NamedTuple):
    """A key that may have made a signature; ``reason`` says why it is not valid now."""

    key: PublicKey
    reason: Reason | None


def read_certificate(data: bytes) -> Certificate:
    """Read exactly one certificate, armored or binary; raise :class:`CertificateError`."""
    parsed = parse(data)
    keys: list[KeyPacket] = [parsed.primary_key, *(sub.key for sub in parsed.public_subkeys)]
    return Certificate(
        binary=parsed.to_bytes(),
        fingerprint=parsed.fingerprint.lower(),
        key_ids=tuple(key.key_id.lower() for key in keys),
        user_ids=tuple(parsed.user_ids),
        algorithm=_algorithm(parsed.primary_key),
        created_at=parsed.created_at,
    )


def parse(data: bytes) -> SignedPublicKey:
    """Return the library's view of exactly one certificate (see :func:`read_certificate`)."""
    if len(data) > MAX_CERTIFICATE:
        raise CertificateError("unreadable")
    if _holds_secret(data):
        raise CertificateError("secret")
    try:
        found = _parsed_all(data)
    except (ValueError, UnicodeError) as error:
        raise CertificateError("unreadable") from error
    if len(found) != 1:
        raise CertificateError("several" if found else "unreadable")
    return found[0]


def _holds_secret(data: bytes) -> bool:
    """Tell a secret key by its armor line or its first packet (tags 5 and 7)."""
    if b"-----BEGIN PGP PRIVATE KEY BLOCK-----" in data:
        return True
    first = data[0] if data else 0
    return first & 0x80 != 0 and (first & 0x3F if first & 0x40 else first >> 2 & 15) in {5, 7}


def _parsed_all(data: bytes) -> Sequence[SignedPublicKey]:
    if _ARMOR in data:
        return SignedPublicKey.from_armor_many(data.decode("utf-8", "replace"))[0]
    return SignedPublicKey.from_bytes_many(data)


def _algorithm(key: PublicKey) -> str:
    params = key.public_params
    bits = params.rsa_bits
    return f"rsa{bits}" if bits else str(params.curve or params.kind)


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
    checked = _checked(data)
    parsed = checked.parsed
    primary = _Primary(checked, now)
    if primary.reason:
        raise CertificateError(primary.reason)
    judged = [(sub.key, _encryption_reason(sub, now)) for sub in checked.subkeys]
    good: list[EncryptionKey] = [sub for sub, reason in judged if reason is None]
    good.sort(key=_created, reverse=True)
    own = _own_encryption_reason(primary)
    if own is None:
        good.append(parsed)
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


def signing_keys(data: bytes, issuers: Sequence[str], at: int, now: int) -> list[SigningKey]:
    """Return the keys of the certificate that the issuers' key ids name.

    ``reason`` is set where the key was not valid when it signed (``at``) or is not now.
    A subkey counts only if it has signed its own binding (RFC 9580, 5.2.1.9).
    """
    checked = _checked(data)
    then, primary = _Primary(checked, at), _Primary(checked, now)
    found: list[SigningKey] = []
    if primary.key.key_id.lower() in issuers and primary.may_sign:
        found.append(SigningKey(primary.key, primary.reason or then.reason))
    for sub in checked.subkeys:
        if sub.key.key.key_id.lower() in issuers and sub.has_signed_back:
            reason = (
                primary.reason
                or _subkey_reason(sub, now)
                or then.reason
                or _subkey_reason(sub, at)
            )
            found.append(SigningKey(as_primary(sub.key), reason))
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


class _Subkey(NamedTuple):
    """A subkey with those of its signatures that were verified."""

    key: SignedPublicSubKey
    bindings: tuple[Signature, ...]
    revocations: tuple[Signature, ...]
    has_signed_back: bool


class _Checked(NamedTuple):
    """A certificate with those of its signatures that were verified, whatever the time."""

    parsed: SignedPublicKey
    own: tuple[Signature, ...]
    revocations: tuple[Signature, ...]
    subkeys: tuple[_Subkey, ...]


@lru_cache(maxsize=REMEMBERED)
def _checked(data: bytes) -> _Checked:
    """Read a certificate and verify its signatures; raise :class:`CertificateError`."""
    parsed = parse(data)
    key = parsed.primary_key
    revocations = parsed.details.revocation_signatures[:MAX_SIGNATURES]
    return _Checked(
        parsed=parsed,
        own=tuple(_self_signatures(parsed)),
        revocations=tuple(each for each in revocations if _verifies_key(each, key)),
        subkeys=tuple(_checked_subkey(key, sub) for sub in parsed.public_subkeys),
    )


def _checked_subkey(primary: PublicKey, sub: SignedPublicSubKey) -> _Subkey:
    verified = [each for each in sub.signatures[:MAX_SIGNATURES] if _binds(each, primary, sub)]
    bindings = tuple(each for each in verified if each.typ() == "subkey-binding")
    return _Subkey(
        key=sub,
        bindings=bindings,
        revocations=tuple(each for each in verified if each.typ() == "subkey-revocation"),
        has_signed_back=_has_signed_back(primary, sub, bindings),
    )


class _Primary:
    """The primary key at one moment: why it cannot be used, or its self-signature."""

    def __init__(self, checked: _Checked, now: int) -> None:
        self.key = checked.parsed.primary_key
        self.signature = _newest(checked.own, now)
        self.reason = self._judge(checked, now)

    def _judge(self, checked: _Checked, now: int) -> Reason | None:
        if any(_is_past(revocation, now) for revocation in checked.revocations):
            return "revoked"
        if self.key.created_at > now:
            return "not-yet-valid"
        if self.signature is None:
            return "no-self-signature"
        return "expired" if _is_over(self.signature, self.key.created_at, now) else None

    @property
    def may_sign(self) -> bool:
        flags = self.signature.key_flags() if self.signature else None
        unflagged = self.signature is None or not _has_flags(self.signature)
        return self.key.algorithm.can_sign() and (unflagged or bool(flags and flags.sign))


def _own_encryption_reason(primary: _Primary) -> Reason | None:
    """Judge the primary key itself as an encryption key."""
    if not primary.key.algorithm.can_encrypt() or not _may_encrypt(primary.signature):
        return "no-encryption-key"
    return _strength(primary.key)


def _encryption_reason(sub: _Subkey, now: int) -> Reason | None:
    key = sub.key.key
    binding = _newest(sub.bindings, now)
    if not key.algorithm.can_encrypt() or (binding and not _may_encrypt(binding)):
        return "no-encryption-key"
    return _subkey_reason(sub, now) or _strength(key)


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


def _subkey_reason(sub: _Subkey, now: int) -> Reason | None:
    """Say why a subkey is not valid at ``now``, its primary key apart."""
    if any(_is_past(revocation, now) for revocation in sub.revocations):
        return "revoked"
    created_at = sub.key.key.created_at
    if created_at > now:
        return "not-yet-valid"
    binding = _newest(sub.bindings, now)
    if binding is None:
        return "no-self-signature"
    return "expired" if _is_over(binding, created_at, now) else None


def _binds(signature: Signature, primary: PublicKey, sub: SignedPublicSubKey) -> bool:
    try:
        signature.verify_subkey_binding(primary, sub.key)
    except ValueError:
        return False
    return True


def _has_signed_back(
    primary: PublicKey, sub: SignedPublicSubKey, bindings: Iterable[Signature]
) -> bool:
    """Return whether a signing subkey says itself that it belongs to the primary key."""
    backs = (binding.embedded_signature() for binding in bindings)
    return any(back is not None and _binds_back(back, primary, sub) for back in backs)


def _binds_back(back: Signature, primary: PublicKey, sub: SignedPublicSubKey) -> bool:
    try:
        back.verify_primary_key_binding(sub.key, primary)
    except ValueError:
        return False
    return True


def _self_signatures(parsed: SignedPublicKey) -> Iterator[Signature]:
    """Yield the verified self-signatures: direct ones, and those of unrevoked user ids."""
    key = parsed.primary_key
    for signature in parsed.details.direct_signatures[:MAX_SIGNATURES]:
        if _verifies_key(signature, key):
            yield signature
    for user in parsed.details.users[:MAX_SIGNATURES]:
        yield from _certifications(key, user)


def _certifications(key: PublicKey, user: SignedUser) -> Iterator[Signature]:
    """Yield the user id's own certifications, none from before its last revocation."""
    own = [
        signature
        for signature in user.signatures[:MAX_SIGNATURES]
        if key.key_id in signature.issuer_key_id() and _certifies(signature, key, user)
    ]
    revoked = max((s.created() or 0 for s in own if s.typ() == "cert-revocation"), default=-1)
    for signature in own:
        if signature.typ() != "cert-revocation" and (signature.created() or 0) > revoked:
            yield signature


def _certifies(signature: Signature, key: PublicKey, user: SignedUser) -> bool:
    """Verify one certification: as the only one of a certificate made for the purpose."""
    content = signature.to_bytes()
    framed = b"\xc2\xff" + len(content).to_bytes(4) + content
    alone = key.to_bytes() + UserId.from_str(user.id).to_bytes() + framed
    try:
        SignedPublicKey.from_bytes(alone).verify_bindings()
    except ValueError:
        return False
    return True


def _verifies_key(signature: Signature, key: PublicKey) -> bool:
    try:
        signature.verify_key(key)
    except ValueError:
        return False
    return True


def _newest(signatures: Iterable[Signature], now: int) -> Signature | None:
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
