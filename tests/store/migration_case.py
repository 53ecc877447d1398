"""A made-up later format, steps to it, and a process that moves a store and is killed.

    python migration_case.py migrate FOLDER [KILL]

KILL is the moment at which the process dies (:func:`set_trap`).

    python migration_case.py open FOLDER

opens the store by the later format, says so, and goes when its input ends.

    python migration_case.py really FOLDER KILL

moves a store by the real steps to the real format.
"""

import itertools
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import lmdb
from msgspec.structs import replace
from store_case import KEYS

from rmp_milter.dossier.model import MailProgram
from rmp_milter.store import StoreKeys, migrating
from rmp_milter.store.check.whole import check
from rmp_milter.store.format import deriving, version
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.steps import STEPS as REAL_STEPS
from rmp_milter.store.steps import Step, Told
from rmp_milter.store.store import LmdbStore


def programs_changed(handle: lmdb.Environment, keys: StoreKeys, told: Told, end: str) -> None:
    """Write every doctor anew: a step that works on sealed records."""
    codecs, table = Codecs(keys), handle.open_db(b"doctors", create=False)
    with handle.begin(write=True) as txn:
        records = list(txn.cursor(table))
        for done, (key, sealed) in enumerate(records, 1):
            doctor = codecs.doctors.open(key, sealed)
            program = MailProgram(prefers=f"{doctor.program.prefers}{end}")
            changed = replace(doctor, program=program)
            txn.put(key, codecs.doctors.seal(key, changed), db=table)
            told(done, len(records))


def first_step(handle: lmdb.Environment, keys: StoreKeys, told: Told) -> None:
    programs_changed(handle, keys, told, "first ")


def second_step(handle: lmdb.Environment, keys: StoreKeys, told: Told) -> None:
    programs_changed(handle, keys, told, "second ")


OURS = version.FORMAT.number
LATER = OURS + 1
STEPS: Mapping[int, Step] = {OURS: first_step, LATER: second_step}


def endings(folder: Path) -> set[str]:
    """Open the store and return what the steps have put behind what its doctors' programs say.

    Nothing leads from there to them, and no count is of it.
    """
    with LmdbStore.open(folder, KEYS, map_bytes=0) as store, store.snapshot() as view:
        return {doctor.program.prefers.strip() for doctor in view.doctors()}


def sound(folder: Path) -> bool:
    return check(folder, KEYS).findings == ()


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def die(*_arguments: object, **_named: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def set_trap(moment: str) -> None:
    """Have the process die when it comes to this call; ``rename-done`` is right behind it."""
    if moment.startswith("batch "):
        die_in_step(int(moment.removeprefix("batch ")))
    elif moment == "rename-done":
        rename = Path.replace
        Path.replace = lambda old, new: die(rename(old, new))
    elif moment == "replace":
        Path.replace = die
    else:
        setattr(migrating, moment, die)


def die_in_step(number: int) -> None:
    """Have the process die when the step has read its ``number``-th batch of records."""
    batches, seen = deriving.batches, itertools.count(1)
    deriving.batches = lambda handle, table: (
        batch if next(seen) < number else die() for batch in batches(handle, table)
    )


def main() -> None:
    act, folder, *kill = sys.argv[1:]
    if act == "really":
        set_trap(*kill)
        migrating.migrate(Path(folder), KEYS, REAL_STEPS, silent)
        return
    version.FORMAT = version.FORMAT._replace(number=LATER)
    if act == "open":
        say("begins")
        with LmdbStore.open(Path(folder), KEYS, map_bytes=0):
            say("open")
            sys.stdin.read()
        return
    if kill:
        set_trap(*kill)
    migrating.migrate(Path(folder), KEYS, STEPS, silent)


if __name__ == "__main__":
    main()
