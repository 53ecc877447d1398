"""A second store beside the store, in a folder of its own inside: it takes the first one's place.

For work on the store's file as a whole while nobody has it open
(:mod:`rmp_milter.store.format.alone`): the file is not written to, and what is made beside it is
thrown away unless it is whole, verified, and on disk.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import lmdb

from rmp_milter.store.check.whole import check
from rmp_milter.store.format import version
from rmp_milter.store.format.failures import OtherFormatError, StoreError
from rmp_milter.store.format.keys import StoreKeyError
from rmp_milter.store.format.own_keys import check_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.store.engines import Progress
    from rmp_milter.store.format.keys import StoreKeys

DATA = "data.mdb"
MAX_TABLES = 64
"""Room for the tables of two formats."""


def opened(
    folder: Path, *, read_only: bool, lock: bool, sync: bool = False
) -> lmdb.Environment:
    """Open a store's file as it was made, whatever its format.

    Without ``sync`` nothing is on disk before it is brought there: nobody needs half a copy.
    """
    return lmdb.Environment(
        str(folder),
        map_size=0,
        readonly=read_only,
        create=False,
        lock=lock,
        sync=sync,
        max_dbs=MAX_TABLES,
    )


@contextmanager
def place_beside(folder: Path, name: str) -> Iterator[Path]:
    """Give an empty folder inside the store's, and remove it with what is left in it."""
    place = folder / name
    clear(folder, name)  # of a call that was killed
    try:
        place.mkdir(mode=0o700)
        yield place
    finally:
        clear(folder, name)


def clear(folder: Path, name: str) -> None:
    """Remove the folder that a call which was killed may have left."""
    shutil.rmtree(folder / name, ignore_errors=True)


def used_bytes(folder: Path) -> int:
    """Return how much of the store's file is in use, its freed pages among it."""
    with opened(folder, read_only=True, lock=False) as handle:
        used = (handle.info()["last_pgno"] + 1) * handle.stat()["psize"]
    return min(
        used, (folder / DATA).stat().st_size
    )  # the last ones may never have been written


def check_room(folder: Path, there: int = 0) -> None:
    """See that there is room for a second store, before the disk is full of half of it.

    So many octets of it are ``there`` already.
    """
    see_room(folder, used_bytes(folder) - there, "a second store needs")


def see_room(folder: Path, needed: int, named: str) -> None:
    """Raise :class:`StoreError` unless so many octets are free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StoreError(f"{named} about {needed} bytes, and {free} are free")


def check_own(folder: Path, keys: StoreKeys) -> None:
    """Raise :class:`StoreError` unless the keys are those of the store, which is of our format."""
    try:
        with opened(folder, read_only=True, lock=False) as handle:
            version.check_format(handle, folder)
            meta = version.open_table(handle, "meta")
            with handle.begin(buffers=True) as txn:
                check_keys(txn, meta, keys, folder)
    except (OtherFormatError, StoreKeyError):
        raise
    except (StoreError, lmdb.Error) as error:
        raise StoreError(f"{folder} holds no store: {error}") from error


def verify(place: Path, keys: StoreKeys, named: str, progress: Progress) -> None:
    """Raise :class:`StoreError` unless all of the store in ``place`` is sound."""
    report = check(place, keys, progress, copy=True)
    if report.findings:
        count, first = len(report.findings), report.findings[0]
        raise StoreError(f"{named} is not sound, {count} findings: {first}")


def make_like(copy: Path, data: Path) -> None:
    """Give the copy what the courier needs to open it, and have it on disk."""
    status = data.stat()
    if copy.stat().st_gid != status.st_gid:
        os.chown(copy, -1, status.st_gid)
    copy.chmod(status.st_mode & 0o7777)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
