"""A newer copy of a certificate: what its owner signed since is added, nothing is forgotten.

Both copies have one primary key, so both are one person's. What either holds stays: a
revocation that was learnt is not undone by a copy that lacks it, and no key goes.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rmp_milter.certificates.early import keys_for_reader, signed_at
from rmp_milter.certificates.packets import (
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SIGNATURE,
    USER_ATTRIBUTE,
    USER_ID,
    packets,
)
from rmp_milter.certificates.reading import CertificateError, parse
from rmp_milter.certificates.uses import encryption_ends
from rmp_milter.certificates.validity import Primary, expires
from rmp_milter.certificates.verified import verified

MOST = 64 << 10
"""Octets of a certificate that grows by mail."""
_ORDER = (PUBLIC_KEY, USER_ID, USER_ATTRIBUTE, PUBLIC_SUBKEY)
# Signature types, the second octet: of a key, a subkey, a user id (RFC 9580, 5.2.1).
_REVOCATIONS = frozenset({b"\x20", b"\x28", b"\x30"})
_MOST_REVOCATIONS = 8  # of one key or user id; whether they hold is seen when they are read


class _Component(NamedTuple):
    """A key or user id, and the signatures behind it: each by what it is, and whole."""

    tag: int
    content: bytes
    whole: bytes
    signatures: dict[bytes, bytes]


def fingerprint_of(data: bytes) -> str:
    """Return a certificate's primary fingerprint in hex; raise :class:`CertificateError`.

    Nothing is verified for it: nearly every mail brings its sender's key, and nearly none is new.
    """
    return parse(data).fingerprint.lower()


def prolonged(present: bytes, brought: bytes, now: int) -> bytes | None:
    """Return the present certificate with what a newer copy adds; None where nothing counts.

    A copy counts if it has the same primary key, its owner signed something in it later than
    all that is known, and what comes of both can be encrypted to at ``now``. Of the copy only
    what its owner signed is taken, and revocations. Both are binary; raises nothing.
    """
    if present == brought:
        return None
    try:
        same = fingerprint_of(present) == fingerprint_of(brought)
        if not same or signed_at(brought) <= signed_at(present):
            return None
        whole = b"".join(_written([*_components(present), *_own_of(brought)]))
        if len(whole) > MOST:
            return None
        keys_for_reader(whole, now)
    except CertificateError:
        return None
    return whole


def ends_at(data: bytes, now: int) -> int:
    """Return when nothing can be encrypted to a certificate any more, as it is; 0 for never.

    Raises :class:`CertificateError`.
    """
    ends = expires(Primary(verified(data), now)), encryption_ends(data, now)
    return min((each for each in ends if each), default=0)


def _components(data: bytes) -> Iterator[_Component]:
    """Yield the parts of a certificate that :func:`verified` could read."""
    found: _Component | None = None
    for packet in packets(verified(data).parsed.to_bytes()):
        if packet.tag == SIGNATURE and found is not None:
            found.signatures[packet.content] = packet.whole
        elif packet.tag in _ORDER:
            if found is not None:
                yield found
            found = _Component(packet.tag, packet.content, packet.whole, {})
    if found is not None:
        yield found


def _own_of(data: bytes) -> Iterator[_Component]:
    """Yield of a certificate what its owner signed, and revocations, which speak for themselves."""
    certificate = verified(data)
    said = [*certificate.own, *(each for sub in certificate.subkeys for each in sub.bindings)]
    own = {each.packet.to_bytes() for each in said}
    for part in _components(data):
        revoking = [each for each in part.signatures if each[1:2] in _REVOCATIONS]
        wanted = own.union(revoking[:_MOST_REVOCATIONS])
        kept = {each: whole for each, whole in part.signatures.items() if each in wanted}
        if part.tag == PUBLIC_KEY or own & kept.keys():
            yield part._replace(signatures=kept)


def _written(parts: Iterable[_Component]) -> Iterator[bytes]:
    """Yield the packets of all parts, each once, in the order in which they have to stand."""
    found: dict[tuple[int, bytes], _Component] = {}
    for part in parts:
        known = found.setdefault((part.tag, part.content), part._replace(signatures={}))
        for content, whole in part.signatures.items():
            known.signatures.setdefault(content, whole)
    for part in sorted(found.values(), key=lambda each: _ORDER.index(each.tag)):
        yield part.whole
        yield from part.signatures.values()
