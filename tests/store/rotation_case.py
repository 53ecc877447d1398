"""A store with its key files, one of which is rotated, and a service that opens it.

    python rotation_case.py HOME

opens the store ``HOME/store`` as a service does.
"""

import base64
import itertools
import sys
from pathlib import Path

import lmdb
from migration_case import die, say, silent
from store_case import KEYS

from rmp_milter.store import StoreKeys, lmdb_rotating
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.keys import INDEX, METADATA, OUTBOX, read_store_keys
from rmp_milter.store.format.succession import Rotated, Succession, opened_by
from rmp_milter.store.format.tables import table_names
from rmp_milter.store.store import LmdbStore

LATER = 1_700_100_000
MODES = {METADATA: 0o600, INDEX: 0o600, OUTBOX: 0o640}
KEY_FILE = {Rotated.METADATA: METADATA, Rotated.INDEX: INDEX, Rotated.OUTBOX: OUTBOX}
Content = dict[str, dict[bytes, bytes]]


def content(folder: Path) -> Content:
    """Return all that is in the file, table by table."""
    with lmdb.Environment(str(folder), max_dbs=64, map_size=0, readonly=True) as handle:
        tables = {name: handle.open_db(name.encode(), create=False) for name in table_names()}
        with handle.begin() as txn:
            return {name: dict(txn.cursor(table)) for name, table in tables.items()}


def kept_files(home: Path) -> set[str]:
    return {each.name for each in home.iterdir()} - {"store", METADATA, INDEX, OUTBOX}


def lay_keys(home: Path) -> None:
    """Write the key files of the tests' stores."""
    held = {METADATA: KEYS.metadata, INDEX: KEYS.index, OUTBOX: KEYS.outbox}
    for name, key in held.items():
        (home / name).write_bytes(base64.b64encode(key) + b"\n")
        (home / name).chmod(MODES[name])


def succession_in(home: Path, which: Rotated) -> Succession:
    return Succession(home, home / OUTBOX, which, LATER)


def keys_in(home: Path) -> StoreKeys:
    return read_store_keys(home, home / OUTBOX)


def rotate(home: Path, which: Rotated) -> bool:
    return lmdb_rotating.rotate(home / "store", succession_in(home, which), silent)


def sound(home: Path, keys: StoreKeys) -> bool:
    return check(home / "store", keys).findings == ()


def set_trap(moment: str, *places: object) -> None:
    """Have the process die at a call, ``before NAME N`` or ``behind NAME N``: its N-th.

    It is one of the first of ``places`` that has it.
    """
    when, call, number = moment.split()
    where = next(each for each in places if hasattr(each, call))
    really, seen = getattr(where, call), itertools.count(1)

    def trapped(*arguments: object) -> object:
        here = next(seen) == int(number)
        if here and when == "before":
            die()
        done = really(*arguments)
        if here:
            die()
        return done

    setattr(where, call, trapped)


def open_as_a_service_does(home: Path) -> None:
    """Read the keys, say so, open the store, say so, and go when the input ends."""

    def read() -> StoreKeys:
        keys = keys_in(home)
        say("read")
        return keys

    def opens(keys: StoreKeys) -> LmdbStore:
        return LmdbStore.open(home / "store", keys, map_bytes=0)

    _, store = opened_by(read, opens)
    with store:
        say("open")
        sys.stdin.read()


if __name__ == "__main__":
    open_as_a_service_does(Path(sys.argv[1]))
