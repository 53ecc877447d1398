"""Key files: 32 random bytes as one line of base64, readable by their owner only.

That of the index key has a line for each key that another one has followed, the oldest first.
Which mails are done and which tries count lies in the store under digests of values that are
stored nowhere: another key goes on from the digests of the one before it (:mod:`.blind`), so all
of them are needed to look anything up.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rmp_milter.disk.new_files import write_new
from rmp_milter.store.format.failures import StoreError

KEY_BYTES = 32
METADATA, INDEX = "metadata.key", "index.key"
"""The key files that only the milter has, in its folder."""
OUTBOX = "outbox.key"
"""How the key that milter and courier share is called, wherever it lies."""

MAX_KEY_FILE = 256
"""More than any key file holds; nothing else is read into memory by mistake."""
MOST_INDEX_KEYS = 32
"""A digest costs one more for each, about a microsecond; one a year lasts longer than a doctor."""
_MAX_INDEX_FILE = MOST_INDEX_KEYS * 64

PUT_BACK = "put it back from your copy of this service; nothing was changed"


class StoreKeyError(StoreError):
    """A key file is missing, unreadable, malformed or another's; one line, without the key.

    ``hint`` says in one line what to do, and never what would lose what is there.
    """

    def __init__(self, line: str, hint: str = "") -> None:
        super().__init__(line)
        self.hint = hint


@dataclass(frozen=True)
class StoreKeys:
    """The store's keys, 32 bytes each; the representation shows none of them.

    ``metadata`` seals dossiers, entries and doctors; ``index`` keys the look-up digests, and is
    all keys that did so, the oldest first, one behind the other; ``outbox`` seals what the
    courier sends and is the only one that the courier has.
    """

    metadata: bytes = field(repr=False)
    index: bytes = field(repr=False)
    outbox: bytes = field(repr=False)

    def __post_init__(self) -> None:
        keys = (self.metadata, self.outbox, *(each_key(self.index) or (b"",)))
        if any(len(key) != KEY_BYTES for key in keys):
            raise StoreKeyError(f"a store key has not {KEY_BYTES} bytes")


def each_key(keys: bytes) -> tuple[bytes, ...]:
    """Return the keys, the oldest first, of which an index key is made."""
    return tuple(keys[start : start + KEY_BYTES] for start in range(0, len(keys), KEY_BYTES))


def newest(keys: bytes) -> bytes:
    """Return the one of an index key's keys that followed all others."""
    return keys[-KEY_BYTES:]


def key_lines(keys: bytes) -> bytes:
    """Return keys, one behind the other, as their file holds them."""
    return b"".join(base64.b64encode(key) + b"\n" for key in each_key(keys))


def subkey(key: bytes, purpose: str) -> bytes:
    """Return the 32 bytes that HKDF-SHA256 draws from ``key`` for ``purpose``."""
    info = b"rmp-milter store 1 " + purpose.encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def make_key(path: Path, mode: int = 0o600) -> None:
    """Make a new key file, durable when this returns; an existing one is never touched.

    Raises :class:`StoreKeyError`.
    """
    try:
        write_new(path, key_lines(secrets.token_bytes(KEY_BYTES)), mode)
    except OSError as error:
        raise StoreKeyError(f"cannot make key file {path}: {error.strerror}") from error


def read_key(path: Path) -> bytes:
    """Return the 32 bytes of the key file ``path``; raises :class:`StoreKeyError`."""
    return _decode(path, _read(path, MAX_KEY_FILE))


def read_index_keys(path: Path) -> bytes:
    """Return the keys of the index key's file, one behind the other, the oldest first.

    Raises :class:`StoreKeyError`.
    """
    lines = _read(path, _MAX_INDEX_FILE).strip().splitlines() or [b""]
    if len(lines) > MOST_INDEX_KEYS:
        said = f"key file {path} holds more than {MOST_INDEX_KEYS} keys"
        raise StoreKeyError(said, PUT_BACK)
    return b"".join(_decode(path, line) for line in lines)


def read_store_keys(milter_folder: Path, outbox_key: Path) -> StoreKeys:
    """Return the three keys out of their files; raises :class:`StoreKeyError`."""
    return StoreKeys(
        metadata=read_key(milter_folder / METADATA),
        index=read_index_keys(milter_folder / INDEX),
        outbox=read_key(outbox_key),
    )


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        said = f"cannot read key file {path}: {error.strerror}"
        hint = PUT_BACK if isinstance(error, FileNotFoundError) else ""
        raise StoreKeyError(said, hint) from error


def _decode(path: Path, line: bytes) -> bytes:
    try:
        key = base64.b64decode(line.strip(), validate=True)
    except binascii.Error as error:
        raise StoreKeyError(f"key file {path} is not one line of base64", PUT_BACK) from error
    if len(key) != KEY_BYTES:
        said = f"key file {path} holds {len(key)} bytes, not {KEY_BYTES}"
        raise StoreKeyError(said, PUT_BACK)
    return key
