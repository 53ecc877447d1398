"""How a case is written into the table of certificates.

``differs`` lists where an oracle judges otherwise than this service, with the reason for
which it is right to differ: ``{"gpg signs": ...}``. What is not listed has to be equal.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from oracles import Verdict

from testbed import openpgp_maker as maker
from testbed.certificate_parts import OLD, Made, Pair
from testbed.openpgp_maker import Key

Y2012, Y2020 = 1_330_000_000, 1_590_000_000

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


class Case(NamedTuple):
    """``signs``: good, weak, expired, future, bad or unknown; ``encrypts``: "ok" or the reason."""

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


@cache
def rsa() -> Key:
    return maker.rsa_key(OLD)


@cache
def rsa_16k() -> Key:
    return maker.rsa_key(OLD, 16384)


def rsa_pair() -> Pair:
    return Pair(rsa(), maker.cv25519_key(OLD))
