"""Which signatures of a certificate hold, whatever the time.

The library verifies single signatures; here they are sorted by what they say, and those
that do not hold are left out. Verified once and remembered: it costs more than all else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from openpgp.composed import SignedPublicKey, SignedPublicSubKey
from openpgp.packet import PublicKey, Signature
from openpgp.types import SignedUser

from rmp_milter.certificates.packets import USER_ID, packets
from rmp_milter.certificates.reading import parse
from rmp_milter.certificates.statements import (
    Statement,
    is_forgeable,
    names,
    says_more,
    statement,
)

MAX_SIGNATURES = 1000  # looked at per key or user id
REMEMBERED = 512
"""Certificates whose signatures were verified and are not verified again for each mail."""


class VerifiedSubkey(NamedTuple):
    """A subkey with its bindings that were verified; ``forgeable`` are those left out.

    Those are made by a hash that can be forged. ``revoked`` is for good. ``lenient`` as
    in :class:`Verified`.
    """

    key: SignedPublicSubKey
    bindings: tuple[Statement, ...]
    revoked: bool
    forgeable: tuple[Statement, ...]
    lenient: bool = False


class Verified(NamedTuple):
    """A certificate with its self-signatures that were verified, whatever the time.

    ``user_ids`` are those that stand: signed by the owner and not revoked. ``lenient`` lets
    keys count that are too short (:mod:`rmp_milter.certificates.lenience`).
    """

    parsed: SignedPublicKey
    own: tuple[Statement, ...]
    revoked: bool
    forgeable: tuple[Statement, ...]
    user_ids: tuple[str, ...]
    subkeys: tuple[VerifiedSubkey, ...]
    lenient: bool = False


class _User(NamedTuple):
    """A user id with its certifications; ``standing`` are those since its last revocation."""

    words: str
    standing: tuple[Statement, ...]
    certified: tuple[Statement, ...]
    forgeable: tuple[Statement, ...]


class _Sorted(NamedTuple):
    sound: tuple[Statement, ...]
    forgeable: tuple[Statement, ...]


@lru_cache(maxsize=REMEMBERED)
def verified(data: bytes) -> Verified:
    """Read a certificate and verify its signatures; raise :class:`CertificateError`."""
    parsed = parse(data)
    key = parsed.primary_key
    details = parsed.details
    direct = _sorted(details.direct_signatures, key, lambda each: _verifies_key(each, key))
    users = _users(parsed)
    own = [*direct.sound, *(each for user in users for each in user.standing)]
    # A key whose user ids are all revoked is still its owner's (so gpg and Sequoia).
    own = own or [each for user in users for each in user.certified]
    revocations = details.revocation_signatures[:MAX_SIGNATURES]
    return Verified(
        parsed=parsed,
        own=tuple(own),
        revoked=any(_counts(each) and _verifies_key(each, key) for each in revocations),
        forgeable=(*direct.forgeable, *(each for user in users for each in user.forgeable)),
        user_ids=tuple(user.words for user in users if user.standing),
        subkeys=tuple(_verified_subkey(key, sub) for sub in parsed.public_subkeys),
    )


def backs(primary: PublicKey, sub: VerifiedSubkey, binding: Statement) -> Iterator[Statement]:
    """Yield the subkey's own signatures over the binding, each verified (RFC 9580, 5.2.1.9)."""
    for each in binding.backs:
        said = statement(each)
        if said and _is_of(said, sub) and _binds_back(each, primary, sub.key):
            yield said


def _is_of(said: Statement, sub: VerifiedSubkey) -> bool:
    """Return whether a key can have made the signature: after itself, by a hash that counts."""
    counts = not is_forgeable(said.packet, said.created)
    counts = counts or (sub.lenient and said.packet.hash_alg() == "sha1")
    return counts and said.created >= sub.key.key.created_at


def _sorted(
    found: Iterable[Signature], maker: PublicKey, holds: Callable[[Signature], bool]
) -> _Sorted:
    """Return what the signatures that hold say, and what those say that can be forged."""
    said = [each for packet in list(found)[:MAX_SIGNATURES] if (each := statement(packet))]
    said = [each for each in said if each.created >= maker.created_at and holds(each.packet)]
    forgeable = tuple(each for each in said if is_forgeable(each.packet, each.created))
    return _Sorted(tuple(each for each in said if each not in forgeable), forgeable)


def _counts(revocation: Signature) -> bool:
    """Return whether a revocation may count: any but those that nobody believes.

    SHA-1 is enough whenever it was made: who forges one gains nothing.
    """
    return not says_more(revocation) and revocation.hash_alg() != "md5"


def _verified_subkey(primary: PublicKey, sub: SignedPublicSubKey) -> VerifiedSubkey:
    signatures = sub.signatures[:MAX_SIGNATURES]
    bindings = [each for each in signatures if each.typ() == "subkey-binding"]
    revocations = [each for each in signatures if each.typ() == "subkey-revocation"]
    found = _sorted(bindings, primary, lambda each: _binds(each, primary, sub))
    return VerifiedSubkey(
        key=sub,
        bindings=found.sound,
        revoked=any(_counts(each) and _binds(each, primary, sub) for each in revocations),
        forgeable=found.forgeable,
    )


def _binds(signature: Signature, primary: PublicKey, sub: SignedPublicSubKey) -> bool:
    try:
        signature.verify_subkey_binding(primary, sub.key)
    except ValueError:
        return False
    return True


def _binds_back(back: Signature, primary: PublicKey, sub: SignedPublicSubKey) -> bool:
    try:
        back.verify_primary_key_binding(sub.key, primary)
    except ValueError:
        return False
    return True


def _users(parsed: SignedPublicKey) -> Sequence[_User]:
    """Return the user ids with what the owner said of each."""
    # As they were signed: the library's words have lost what is no UTF-8.
    raw = [each.whole for each in packets(parsed.to_bytes()) if each.tag == USER_ID]
    users = parsed.details.users[:MAX_SIGNATURES]
    return [
        _user(parsed.primary_key, each, user) for each, user in zip(raw, users, strict=False)
    ]


def _user(key: PublicKey, raw: bytes, user: SignedUser) -> _User:
    own = [
        packet
        for packet in user.signatures[:MAX_SIGNATURES]
        if names(packet, key.key_id, key.fingerprint)
    ]
    revocations = [each for each in own if each.typ() == "cert-revocation" and _counts(each)]
    revoked = max(
        (each.created() or 0 for each in revocations if _certifies(each, key, raw)), default=-1
    )
    certifications = (each for each in own if each.typ() != "cert-revocation")
    found = _sorted(certifications, key, lambda each: _certifies(each, key, raw))
    standing = tuple(each for each in found.sound if each.created > revoked)
    return _User(user.id, standing, found.sound, found.forgeable)


def _certifies(signature: Signature, key: PublicKey, user_id: bytes) -> bool:
    """Verify one certification: as the only one of a certificate made for the purpose."""
    content = signature.to_bytes()
    signed = b"\xc2\xff" + len(content).to_bytes(4) + content
    try:
        SignedPublicKey.from_bytes(key.to_bytes() + user_id + signed).verify_bindings()
    except ValueError:
        return False
    return True


def _verifies_key(signature: Signature, key: PublicKey) -> bool:
    try:
        signature.verify_key(key)
    except ValueError:
        return False
    return True
