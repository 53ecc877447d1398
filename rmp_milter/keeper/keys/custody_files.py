"""What ``custody.key`` holds: the key, or a few lines on where it lies, with its public half.

So a key that moves elsewhere is replaced, kept as the former one, copied and known again as any
other file with a key in it is.
"""

import base64
import binascii
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from rmp_milter.keeper.keys.custody import (
    CustodyKey,
    CustodyPublic,
    ElsewhereKey,
    public_octets,
    read_public,
)
from rmp_milter.keeper.keys.key_files import (
    PUT_BACK,
    RAW_KEY,
    KeyFileError,
    raw_key,
    read_private,
)
from rmp_milter.keeper.keys.places import PlaceError, read_place

_HEAD = b"rmp custody key elsewhere "
_VERSION = b"1"
_LINES = 3


def read_custody(path: Path) -> CustodyKey:
    """Read a custody key's file; raise :class:`.KeyFileError`.

    Of a key that lies elsewhere nothing is asked.
    """
    content = read_private(path)
    if not content.startswith(_HEAD):
        return X25519PrivateKey.from_private_bytes(raw_key(path, content))
    head, *lines = content.splitlines()
    if head != _HEAD + _VERSION or len(lines) != _LINES - 1:
        raise KeyFileError(f"{path}: of a form that this version does not know", PUT_BACK)
    try:
        place = read_place(lines[0].decode("ascii"))
        public = read_public(base64.b64decode(lines[1], validate=True))
    except (PlaceError, UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise KeyFileError(f"{path}: {error}", PUT_BACK) from None
    return ElsewhereKey(str(place), public)


def drawn_key() -> X25519PrivateKey:
    """Return a new custody key."""
    return X25519PrivateKey.generate()


def elsewhere_file(place: str, public: CustodyPublic) -> bytes:
    """Return what a file holds that says where the key lies."""
    lines = (_HEAD + _VERSION, place.encode("ascii"), base64.b64encode(public_octets(public)))
    return b"".join(line + b"\n" for line in lines)


def known_by(key: CustodyKey) -> bytes:
    """Return by what a custody key is known again: its octets, or its public half elsewhere."""
    if isinstance(key, X25519PrivateKey):
        return key.private_bytes_raw()
    return known_elsewhere(key.public)


def also_known_by(content: bytes) -> tuple[bytes, ...]:
    """Return by what else the key is known of which a file's octets are put back.

    What lay elsewhere has a copy somewhere, which is a key file as it stands.
    """
    if len(content) != RAW_KEY:
        return ()
    return (known_elsewhere(X25519PrivateKey.from_private_bytes(content).public_key()),)


def known_elsewhere(public: CustodyPublic) -> bytes:
    """Return by what a key is known again that lies elsewhere, wherever that is."""
    return b"public " + public_octets(public)


def place_of(key: CustodyKey) -> str:
    """Return where a custody key lies, empty for its own file."""
    return key.place if isinstance(key, ElsewhereKey) else ""
