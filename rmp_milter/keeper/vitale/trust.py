"""Whose attestations count: the public keys that the host registered, one file each.

The file's name is the key's id, so that a token leads to its key and to no other file,
and a key that is added or removed counts from the next mail on, without a restart.
"""

import base64
import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from rmp_milter.disk.new_files import write_new

FOLDER = "trust"  # in the keeper's
MAX_NAME = 100
MAX_FILE = 16384  # bytes
_SUFFIX = ".json"
_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_COORDINATE = 32  # bytes of a number on P-256

Key = Ed25519PublicKey | EllipticCurvePublicKey
Algorithm = Literal["EdDSA", "ES256"]


class TrustError(Exception):
    """A key that cannot be registered, found or used; ``str`` is one line for the host."""


class Trusted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A registered key: what its tokens must call themselves, and since when it counts.

    ``kid`` is the key's thumbprint (RFC 7638), ``public_key`` PEM, ``added_at`` epoch seconds.
    """

    kind: Literal["vitale"]
    name: str
    kid: str
    public_key: str
    added_at: int

    @property
    def key(self) -> Key:
        """The key itself; raises :class:`TrustError`."""
        return read_public_key(self.public_key.encode())

    @property
    def algorithm(self) -> Algorithm:
        """The one algorithm that this key's tokens may have; raises :class:`TrustError`."""
        return "EdDSA" if isinstance(self.key, Ed25519PublicKey) else "ES256"


def read_public_key(pem: bytes) -> Key:
    """Read a public key in PEM; raise :class:`TrustError` for any other thing or kind."""
    if b"PRIVATE KEY" in pem:
        raise TrustError("this is a private key; ask for the public one, and have it replaced")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise TrustError("not a public key in PEM (-----BEGIN PUBLIC KEY-----)") from None
    if isinstance(key, Ed25519PublicKey):
        return key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise TrustError("a key of a kind that is not taken (Ed25519 and P-256 are)")


def thumbprint(key: Key) -> str:
    """Return the key's id: SHA-256 of its JWK's required members (RFC 7638, RFC 8037)."""
    if isinstance(key, Ed25519PublicKey):
        members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(key.public_bytes_raw())}
    else:
        numbers = key.public_numbers()
        x, y = (number.to_bytes(_COORDINATE) for number in (numbers.x, numbers.y))
        members = {"crv": "P-256", "kty": "EC", "x": _base64url(x), "y": _base64url(y)}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def add(folder: Path, name: str, pem: bytes, now: int) -> Trusted:
    """Register a key under ``name``, which its tokens must give as their issuer.

    Raises :class:`TrustError` where name or key is registered already or cannot be used.
    """
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise TrustError(f"a name has 1 to {MAX_NAME} characters, on one line")
    key = read_public_key(pem)
    public = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    trusted = Trusted("vitale", name, thumbprint(key), public, now)
    for other in listed(folder):
        if name == other.name or trusted.kid == other.kid:
            raise TrustError(f"{other.name}: is registered already, with the key {other.kid}")
    folder.mkdir(mode=0o700, exist_ok=True)
    content = msgspec.json.format(msgspec.json.encode(trusted)) + b"\n"
    write_new(folder / f"{trusted.kid}{_SUFFIX}", content, 0o600)
    return trusted


def listed(folder: Path) -> list[Trusted]:
    """Return all registered keys by name; raise :class:`TrustError` for a file that is none."""
    found = [_read(folder / f"{kid}{_SUFFIX}") for kid in _kids(folder)]
    return sorted(found, key=lambda each: each.name)


def _kids(folder: Path) -> list[str]:
    try:
        names = [file.name for file in folder.iterdir()]
    except FileNotFoundError:
        return []
    return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def remove(folder: Path, name: str) -> None:
    """Take a key out, by its name or its id; raise :class:`TrustError` where there is none.

    By its id a file goes that cannot be read any more.
    """
    kids = [name] if name in _kids(folder) else []
    kids = kids or [each.kid for each in listed(folder) if each.name == name]
    if not kids:
        raise TrustError(f"{name}: no such key is registered")
    (folder / f"{kids[0]}{_SUFFIX}").unlink()


def find(folder: Path, kid: object) -> Trusted | None:
    """Return the registered key of that id; ``kid`` may be anything, as a token has it.

    Raises :class:`TrustError` for a file that is there and cannot be used.
    """
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        return None
    try:
        return _read(folder / f"{kid}{_SUFFIX}")
    except FileNotFoundError:
        return None


def _read(path: Path) -> Trusted:
    """Read one file; only its owner may have written it, and it must be its key's own."""
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        content = file.read(MAX_FILE)
    if not stat.S_ISREG(mode) or mode & 0o022:
        raise TrustError(f"{path}: others may write it (mode {mode & 0o777:04o})")
    try:
        trusted = msgspec.json.decode(content, type=Trusted)
        own = f"{trusted.kid}{_SUFFIX}" == path.name and thumbprint(trusted.key) == trusted.kid
    except (msgspec.DecodeError, TrustError) as error:
        raise TrustError(f"{path}: {error}") from None
    if not own:
        raise TrustError(f"{path}: the key is not the one that the file is named after")
    return trusted
