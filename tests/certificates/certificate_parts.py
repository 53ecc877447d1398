"""What the table of certificates is put together from, and how a case is written into it.

``differs`` lists where an oracle judges otherwise than this service, with the reason for
which it is right to differ: ``{"gpg signs": ...}``. What is not listed has to be equal.
"""

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from oracles import DATA, Verdict

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


# Why an oracle judges otherwise, where several cases have the same reason

SHORT = "below 2048 bits Sequoia and NIST believe no key"
LONG = "the library reads RSA up to 8192 bits; the reason says so"
VERSION_6 = (
    "the library reads it, but it pairs only with AEAD, which this service does not take"
)
SHA1_OLD = "gpg and rnp take what was signed before 2023; nobody could have prepared a forgery"
SHA1_NEW = "since 2023 Sequoia takes none: forgeries are within reach"
UNSAID = "keys of old programs have no flags; nothing forbids what gpg allows as well"
SQOP_REVOKED = (
    "sqop encrypts to revoked certificates; its reader has told that he does not want it"
)
SOFT = "who revokes a key writes with another one; gpg takes every revocation for good"
GPG_TIME = "gpg does not look at how long a certification is valid, nor at its beginning"
FINGERPRINT = "RFC 9580 lets a fingerprint stand alone; gpg looks for the key id"
GPG_USER = "RFC 9580 asks for no user id; gpg does"
GPG_NOISE = "gpg gives up at a signature that it cannot read"
ORDER = "RFC 9580 has subkeys last; gpg drops the certificate, the library the user id"


class Made(NamedTuple):
    certificate: bytes
    signature: bytes


class Case(NamedTuple):
    """``signs``: good, expired, future, bad or unknown; ``encrypts``: "ok" or the reason."""

    name: str
    make: Callable[[], Made]
    signs: str
    encrypts: str
    differs: Mapping[str, str]


ALL: list[Case] = []


def case(
    name: str, signs: str = "good", encrypts: str = "ok", **differs: str
) -> Callable[[Callable[[], Made]], Callable[[], Made]]:
    """Register what a function makes; ``differs``: ``gpg_signs="..."``, ``gpg="..."`` for both."""
    listed = {}
    for where, why in differs.items():
        oracle, _, what = where.partition("_")
        listed |= {f"{oracle} {each}": why for each in ([what] if what else Verdict._fields)}

    def add(make: Callable[[], Made]) -> Callable[[], Made]:
        ALL.append(Case(name, make, signs, encrypts, listed))
        return make

    return add


# What certificates are put together from


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


def named(key: Key, *more: bytes, who: str = WHO, **options: object) -> bytes:
    return user_id(who) + user(key, *more, who=who, **options)


def direct(
    key: Key, *more: bytes, flags: bytes = MASTER, at: int = OLD, digest: int = SHA256
) -> bytes:
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


def bound(primary: Key, sub: Key, *more: bytes, **options: object) -> bytes:
    return sub.subkey() + binding(primary, sub, *more, **options)


def back(sub: Key, primary: Key, *more: bytes, at: int = OLD, digest: int = SHA256) -> bytes:
    """Return the subpacket in which a signing subkey says whose it is."""
    hashed = made_at(at) + b"".join(more)
    return subpacket(32, sub.signature(BACK, primary.hashed + sub.hashed, hashed, None, digest))


def revocation(
    key: Key, over: bytes, reason: bytes = b"", at: int = LATER, kind: int = KEY_REVOKED
) -> bytes:
    return framed(key.signature(kind, over, made_at(at) + reason))


def signature(
    key: Key,
    *more: bytes,
    at: int = RECENT,
    digest: int = SHA256,
    unhashed: bytes | None = None,
) -> bytes:
    return framed(key.signature(BINARY, DATA, made_at(at) + b"".join(more), unhashed, digest))


class Pair(NamedTuple):
    """A primary key and an encryption subkey that is well bound."""

    primary: Key
    sub: Key

    @property
    def reading(self) -> bytes:
        return bound(self.primary, self.sub)


def pair(created: int = OLD) -> Pair:
    return Pair(maker.ed25519_key(created), maker.cv25519_key(created))


@cache
def rsa() -> Key:
    return maker.rsa_key(OLD)


@cache
def rsa_16k() -> Key:
    return maker.rsa_key(OLD, 16384)


def rsa_pair() -> Pair:
    return Pair(rsa(), maker.cv25519_key(OLD))


def made(pair: Pair, *parts: bytes, by: Key | None = None) -> Made:
    """Put the certificate together: the primary key, then the parts."""
    return Made(pair.primary.primary() + b"".join(parts), signature(by or pair.primary))
