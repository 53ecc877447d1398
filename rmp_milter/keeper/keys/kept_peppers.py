"""What is kept of former peppers, on disk: a line for each, the oldest first.

It stays as long as the service does: a patient's digests go on from each pepper to the next.
"""

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path

from rmp_milter.keeper.keys.key_files import PUT_BACK, RAW_KEY, KeyFileError, read_private
from rmp_milter.keeper.keys.peppers import ID_SIZE, KeptPepper

KEPT = "pepper.key.former"
MOST_KEPT = 30
"""More lines than a file may have that is read; nobody changes a pepper so often."""
_NONE = b"-"
_FIELDS = 4


def read_kept(folder: Path) -> tuple[KeptPepper, ...]:
    """Read the file, if there is one; raise :class:`.KeyFileError`."""
    path = folder / KEPT
    if not path.exists():
        return ()
    try:
        return tuple(map(_read, read_private(path).splitlines()))
    except ValueError:
        raise KeyFileError(f"{path}: cannot be read", PUT_BACK) from None


def kept_file(kept: Sequence[KeptPepper]) -> bytes:
    """Return what the file holds that :func:`read_kept` reads."""
    return b"".join(b" ".join(map(_written, each)) + b"\n" for each in kept)


def _read(line: bytes) -> KeptPepper:
    fields = [_field(each) for each in line.split(b" ")]
    sizes = [len(each) for each in fields]
    if len(fields) != _FIELDS or sizes[:2] != [ID_SIZE, RAW_KEY]:
        raise ValueError("not a line of a former pepper")
    if not {*sizes[2:]} <= {0, RAW_KEY}:
        raise ValueError("a key of another length")
    return KeptPepper(*fields)


def _field(word: bytes) -> bytes:
    try:
        return b"" if word == _NONE else base64.b64decode(word, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None


def _written(field: bytes) -> bytes:
    return base64.b64encode(field) or _NONE
