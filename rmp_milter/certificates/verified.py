"""Which signatures of a certificate hold, whatever the time.

The library verifies single signatures; here they are sorted by what they say, and those
that do not hold are left out. Verified once and remembered: it costs more than all else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
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

MOST_OF_ONE = 16
"""Newest signatures looked at of a key or user id: one of them is in force."""
MAX_CHECKS = 128
"""Signatures verified of one certificate: each may cost milliseconds, and anybody sends some."""
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


class _Checks:
    """Verifies signatures, as many as a certificate that somebody uses ever has."""

    def __init__(self) -> None:
        self._left = MAX_CHECKS

    def __call__(self, verify: Callable[[], object]) -> bool:
        """Return whether ``verify`` finds no fault; no more is verified beyond the bound."""
        self._left -= 1
        if self._left < 0:
            return False
        try:
            verify()
        except ValueError:
            return False
        return True


@lru_cache(maxsize=REMEMBERED)
def verified(data: bytes) -> Verified:
    """Read a certificate and verify its signatures; raise :class:`CertificateError`."""
    parsed = parse(data)
    key, details, checks = parsed.primary_key, parsed.details, _Checks()
    revoked = any(
        _counts(each) and checks(partial(each.verify_key, key))
        for each in details.revocation_signatures
    )
    direct = _sorted(
        details.direct_signatures, key, lambda each: checks(partial(each.verify_key, key))
    )
    users = _users(parsed, checks)
    own = [*direct.sound, *(each for user in users for each in user.standing)]
    # A key whose user ids are all revoked is still its owner's (so gpg and Sequoia).
    own = own or [each for user in users for each in user.certified]
    return Verified(
        parsed=parsed,
        own=tuple(own),
        revoked=revoked,
        forgeable=(*direct.forgeable, *(each for user in users for each in user.forgeable)),
        user_ids=tuple(user.words for user in users if user.standing),
        subkeys=tuple(_verified_subkey(key, sub, checks) for sub in parsed.public_subkeys),
    )


def backs(sub: VerifiedSubkey, binding: Statement) -> Iterator[Statement]:
    """Yield the subkey's own signatures in its binding that count (RFC 9580, 5.2.1.9)."""
    for said in binding.backs:
        counts = not is_forgeable(said.packet, said.created)
        counts = counts or (sub.lenient and said.packet.hash_alg() == "sha1")
        if counts and said.created >= sub.key.key.created_at:
            yield said


def _sorted(
    found: Iterable[Signature], maker: PublicKey, holds: Callable[[Signature], bool]
) -> _Sorted:
    """Return what the newest signatures that hold say, and what those say that can be forged."""
    said = [each for packet in found if (each := statement(packet))]
    said = sorted(said, key=lambda each: each.created, reverse=True)[:MOST_OF_ONE]
    said = [each for each in said if each.created >= maker.created_at and holds(each.packet)]
    forgeable = tuple(each for each in said if is_forgeable(each.packet, each.created))
    return _Sorted(tuple(each for each in said if each not in forgeable), forgeable)


def _counts(revocation: Signature) -> bool:
    """Return whether a revocation may count: any but those that nobody believes.

    SHA-1 is enough whenever it was made: who forges one gains nothing.
    """
    return not says_more(revocation) and revocation.hash_alg() != "md5"


def _verified_subkey(
    primary: PublicKey, sub: SignedPublicSubKey, checks: _Checks
) -> VerifiedSubkey:
    def holds(signature: Signature) -> bool:
        return checks(partial(signature.verify_subkey_binding, primary, sub.key))

    of_kind = {
        kind: [each for each in sub.signatures if each.typ() == kind]
        for kind in ("subkey-binding", "subkey-revocation")
    }
    revoked = any(_counts(each) and holds(each) for each in of_kind["subkey-revocation"])
    found = _sorted(of_kind["subkey-binding"], primary, holds)
    return VerifiedSubkey(
        key=sub,
        bindings=tuple(_with_own_backs(each, primary, sub, checks) for each in found.sound),
        revoked=revoked,
        forgeable=tuple(
            _with_own_backs(each, primary, sub, checks) for each in found.forgeable
        ),
    )


def _with_own_backs(
    binding: Statement, primary: PublicKey, sub: SignedPublicSubKey, checks: _Checks
) -> Statement:
    """Return the binding with those signatures inside that the subkey made of it."""
    own = (
        said
        for said in binding.backs
        if checks(partial(said.packet.verify_primary_key_binding, sub.key, primary))
    )
    return binding._replace(backs=tuple(own))


def _users(parsed: SignedPublicKey, checks: _Checks) -> Sequence[_User]:
    """Return the user ids with what the owner said of each."""
    # As they were signed: the library's words have lost what is no UTF-8.
    raw = [each.whole for each in packets(parsed.to_bytes()) if each.tag == USER_ID]
    users = zip(raw, parsed.details.users, strict=False)
    return [_user(parsed.primary_key, each, user, checks) for each, user in users]


def _user(key: PublicKey, raw: bytes, user: SignedUser, checks: _Checks) -> _User:
    def holds(signature: Signature) -> bool:
        return checks(partial(_check_certification, signature, key, raw))

    own = [each for each in user.signatures if names(each, key.key_id, key.fingerprint)]
    revocations = [each for each in own if each.typ() == "cert-revocation" and _counts(each)]
    revoked = max((each.created() or 0 for each in revocations if holds(each)), default=-1)
    certifications = (each for each in own if each.typ() != "cert-revocation")
    found = _sorted(certifications, key, holds)
    standing = tuple(each for each in found.sound if each.created > revoked)
    return _User(user.id, standing, found.sound, found.forgeable)


def _check_certification(signature: Signature, key: PublicKey, user_id: bytes) -> None:
    """Verify one certification: as the only one of a certificate made for the purpose."""
    content = signature.to_bytes()
    signed = b"\xc2\xff" + len(content).to_bytes(4) + content
    SignedPublicKey.from_bytes(key.to_bytes() + user_id + signed).verify_bindings()
