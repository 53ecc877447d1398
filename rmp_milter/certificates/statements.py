"""What a signature says beside that it fits: by whom, when, how long, what for.

Only what is signed with it counts. A signature that was made by a hash that can be forged,
or that says something critical that is not understood here, says nothing at all
(RFC 9580, 5.2.3.7, 9.5).
"""

from collections.abc import Iterator
from typing import NamedTuple

from openpgp.composed import DetachedSignature
from openpgp.packet import Signature

from rmp_milter.certificates.packets import FramingError, Subpacket, Subpackets, subpackets

STRONG_HASHES = frozenset({"sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-512"})
SHA1_UNTIL = 1_675_209_600
"""1 February 2023, from which on Sequoia takes no signature of a key over itself by SHA-1.

Those from before count here, as they do for gpg: a forgery would have had to be prepared when
they were made, by their owner, and old keys of doctors have no others.
"""
MOST_INSIDE = 4  # signatures in one; there is need of one
CERTIFY, SIGN, ENCRYPT_COMMUNICATIONS, ENCRYPT_STORAGE = 0x01, 0x02, 0x04, 0x08

_CREATED, _LASTS, _KEY_LASTS, _NOTATION, _FLAGS, _EMBEDDED = 2, 3, 9, 20, 27, 32
_UNDERSTOOD = frozenset(
    {_CREATED, _LASTS, 4, 5, 6, 7, _KEY_LASTS, 11, 12, 16, 21, 22, 23, 24, 25, 26, _FLAGS}
    | {28, 29, 30, 31, _EMBEDDED, 33, 34, 35, 39}
)  # fmt: skip


class Statement(NamedTuple):
    """A signature of a key over itself, a user id or a subkey, verified or not.

    ``created`` is when it was made, ``lasts`` and ``key_lasts`` for how many seconds it and
    the key are valid (0: for ever), ``flags`` what the key may be used for (None where that
    is not said), ``backs`` what is said inside it.
    """

    packet: Signature
    created: int
    lasts: int
    key_lasts: int
    flags: int | None
    backs: tuple["Statement", ...]


def says_more(packet: Signature) -> bool:
    """Return whether a signature says something critical that is not understood here."""
    try:
        hashed = subpackets(packet.to_bytes()).hashed
    except FramingError:
        return True
    return any(each.critical and each.kind not in _UNDERSTOOD for each in hashed)


def is_forgeable(packet: Signature, created: int) -> bool:
    """Return whether a key's signature over itself was made by a hash that does not count."""
    name = packet.hash_alg()
    return name not in STRONG_HASHES and not (name == "sha1" and created < SHA1_UNTIL)


def statement(packet: Signature, *, inside: bool = False) -> Statement | None:
    """Return what the signature says; None where that cannot be read, or not be understood.

    One that is ``inside`` another has none inside itself.
    """
    if says_more(packet):
        return None
    found = subpackets(packet.to_bytes())
    last = {each.kind: each.content for each in found.hashed}
    if len(last.get(_CREATED, b"")) != 4:  # noqa: PLR2004 -- RFC 9580, 5.2.3.11
        return None
    flags = last.get(_FLAGS)
    return Statement(
        packet=packet,
        created=int.from_bytes(last[_CREATED]),
        lasts=int.from_bytes(last.get(_LASTS, b"")),
        key_lasts=int.from_bytes(last.get(_KEY_LASTS, b"")),
        flags=None if flags is None else int.from_bytes(flags[:1]),
        backs=() if inside else tuple(_embedded(found)),
    )


def _embedded(found: Subpackets) -> Iterator[Statement]:
    """Yield what is said inside: nothing where something that is signed with it is noise."""
    inside = [_signature(each) for each in found.hashed if each.kind == _EMBEDDED]
    if None in inside:
        return
    inside += [_signature(each) for each in found.unhashed if each.kind == _EMBEDDED]
    for packet in inside[:MOST_INSIDE]:
        said = statement(packet, inside=True) if packet else None
        if said:
            yield said


def _signature(inside: Subpacket) -> Signature | None:
    whole = b"\xc2\xff" + len(inside.content).to_bytes(4) + inside.content
    try:
        return DetachedSignature.from_bytes(whole).signature
    except ValueError:
        return None


def names(packet: Signature, key_id: str, fingerprint: str) -> bool:
    """Return whether the signature names this key as its maker, by id or by fingerprint."""
    ids = {each.lower() for each in packet.issuer_key_id()}
    fingerprints = {each.lower() for each in packet.issuer_fingerprint()}
    return key_id.lower() in ids or fingerprint.lower() in fingerprints
