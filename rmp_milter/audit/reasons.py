"""Reasons sealed for the auditors: by the keeper, opened by whoever holds their key.

HPKE (X25519, HKDF-SHA256, AES-256-GCM), bound to the request whose leaf holds the sealed
bytes' SHA-256 (docs/formats.md, Access log).
"""

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from rmp_milter.phrases.phrase import Phrase

PRIVATE_LABEL, PUBLIC_LABEL = "rmp-auditor-private-key-1", "rmp-auditor-public-key-1"
_PURPOSE = b"rmp reason 1"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_LINE = re.compile(r"([a-z0-9-]+) ([A-Za-z0-9+/]{43}=)\s*")


class ReasonError(Exception):
    """A key or a sealed reason that cannot be used; one clear line."""


class AuditorKey(NamedTuple):
    """The two files of a new key, each one line."""

    private: bytes
    public: bytes


def new_auditor_key() -> AuditorKey:
    """Make a key pair."""
    key = X25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    return AuditorKey(
        _line(PRIVATE_LABEL, key.private_bytes_raw()), _line(PUBLIC_LABEL, public)
    )


def _line(label: str, raw: bytes) -> bytes:
    return f"{label} {base64.b64encode(raw).decode()}\n".encode()


def read_private(data: bytes) -> X25519PrivateKey:
    """Read the auditors' own half; raise :class:`ReasonError`."""
    return X25519PrivateKey.from_private_bytes(_raw(PRIVATE_LABEL, data))


def read_public(data: bytes) -> X25519PublicKey:
    """Read the half that the keeper has; raise :class:`ReasonError`, above all for the other."""
    return X25519PublicKey.from_public_bytes(_raw(PUBLIC_LABEL, data))


def _raw(label: str, data: bytes) -> bytes:
    found = _LINE.fullmatch(data.decode("ascii", "replace"))
    try:
        if found and found[1] == label:
            return base64.b64decode(found[2], validate=True)
    except binascii.Error:
        pass
    if found is None:
        raise ReasonError(Phrase("holds no auditors' key, wanted is {label}", label=label))
    raise ReasonError(Phrase("holds {other}, wanted is {label}", other=found[1], label=label))


def fingerprint(public: X25519PublicKey) -> str:
    """Return the SHA-256 of a public key in hex, as it is read out on the phone."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()


def seal_reason(words: str, auditors: X25519PublicKey, request: bytes) -> bytes:
    """Seal a reason, bound to the digest of the request that it was given in."""
    return _SUITE.encrypt(words.encode(), auditors, info=_PURPOSE + request)


def open_reason(sealed: bytes, auditors: X25519PrivateKey, request: bytes) -> str:
    """Open a sealed reason; raise :class:`ReasonError` where anything does not fit."""
    try:
        return _SUITE.decrypt(sealed, auditors, info=_PURPOSE + request).decode()
    except (InvalidTag, ValueError):
        raise ReasonError("the reason does not open with this key") from None
