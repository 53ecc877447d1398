"""The custody key: in the keeper's memory, or where the keeper only asks for what it does.

A key that lies elsewhere has its public half here, so that slots are sealed to it without it. Each
kind has slots of its own size: 80 octets for X25519, 115 for P-256, which most tokens know.
"""

from dataclasses import dataclass, field
from typing import NoReturn, Protocol, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from rmp_milter.calls.protocol.releasing import DECOY_VITALE, SLOT_ROOM
from rmp_milter.keeper.keys.dhkem import KEM_ID, POINT_SIZE, open_base

CustodyPublic: TypeAlias = X25519PublicKey | EllipticCurvePublicKey
"""What slots are sealed to."""

X25519_SIZE = 32
_X25519 = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_P256 = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MARK = KEM_ID.to_bytes(2)
"""First octets of a slot to P-256. One to X25519 has none, it is known by its size."""


class CustodyAway(Exception):  # noqa: N818 -- what happened to it
    """The key is not to be had now: one line for the host's log.

    It says nothing of what was to be opened, and nothing was refused by it.
    """


class HalfTried(Struct, frozen=True):
    """How a private half that lies elsewhere answered: a line where it did not."""

    fault: str = ""
    refused: bool = False
    """Its PIN was refused: a few of those lock a token."""


class PrivateHalf(Protocol):
    """The private half of a key that lies elsewhere, as far as this process reaches it."""

    def exchange(self, point: bytes, /) -> bytes:
        """Return what ECDH does with a point; raise :class:`CustodyAway`."""

    def tried(self) -> HalfTried:
        """Ask it for something, in a process that does nothing else afterwards."""

    def refuse(self) -> None:
        """Use the PIN that there is no more: another process was refused by it."""


class _OutOfReach:
    """The private half of what a command only has to know of."""

    def exchange(self, _point: bytes, /) -> NoReturn:
        raise CustodyAway("the custody key lies elsewhere")

    def tried(self) -> HalfTried:
        return HalfTried("it is not reached from here")

    def refuse(self) -> None:
        return


@dataclass(frozen=True, repr=False)
class ElsewhereKey:
    """A custody key of which only the public half is here; ``place`` says where the other is."""

    place: str
    public: CustodyPublic
    private: PrivateHalf = field(default_factory=_OutOfReach)

    def public_key(self) -> CustodyPublic:
        """Return what slots are sealed to."""
        return self.public

    def __repr__(self) -> str:
        return f"ElsewhereKey({self.place})"


CustodyKey: TypeAlias = X25519PrivateKey | ElsewhereKey
"""What opens slots."""


def public_octets(public: CustodyPublic) -> bytes:
    """Return a public key as it is written: 32 octets, or a point in 65."""
    if isinstance(public, X25519PublicKey):
        return public.public_bytes_raw()
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def read_public(octets: bytes) -> CustodyPublic:
    """Return what :func:`public_octets` wrote; raise ``ValueError``."""
    if len(octets) == X25519_SIZE:
        return X25519PublicKey.from_public_bytes(octets)
    if len(octets) != POINT_SIZE:
        raise ValueError("no public key of these")
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), octets)


_SOME_POINT = public_octets(derive_private_key(1, SECP256R1()).public_key())
_DECOY = (_MARK + _SOME_POINT).ljust(SLOT_ROOM, b"\0")


def seal_slot(content: bytes, public: CustodyPublic, info: bytes) -> bytes:
    """Return a slot with the dossier's private key (32 octets) in it."""
    if isinstance(public, X25519PublicKey):
        return _X25519.encrypt(content, public, info=info)
    return _MARK + _P256.encrypt(content, public, info=info)


def open_slot(key: CustodyKey, slot: bytes, info: bytes) -> bytes:
    """Return what is in a slot.

    The key does its work once, whatever the slot is: one of another kind, or none, costs what
    one costs that does not fit. Raises ``InvalidTag`` and ``ValueError`` for what does not open,
    :class:`CustodyAway` where the key is not to be had.
    """
    if isinstance(key, X25519PrivateKey):
        whole = slot if len(slot) == len(DECOY_VITALE) else DECOY_VITALE
        return _X25519.decrypt(whole, key, info=info)
    enc, sealed = _parts(slot)
    return open_base(enc, sealed, info, public_octets(key.public), key.private.exchange)


def _parts(slot: bytes) -> tuple[bytes, bytes]:
    """Return the point and what is sealed; a decoy's where there is no point of the curve.

    No token is given a point that is none: some would answer, and so tell of their key.
    """
    whole = slot if len(slot) == len(_DECOY) and slot.startswith(_MARK) else _DECOY
    point = whole[len(_MARK) :][:POINT_SIZE]
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        point = _SOME_POINT
    return point, whole[len(_MARK) + POINT_SIZE :]


def is_of(slot: bytes, public: CustodyPublic) -> bool:
    """Whether the slot's kind is the key's; whether it is its own only opening shows."""
    return (len(slot) == len(_DECOY)) is isinstance(public, EllipticCurvePublicKey)


def some_point() -> bytes:
    """Return a point to try a key with: what comes of it tells nobody anything."""
    return _SOME_POINT
