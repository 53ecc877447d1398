"""A made-up later format, steps to it, and a process that opens a store of it.

    python migration_case.py FOLDER

opens the store by the later format, says so, and goes when its input ends.
"""

from __future__ import annotations

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
from rmp_milter.store import begun, migrating
from rmp_milter.store.beside import DATA
from rmp_milter.store.check.whole import check
from rmp_milter.store.format import course, version
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.course import Course, Record
from rmp_milter.store.steps import STEPS as REAL_STEPS
from rmp_milter.store.steps import Step
from rmp_milter.store.store import LmdbStore


def programs_changed(course: Course, end: str, part: str = "programs") -> None:
    """Write every doctor anew: a step that works on sealed records, and is wrong if taken twice."""
    codecs, table = Codecs(course.keys), course.table("doctors")

    def change(txn: lmdb.Transaction[bytes], batch: list[Record]) -> None:
        for key, sealed in batch:
            doctor = codecs.doctors.open(key, sealed)
            program = MailProgram(prefers=f"{doctor.program.prefers}{end}")
            changed = replace(doctor, program=program)
            txn.put(key, codecs.doctors.seal(key, changed), db=table)

    course.expect("doctors")
    course.each_batch(part, "doctors", change)


def first_step(course: Course) -> None:
    programs_changed(course, "first ")


def second_step(course: Course) -> None:
    programs_changed(course, "second ")


OURS = version.FORMAT.number
LATER = OURS + 1
BATCH, CHUNK = 2, 64 << 10
"""What the process here takes at a time: so many records, so many octets of the file."""

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
    """Have the process die when it comes to this call.

    ``batch 3`` is within the third batch of the steps, ``noted 3`` right behind its commit;
    ``sent 3`` when the third chunk of the store is copied, ``rename-done`` behind the rename.
    """
    what, _, count = moment.partition(" ")
    if what == "batch":
        die_at(course, "_behind", int(count))
    elif what == "noted":
        die_at(Course, "_tell", int(count))
    elif what == "sent":
        die_at(begun, "_send", int(count))
    elif moment in {"rename-done", "replace"}:
        die_at_rename(done=moment == "rename-done")
    else:
        setattr(migrating, moment, die)


def die_at(where: object, name: str, number: int) -> None:
    """Have the process die in the ``number``-th call of this function."""
    function, seen = getattr(where, name), itertools.count(1)
    setattr(where, name, lambda *a: function(*a) if next(seen) < number else die())


def die_at_rename(*, done: bool) -> None:
    rename = Path.replace

    def trap(old: Path, new: Path) -> Path:
        if new.name != DATA:
            return rename(old, new)
        if done:
            rename(old, new)
        die()
        raise AssertionError

    Path.replace = trap


def move(folder: Path) -> None:
    """Move the store to the later format; for a process of its own, which believes in it then."""
    version.FORMAT = version.FORMAT._replace(number=LATER)
    begun.CHUNK, course.BATCH = CHUNK, BATCH
    migrating.migrate(folder, KEYS, STEPS, silent)


def really_move(folder: Path, batch: int = course.BATCH) -> None:
    """Move the store by the real steps to the real format; for a process of its own."""
    begun.CHUNK, course.BATCH = CHUNK, batch
    migrating.migrate(folder, KEYS, REAL_STEPS, silent)


def _open(folder: Path) -> None:
    version.FORMAT = version.FORMAT._replace(number=LATER)
    say("begins")
    with LmdbStore.open(folder, KEYS, map_bytes=0):
        say("open")
        sys.stdin.read()


if __name__ == "__main__":
    _open(Path(sys.argv[1]))
