"""Signatures of mails: kind, hash, what stands beside them, what was changed in them."""

from certificate_table import case

from testbed import openpgp_maker as maker
from testbed.certificate_parts import (
    DATA,
    OLD,
    RECENT,
    Made,
    Pair,
    made,
    named,
    pair,
    signature,
)
from testbed.openpgp_maker import (
    BINARY,
    CERTIFICATION,
    SHA224,
    SHA256,
    SHA384,
    SHA512,
    framed,
    made_at,
    signed_user,
)

TWO_OCTETS = "the library compares them as well; no program writes them wrong"
ONE_ONLY = "the best signature counts here, since lists and gateways add their own"


def whole(own: Pair, found: bytes) -> Made:
    return made(own, named(own.primary), own.reading)._replace(signature=found)


def of_kind(own: Pair, kind: int, data: bytes = DATA) -> bytes:
    return framed(own.primary.signature(kind, data, made_at(RECENT)))


@case("a mail signed as text")
def _text() -> Made:
    own = pair()
    return whole(own, of_kind(own, 1))


@case("a standalone signature in place of a mail's", "unknown")
def _standalone() -> Made:
    own = pair()
    return whole(own, of_kind(own, 2, b""))


@case("a timestamp over the mail's data", "unknown")
def _timestamp() -> Made:
    own = pair()
    return whole(own, of_kind(own, 0x40))


@case("a certification in place of a mail's signature", "unknown")
def _certification() -> Made:
    own = pair()
    return whole(own, of_kind(own, CERTIFICATION, signed_user(own.primary, "x")))


@case("a certification that hashes the mail's data", "unknown")
def _certified_data() -> Made:
    own = pair()
    return whole(own, of_kind(own, CERTIFICATION))


@case("a mail's signature by sha-224")
def _sha224() -> Made:
    own = Pair(maker.rsa_key(OLD), pair().sub)
    return whole(own, signature(own.primary, digest=SHA224))


@case("a mail's signature by sha-384")
def _sha384() -> Made:
    own = pair()
    return whole(own, signature(own.primary, digest=SHA384))


@case("a mail's signature by sha-512")
def _sha512() -> Made:
    own = pair()
    return whole(own, signature(own.primary, digest=SHA512))


@case("a mail's signature of other data", "bad")
def _other_data() -> Made:
    own = pair()
    return whole(own, of_kind(own, BINARY, DATA + b"\r\n"))


@case("a mail's signature with its kind changed", "bad")
def _kind_changed() -> Made:
    own = pair()
    content = bytearray(own.primary.signature(BINARY, DATA, made_at(RECENT)))
    content[1] = 1
    return whole(own, framed(bytes(content)))


@case("a mail's signature with its hash renamed", "bad")
def _hash_renamed() -> Made:
    own = pair()
    content = bytearray(own.primary.signature(BINARY, DATA, made_at(RECENT), digest=SHA256))
    content[3] = SHA512
    return whole(own, framed(bytes(content)))


@case("a mail's signature with a later time", "bad")
def _later() -> Made:
    own = pair()
    content = own.primary.signature(BINARY, DATA, made_at(RECENT))
    later = content.replace(made_at(RECENT), made_at(RECENT + 60))
    return whole(own, framed(later))


@case(
    "a mail's signature whose two octets of the digest are wrong",
    "bad",
    gpg_signs=TWO_OCTETS,
    sqop_signs=TWO_OCTETS,
)
def _left16() -> Made:
    own = pair()
    content = own.primary.signature(BINARY, DATA, made_at(RECENT))
    at = 4 + 2 + len(made_at(RECENT)) + 2 + len(own.primary.issuer_id())
    changed = content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]
    return whole(own, framed(changed))


@case("an ecdsa signature with its other s")
def _other_s() -> Made:
    own = Pair(maker.ecdsa_key(OLD, "p256"), pair().sub)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    content = own.primary.signature(BINARY, DATA, made_at(RECENT))
    at = 4 + 2 + len(made_at(RECENT)) + 2 + len(own.primary.issuer_id()) + 2
    r_end = at + 2 + (int.from_bytes(content[at : at + 2]) + 7) // 8
    s = int.from_bytes(content[r_end + 2 :])
    return whole(own, framed(content[:r_end] + maker.mpi(order - s)))


@case("a stranger's signature before the mail's", gpg_signs=ONE_ONLY)
def _stranger_first() -> Made:
    own, other = pair(), pair()
    return whole(own, signature(other.primary) + signature(own.primary))


@case("a stranger's signature behind the mail's", gpg_signs=ONE_ONLY)
def _stranger_last() -> Made:
    own, other = pair(), pair()
    return whole(own, signature(own.primary) + signature(other.primary))


@case("a bad signature of the owner before the mail's", gpg_signs=ONE_ONLY)
def _bad_first() -> Made:
    own = pair()
    return whole(own, of_kind(own, BINARY, b"other") + signature(own.primary))
