"""A store of format 2, made of one of today: what is new in format 3 is taken out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lmdb
from store_case import KEYS, MAP_BYTES

from rmp_milter.store.format.codecs import Codecs, shared_doctor_links

if TYPE_CHECKING:
    from pathlib import Path

NEW_TABLES = ("terms", "words", "emergencies_open", "erasures_due")


def make_format_2(folder: Path, map_bytes: int = MAP_BYTES) -> None:
    """Turn the store, which nobody has open, into what the version before would have made."""
    with lmdb.Environment(str(folder), max_dbs=64, map_size=map_bytes) as handle:
        tables = [handle.open_db(name.encode(), create=False) for name in NEW_TABLES]
        meta = handle.open_db(b"meta", create=False)
        with handle.begin(write=True) as txn:
            _unlink_shared(handle, txn)
            for table in tables:
                txn.drop(table)
            txn.put(b"format", b"rmp-milter store 2", db=meta)


def _unlink_shared(handle: lmdb.Environment, txn: lmdb.Transaction[bytes]) -> None:
    """Take out of the index what leads from locums and names."""
    codecs = Codecs(KEYS)
    index = handle.open_db(b"index", txn=txn, create=False)
    doctors = handle.open_db(b"doctors", txn=txn, create=False)
    for key, sealed in txn.cursor(doctors):
        for link in shared_doctor_links(codecs.blind, codecs.doctors.open(key, sealed)):
            assert txn.delete(link + key, db=index)


def tables_of(folder: Path) -> dict[str, dict[bytes, bytes]]:
    """Return all that is in a store, as it lies there, but for the format's mark."""
    with lmdb.Environment(str(folder), max_dbs=64, readonly=True, lock=False) as handle:
        with handle.begin() as txn:
            names = [bytes(name).decode() for name, _ in txn.cursor()]
        found = {}
        for name in names:
            table = handle.open_db(name.encode(), create=False)
            with handle.begin() as txn:
                found[name] = {bytes(key): bytes(value) for key, value in txn.cursor(table)}
    del found["meta"][b"format"]
    return found
