"""Former keys beside the present one: what was sealed to them opens still, nothing new is.

``waiting-20261201.key`` was the waiting key until that day. It stays until nothing waits under it.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from rmp_milter.keeper.keys.key_files import KeyFileError, read_raw

MOST_FORMER = 2
"""More former keys than this nobody needs: each seal is tried with all of them."""
_NAME = re.compile(r"waiting-\d{8}(-\d)?\.key")


class FormerKey(NamedTuple):
    """A former waiting key and the file that it stands in."""

    name: str
    private: X25519PrivateKey

    def __repr__(self) -> str:
        return self.name


def former_name(day: str, taken: Iterable[str] = ()) -> str:
    """Return the name of the file for a key that is former since ``day`` (``20261201``)."""
    there = {*taken}
    names = (f"waiting-{day}{more}.key" for more in ("", *(f"-{n}" for n in range(2, 10))))
    return next(name for name in names if name not in there)


def is_former(name: str) -> bool:
    """Whether a file of this name in the keeper's folder holds a former waiting key."""
    return bool(_NAME.fullmatch(name))


def read_former(folder: Path) -> tuple[FormerKey, ...]:
    """Read the former waiting keys, the newest first; raise :class:`.KeyFileError`."""
    return tuple(_read(folder, former_names(folder)))


def former_names(folder: Path) -> list[str]:
    """Return the names of the files with former waiting keys, the newest first."""
    names = (file.name for file in folder.glob("waiting-*.key"))
    return sorted(filter(is_former, names), key=lambda name: name[:-4], reverse=True)


def _read(folder: Path, names: list[str]) -> Iterator[FormerKey]:
    if len(names) > MOST_FORMER:
        line = f"{folder}: {len(names)} former waiting keys, {MOST_FORMER} are the most"
        raise KeyFileError(line, "rmp key rotate waiting --end")
    for name in names:
        yield FormerKey(name, X25519PrivateKey.from_private_bytes(read_raw(folder / name)))
