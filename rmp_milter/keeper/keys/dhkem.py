"""HPKE's opening where the private key is elsewhere: DHKEM(P-256), RFC 9180.

``cryptography`` opens only with keys that it holds itself. A token gives the shared point's
x-coordinate and nothing more; what follows from it is worked out here, base mode, one message.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

Exchange: TypeAlias = Callable[[bytes], bytes]
"""Gives for a point (65 octets, uncompressed) what ECDH on P-256 does: x, 32 octets."""

POINT_SIZE, SECRET_SIZE, NONCE_SIZE = 65, 32, 12
KEM_ID, _KDF_ID = 0x0010, 0x0001  # DHKEM(P-256, HKDF-SHA256), HKDF-SHA256
_BASE_MODE = b"\0"
_VERSION = b"HPKE-v1"


class Aead(NamedTuple):
    """An AEAD by its number in RFC 9180, 7.3, and the size of its key."""

    number: int
    key_size: int


AES_256_GCM = Aead(0x0002, 32)


def open_base(  # noqa: PLR0913 -- what HPKE takes
    enc: bytes,
    sealed: bytes,
    info: bytes,
    public: bytes,
    exchange: Exchange,
    *,
    aad: bytes = b"",
    aead: Aead = AES_256_GCM,
) -> bytes:
    """Return what was sealed to ``public`` (a point) in base mode, the first message.

    ``exchange`` is asked exactly once; ``enc`` must be a point of the curve, which the caller
    sees to. Raises ``InvalidTag``, and what ``exchange`` raises.
    """
    secret = _decapsulated(exchange(enc), enc + public)
    key, nonce = _scheduled(secret, info, aead)
    return AESGCM(key).decrypt(nonce, sealed, aad)


def _decapsulated(shared: bytes, context: bytes) -> bytes:
    """Return DHKEM's shared secret (RFC 9180, 4.1, ExtractAndExpand)."""
    suite = b"KEM" + KEM_ID.to_bytes(2)
    extracted = _extract(b"", b"eae_prk", shared, suite)
    return _expand(extracted, b"shared_secret", context, SECRET_SIZE, suite)


def _scheduled(secret: bytes, info: bytes, aead: Aead) -> tuple[bytes, bytes]:
    """Return key and first nonce (RFC 9180, 5.1, without a pre-shared key)."""
    suite = b"HPKE" + b"".join(number.to_bytes(2) for number in (KEM_ID, _KDF_ID, aead.number))
    context = (
        _BASE_MODE
        + _extract(b"", b"psk_id_hash", b"", suite)
        + _extract(b"", b"info_hash", info, suite)
    )
    extracted = _extract(secret, b"secret", b"", suite)
    key = _expand(extracted, b"key", context, aead.key_size, suite)
    return key, _expand(extracted, b"base_nonce", context, NONCE_SIZE, suite)


def _extract(salt: bytes, label: bytes, content: bytes, suite: bytes) -> bytes:
    return HKDF.extract(SHA256(), salt, _VERSION + suite + label + content)


def _expand(extracted: bytes, label: bytes, content: bytes, size: int, suite: bytes) -> bytes:
    info = size.to_bytes(2) + _VERSION + suite + label + content
    return HKDFExpand(SHA256(), size, info).derive(extracted)
