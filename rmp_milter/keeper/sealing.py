"""What opens a dossier: sealed session keys, the code slot, the custody slot.

Layouts are written down in docs/formats.md. Every seal binds what it belongs to, so that
none can be moved to another dossier, document or purpose.
"""

import unicodedata
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from rmp_milter.keeper.protocol import SealedDocument
from rmp_milter.keeper.sessionkey import SessionKey, SessionKeyError, packed, unpacked
from rmp_milter.model import CodeSlot

Random = Callable[[int], bytes]
"""``random(n)`` gives n unpredictable bytes (:func:`secrets.token_bytes`)."""

VERSION = b"1"
ID_SIZE, DIGEST_SIZE, KEY_SIZE = 16, 32, 32
SALT_SIZE, NONCE_SIZE = 16, 12
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
"""No 0/O/o, 1/I/l: read out on the phone and copied by hand."""
CODE_LIMIT = 64
ARGON2_MEMORY = 19 * 1024  # KiB; OWASP's first choice with t=2, p=1
ARGON2_ITERATIONS = 2
DECOY_SLOT = CodeSlot(salt=bytes(SALT_SIZE), nonce=bytes(NONCE_SIZE), sealed=bytes(48))
"""A slot that no code opens, for patients whom nobody knows and codes that were revoked."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealError(ValueError):
    """A seal that does not open; never says more."""


def framed(*fields: bytes) -> bytes:
    """Join fields unambiguously: each behind its length in two bytes, big-endian."""
    return b"".join(len(field).to_bytes(2) + field for field in fields)


def _info(dossier_id: bytes, document: SealedDocument) -> bytes:
    """Return what a sealed session key is bound to."""
    return framed(
        b"rmp session key",
        VERSION,
        _exactly(ID_SIZE, dossier_id),
        _exactly(ID_SIZE, document.document_id),
        document.container.value.encode(),
        _exactly(DIGEST_SIZE, document.digest),
    )


def _exactly(size: int, value: bytes) -> bytes:
    if len(value) != size:
        raise SealError
    return value


def seal_session_key(
    key: SessionKey, public_key: bytes, dossier_id: bytes, document: SealedDocument
) -> bytes:
    """Seal a session key to the dossier (HPKE); ``document.sealed_key`` is not read.

    An AES-256 key gives 81 bytes. Raises :class:`SealError` for ids of a wrong length or
    a public key that is none.
    """
    return _SUITE.encrypt(packed(key), _public(public_key), info=_info(dossier_id, document))


def _public(raw: bytes) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(_exactly(KEY_SIZE, raw))


def open_session_key(
    private: X25519PrivateKey, dossier_id: bytes, document: SealedDocument
) -> SessionKey:
    """Open :func:`seal_session_key`; raise :class:`SealError` if anything does not fit."""
    try:
        info = _info(dossier_id, document)
        return unpacked(_SUITE.decrypt(document.sealed_key, private, info=info))
    except (InvalidTag, ValueError, SessionKeyError):
        raise SealError from None


def code_of(typed: str, minimum: int) -> str:
    """Return the code as it counts: NFKC, no spaces, case kept (the source: ``JzbV``).

    Raises ``ValueError`` where fewer than ``minimum`` characters remain, or far too many.
    """
    code = "".join(unicodedata.normalize("NFKC", typed).split())
    if not minimum <= len(code) <= CODE_LIMIT:
        raise ValueError("code too short or too long")
    return code


def draw_code(length: int, random: Random) -> str:
    """Return a fresh code of :data:`CODE_ALPHABET`, each character equally likely."""
    fair = 256 - 256 % len(CODE_ALPHABET)
    code = ""
    while len(code) < length:
        value = random(1)[0]
        code += CODE_ALPHABET[value % len(CODE_ALPHABET)] if value < fair else ""
    return code


def _slot_key(code: str, salt: bytes, pepper: bytes) -> bytes:
    return Argon2id(
        salt=salt,
        length=KEY_SIZE,
        iterations=ARGON2_ITERATIONS,
        lanes=1,
        memory_cost=ARGON2_MEMORY,
        secret=pepper,
    ).derive(code.encode())


def _slot_binding(kind: bytes, dossier_id: bytes) -> bytes:
    return framed(b"rmp slot", kind, VERSION, _exactly(ID_SIZE, dossier_id))


def make_code_slot(
    code: str, dossier_id: bytes, private: bytes, pepper: bytes, random: Random
) -> CodeSlot:
    """Put the dossier's private key (32 bytes) under the patient's code."""
    salt, nonce = random(SALT_SIZE), random(NONCE_SIZE)
    sealed = AESGCM(_slot_key(code, salt, pepper)).encrypt(
        nonce, private, _slot_binding(b"code", dossier_id)
    )
    return CodeSlot(salt=salt, nonce=nonce, sealed=sealed)


def open_code_slot(
    slot: CodeSlot, code: str, dossier_id: bytes, pepper: bytes
) -> X25519PrivateKey:
    """Open the code slot; raise :class:`SealError` for a wrong code.

    The hash is computed whatever the slot looks like, so that a slot that was made up for
    an unknown patient takes as long as a real one.
    """
    salt = slot.salt[:SALT_SIZE].ljust(SALT_SIZE, b"\0")
    nonce = slot.nonce[:NONCE_SIZE].ljust(NONCE_SIZE, b"\0")
    key = _slot_key(code, salt, pepper)
    try:
        private = AESGCM(key).decrypt(nonce, slot.sealed, _slot_binding(b"code", dossier_id))
        return X25519PrivateKey.from_private_bytes(private)
    except (InvalidTag, ValueError):
        raise SealError from None


def make_custody_slot(custody: X25519PublicKey, dossier_id: bytes, private: bytes) -> bytes:
    """Seal the dossier's private key to the custody key."""
    return _SUITE.encrypt(private, custody, info=_slot_binding(b"custody", dossier_id))


def open_custody_slot(
    custody: X25519PrivateKey, dossier_id: bytes, slot: bytes
) -> X25519PrivateKey:
    """Open :func:`make_custody_slot`; raise :class:`SealError` if it does not fit."""
    try:
        raw = _SUITE.decrypt(slot, custody, info=_slot_binding(b"custody", dossier_id))
        return X25519PrivateKey.from_private_bytes(raw)
    except (InvalidTag, ValueError):
        raise SealError from None
