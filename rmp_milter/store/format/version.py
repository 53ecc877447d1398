"""The number of a store's format: read before all else, so that another is one clear line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lmdb

from rmp_milter.disk.formats import Format
from rmp_milter.store.format.failures import OtherFormatError, StoreError
from rmp_milter.store.format.tables import FORMAT_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from lmdb import _Database as Table

FORMAT = Format("rmp-milter store", 3)
"""A changed table, key or record is a new number, and a step to it (``store.steps``).

Stores have had this mark since ``rmp init`` makes any, so none has to be touched for it.
"""


def check_format(handle: lmdb.Environment, folder: Path) -> None:
    """Raise :class:`OtherFormatError` unless the store is of this version's format.

    Raises :class:`StoreError` for the environment of another program.
    """
    found = number_of(handle)
    if found != FORMAT.number:
        raise OtherFormatError(refusal(folder, found))


def refusal(place: Path | str, found: int) -> str:
    """Say why a store of another format is not opened, and of an older one what to do."""
    way = ": stop the services, then rmp store migrate" if found < FORMAT.number else ""
    return f"the store in {place} {FORMAT.refusal(found)}{way}"


def number_of(handle: lmdb.Environment) -> int:
    """Return the number of the store's format; raises :class:`StoreError` where it has none."""
    meta = open_table(handle, "meta")
    with handle.begin() as txn:
        found = FORMAT.number_in(bytes(txn.get(FORMAT_KEY, b"", db=meta)))
    if not found:
        raise StoreError("unknown format")
    return found


def open_table(handle: lmdb.Environment, name: str) -> Table:
    """Open a table that is there; one that is missing is never made anew, empty."""
    try:
        return handle.open_db(name.encode(), create=False)
    except lmdb.NotFoundError as error:
        raise StoreError(f"it lacks table {name}") from error
