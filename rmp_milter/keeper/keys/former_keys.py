"""Former keys beside the present one: what was sealed to them opens still, nothing new is.

``waiting-20261201.key`` was the waiting key until that day, ``custody-20261201.key`` the custody
key, ``pepper-20261201.key`` the pepper. Each stays until nothing is under it any more.
``log-20261201.key`` signed the access log until then; nothing is under it, and no keeper reads it.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from rmp_milter.keeper.keys.custody import CustodyKey
from rmp_milter.keeper.keys.custody_files import read_custody
from rmp_milter.keeper.keys.key_files import KeyFileError, read_raw

MOST_FORMER = 2
"""More former keys of a kind than this nobody needs: each seal is tried with all of them."""
_SUFFIX = ".key"
_NAME = re.compile(r"(waiting|custody|pepper|log)-\d{8}(-\d)?\.key")


class FormerKey(NamedTuple):
    """A former waiting key and the file that it stands in."""

    name: str
    private: X25519PrivateKey

    def __repr__(self) -> str:
        return self.name


class FormerCustody(NamedTuple):
    """A former custody key, or where it lies, and the file that it stands in."""

    name: str
    private: CustodyKey

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
    read = X25519PrivateKey.from_private_bytes
    return tuple(FormerKey(name, read(raw)) for name, raw in raw_former(folder, file))


def raw_former(folder: Path, file: str) -> list[tuple[str, bytes]]:
    """Return name and octets of the former keys of ``file``, as :func:`read_former` does."""
    return [(name, read_raw(folder / name)) for name in _bounded(folder, file)]


def read_former_custody(folder: Path, file: str) -> tuple[FormerCustody, ...]:
    """Read the former custody keys, the newest first; raise :class:`.KeyFileError`."""
    return tuple(
        FormerCustody(name, read_custody(folder / name)) for name in _bounded(folder, file)
    )


def _bounded(folder: Path, file: str) -> list[str]:
    names = former_names(folder, file)
    if len(names) > MOST_FORMER:
        line = f"{folder}: {len(names)} former keys of {file}, {MOST_FORMER} are the most"
        raise KeyFileError(line, f"rmp key rotate {file.removesuffix(_SUFFIX)} --end")
    return names
