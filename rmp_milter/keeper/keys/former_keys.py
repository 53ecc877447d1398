"""Former keys beside the present one: what was sealed to them opens still, nothing new is.

``waiting-20261201.key`` was the waiting key until that day, ``custody-20261201.key`` the custody
key. Each stays until nothing is under it any more. ``log-20261201.key`` signed the access log until
then; nothing is under it, and no keeper reads it.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from rmp_milter.keeper.keys.key_files import KeyFileError, read_raw

MOST_FORMER = 2
"""More former keys of a kind than this nobody needs: each seal is tried with all of them."""
_SUFFIX = ".key"
_NAME = re.compile(r"(waiting|custody|log)-\d{8}(-\d)?\.key")


class FormerKey(NamedTuple):
    """A former key and the file that it stands in."""

    name: str
    private: X25519PrivateKey

    def __repr__(self) -> str:
        return self.name


def former_name(file: str, day: str, taken: Iterable[str] = ()) -> str:
    """Return the name for what ``file`` (``waiting.key``) held until a day (``20261201``)."""
    there, stem = {*taken}, file.removesuffix(_SUFFIX)
    more = ("", *(f"-{number}" for number in range(2, 10)))
    names = (f"{stem}-{day}{each}{_SUFFIX}" for each in more)
    return next(name for name in names if name not in there)


def is_former(name: str, file: str = "") -> bool:
    """Whether a file of this name holds a former key, of ``file`` if that is given."""
    found = _NAME.fullmatch(name)
    return found is not None and file in {"", f"{found[1]}{_SUFFIX}"}


def former_names(folder: Path, file: str) -> list[str]:
    """Return the names of the files with former keys of ``file``, the newest first."""
    names = (each.name for each in folder.glob(f"*{_SUFFIX}") if is_former(each.name, file))
    return sorted(names, key=lambda name: name.removesuffix(_SUFFIX), reverse=True)


def read_former(folder: Path, file: str) -> tuple[FormerKey, ...]:
    """Read the former keys of ``file``, the newest first; raise :class:`.KeyFileError`."""
    return tuple(_read(folder, file))


def _read(folder: Path, file: str) -> Iterator[FormerKey]:
    names = former_names(folder, file)
    if len(names) > MOST_FORMER:
        line = f"{folder}: {len(names)} former keys of {file}, {MOST_FORMER} are the most"
        raise KeyFileError(line, f"rmp key rotate {file.removesuffix(_SUFFIX)} --end")
    for name in names:
        yield FormerKey(name, X25519PrivateKey.from_private_bytes(read_raw(folder / name)))
