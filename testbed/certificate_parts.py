"""Parts of certificates and signatures, of any date and wording, to be put together.

A few more words than :mod:`testbed.openpgp_maker` has: whose user id, which binding, what was
signed back. Times are relative to now, since other programs judge by the clock.
"""

import time
from typing import NamedTuple, TypedDict, Unpack

from testbed import openpgp_maker as maker
from testbed.openpgp_maker import (
    BACK,
    BINARY,
    BINDING,
    CERTIFICATION,
    CERTIFY,
    DIRECT,
    ENCRYPT,
    KEY_REVOKED,
    SHA256,
    SIGN,
    Key,
    framed,
    made_at,
    may,
    notation,
    signed_user,
    subpacket,
    user_id,
)

DAY = 86400
NOW = int(time.time())
OLD = NOW - 400 * DAY
LATER = NOW - 100 * DAY
RECENT = NOW - 3600
WHO = "Anne DEMO <anne@cabinet.test>"
Y2012, Y2020 = 1_330_000_000, 1_590_000_000
UNKNOWN = subpacket(99, b"x", critical=True)
NOTED = notation("unknown@example.org")
MASTER, SIGNING, READING, NOTHING = may(CERTIFY, SIGN), may(SIGN), may(ENCRYPT), may()
DATA = b"Demande : aide\r\n"
"""What :func:`signature` signs."""


class Made(NamedTuple):
    """A certificate, and a signature over :data:`DATA`."""

    certificate: bytes
    signature: bytes


class Choice(TypedDict, total=False):
    """What may be chosen of a binding; the rest is usual."""

    flags: bytes
    at: int
    digest: int
    unhashed: bytes | None


class UserChoice(Choice, total=False):
    """What may be chosen of a certification."""

    kind: int


def user(  # noqa: PLR0913 -- every field may be chosen
    key: Key,
    *more: bytes,
    flags: bytes = MASTER,
    at: int = OLD,
    digest: int = SHA256,
    unhashed: bytes | None = None,
    kind: int = CERTIFICATION,
    who: str = WHO,
) -> bytes:
    """Return a certification of the user id alone, without the id's packet."""
    hashed = made_at(at) + flags + b"".join(more)
    return framed(key.signature(kind, signed_user(key, who), hashed, unhashed, digest))


def named(key: Key, *more: bytes, who: str = WHO, **options: Unpack[UserChoice]) -> bytes:
    """Return a user id and its certification."""
    return user_id(who) + user(key, *more, who=who, **options)


def direct(
    key: Key, *more: bytes, flags: bytes = MASTER, at: int = OLD, digest: int = SHA256
) -> bytes:
    """Return a signature over the primary key alone."""
    hashed = made_at(at) + flags + b"".join(more)
    return framed(key.signature(DIRECT, key.hashed, hashed, None, digest))


def binding(  # noqa: PLR0913 -- every field may be chosen
    primary: Key,
    sub: Key,
    *more: bytes,
    flags: bytes = READING,
    at: int = OLD,
    digest: int = SHA256,
    unhashed: bytes | None = None,
) -> bytes:
    """Return a subkey's binding alone, without the subkey's packet."""
    hashed = made_at(at) + flags + b"".join(more)
    over = primary.hashed + sub.hashed
    return framed(primary.signature(BINDING, over, hashed, unhashed, digest))


def bound(primary: Key, sub: Key, *more: bytes, **options: Unpack[Choice]) -> bytes:
    """Return a subkey and its binding."""
    return sub.subkey() + binding(primary, sub, *more, **options)


def back(sub: Key, primary: Key, *more: bytes, at: int = OLD, digest: int = SHA256) -> bytes:
    """Return the subpacket in which a signing subkey says whose it is."""
    hashed = made_at(at) + b"".join(more)
    return subpacket(32, sub.signature(BACK, primary.hashed + sub.hashed, hashed, None, digest))


def revocation(
    key: Key, over: bytes, reason: bytes = b"", at: int = LATER, kind: int = KEY_REVOKED
) -> bytes:
    """Return a revocation of what is hashed: a key, a key and its subkey."""
    return framed(key.signature(kind, over, made_at(at) + reason))


def signature(
    key: Key,
    *more: bytes,
    at: int = RECENT,
    digest: int = SHA256,
    unhashed: bytes | None = None,
) -> bytes:
    """Return a detached signature over :data:`DATA`."""
    return framed(key.signature(BINARY, DATA, made_at(at) + b"".join(more), unhashed, digest))


class Pair(NamedTuple):
    """A primary key and an encryption subkey that is well bound."""

    primary: Key
    sub: Key

    @property
    def reading(self) -> bytes:
        """The subkey, bound."""
        return bound(self.primary, self.sub)


def pair(created: int = OLD) -> Pair:
    """Return Ed25519 to sign, Curve25519 to encrypt to."""
    return Pair(maker.ed25519_key(created), maker.cv25519_key(created))


def made(pair: Pair, *parts: bytes, by: Key | None = None) -> Made:
    """Put the certificate together: the primary key, then the parts."""
    return Made(pair.primary.primary() + b"".join(parts), signature(by or pair.primary))
