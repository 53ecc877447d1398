"""Which signatures of a certificate hold, whatever the time.

The library verifies single signatures; here they are sorted by what they say, and those
that do not hold are left out. Verified once and remembered: it costs more than all else.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from openpgp.composed import SignedPublicKey, SignedPublicSubKey
from openpgp.packet import PublicKey, Signature, UserId
from openpgp.types import SignedUser

from rmp_milter.certificates.reading import parse

MAX_SIGNATURES = 1000  # looked at per key or user id
REMEMBERED = 512
"""Certificates whose signatures were verified and are not verified again for each mail."""


class VerifiedSubkey(NamedTuple):
    """A subkey with those of its signatures that were verified."""

    key: SignedPublicSubKey
    bindings: tuple[Signature, ...]
    revocations: tuple[Signature, ...]
    has_signed_back: bool


class Verified(NamedTuple):
    """A certificate with those of its signatures that were verified, whatever the time."""

    parsed: SignedPublicKey
    own: tuple[Signature, ...]
    revocations: tuple[Signature, ...]
    subkeys: tuple[VerifiedSubkey, ...]


@lru_cache(maxsize=REMEMBERED)
def verified(data: bytes) -> Verified:
    """Read a certificate and verify its signatures; raise :class:`CertificateError`."""
    parsed = parse(data)
    key = parsed.primary_key
    revocations = parsed.details.revocation_signatures[:MAX_SIGNATURES]
    return Verified(
        parsed=parsed,
        own=tuple(_self_signatures(parsed)),
        revocations=tuple(each for each in revocations if _verifies_key(each, key)),
        subkeys=tuple(_verified_subkey(key, sub) for sub in parsed.public_subkeys),
    )


def _verified_subkey(primary: PublicKey, sub: SignedPublicSubKey) -> VerifiedSubkey:
    verified = [each for each in sub.signatures[:MAX_SIGNATURES] if _binds(each, primary, sub)]
    bindings = tuple(each for each in verified if each.typ() == "subkey-binding")
    return VerifiedSubkey(
        key=sub,
        bindings=bindings,
        revocations=tuple(each for each in verified if each.typ() == "subkey-revocation"),
        has_signed_back=_has_signed_back(primary, sub, bindings),
    )


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
