"""Former OpenPGP keys of the service: until a day they open mail, then it is refused by its reason.

``service-until-20261231.key`` opens to the end of that day, in universal time; it signs nothing.
"""

import re
import time
from calendar import timegm
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from openpgp.composed import SignedSecretKey

from rmp_milter.keeper.keys.key_files import PUT_BACK, KeyFileError
from rmp_milter.keeper.openpgp.secretkeys import DecryptionKey, decryption_keys

DAY = 86_400
_NAME = re.compile(r"service-until-(\d{8})(-\d)?\.key")


class FormerService(NamedTuple):
    """A former key and its file; what opens mail by it, ``until`` when (epoch seconds)."""

    name: str
    fingerprint: str
    decryption: tuple[DecryptionKey, ...]
    until: int


def former_service_name(until: str, taken: list[str]) -> str:
    """Return the name of the file for a key that opens until a day (``20261231``)."""
    more = ("", *(f"-{number}" for number in range(2, 10)))
    names = (f"service-until-{until}{each}.key" for each in more)
    return next(name for name in names if name not in taken)


def former_service_names(folder: Path) -> list[str]:
    """Return the names of the files with former keys of the service."""
    found = (file.name for file in folder.glob("service-until-*.key"))
    return sorted(filter(_NAME.fullmatch, found))


def read_former_service(
    folder: Path, read: Callable[[Path], SignedSecretKey]
) -> tuple[FormerService, ...]:
    """Read the former keys; ``read`` reads a file. Raises :class:`.KeyFileError`."""
    return tuple(_each(folder, read))


def _each(folder: Path, read: Callable[[Path], SignedSecretKey]) -> Iterator[FormerService]:
    for name in former_service_names(folder):
        key = read(folder / name)
        try:
            opening = decryption_keys(key.to_bytes())
            until = _end_of_day(name)
        except ValueError as error:
            raise KeyFileError(f"{folder / name}: {error}", PUT_BACK) from None
        yield FormerService(name, key.fingerprint, opening, until)


def _end_of_day(name: str) -> int:
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError("no day in its name")
    return timegm(time.strptime(found[1], "%Y%m%d")) + DAY
