"""What a certificate says of itself: whose it is, by which keys its owner signs."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from openpgp.packet import PublicKey

from rmp_milter.certificates.verified import (
    REMEMBERED,
    Verified,
    VerifiedSubkey,
    backs,
    verified,
)

_IN_ANGLES = re.compile(r"<([^<>]+)>\s*$")


class Certificate(NamedTuple):
    """One certificate; ``binary`` is its transferable form, ids are lower-case hex.

    ``key_ids`` are those of keys that may have signed: of the primary one, and of subkeys that
    are bound and have signed their binding. Nobody else's key can be among them: anybody may
    append what is his, and bind another's encryption key to his own.
    """

    binary: bytes
    fingerprint: str
    key_ids: tuple[str, ...]
    user_ids: tuple[str, ...]
    algorithm: str
    created_at: int


@lru_cache(maxsize=REMEMBERED)
def read_certificate(data: bytes) -> Certificate:
    """Read exactly one certificate, armored or binary; raise :class:`CertificateError`."""
    found = verified(data)
    parsed = found.parsed
    return Certificate(
        binary=parsed.to_bytes(),
        fingerprint=parsed.fingerprint.lower(),
        key_ids=tuple(dict.fromkeys(_signing_ids(found))),
        user_ids=tuple(parsed.user_ids),
        algorithm=_algorithm(parsed.primary_key),
        created_at=parsed.created_at,
    )


def bound_key_ids(data: bytes) -> frozenset[str]:
    """Return the ids of the primary key and of all subkeys that it has bound, in hex.

    Raises :class:`CertificateError`.
    """
    found = verified(data)
    subs = (_id(sub) for sub in found.subkeys if sub.bindings or sub.forgeable)
    return frozenset({found.parsed.key_id.lower(), *subs})


def addresses(data: bytes) -> frozenset[str]:
    """Return the mail addresses of the user ids that stand, case folded.

    Raises :class:`CertificateError`.
    """
    return frozenset(_address(words) for words in verified(data).user_ids)


def _signing_ids(found: Verified) -> Iterator[str]:
    yield found.parsed.key_id.lower()
    for sub in found.subkeys:
        if sub.key.key.algorithm.can_sign() and any(
            True for each in sub.bindings for _ in backs(sub, each)
        ):
            yield _id(sub)


def _id(sub: VerifiedSubkey) -> str:
    return sub.key.key.key_id.lower()


def _address(words: str) -> str:
    """Return the address of a user id: that in angle brackets at its end, else all of it."""
    found = _IN_ANGLES.search(words)
    return (found[1] if found else words).strip().casefold()


def _algorithm(key: PublicKey) -> str:
    params = key.public_params
    bits = params.rsa_bits
    return f"rsa{bits}" if bits else str(params.curve or params.kind)
