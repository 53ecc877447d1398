"""Processes that work on a store and are killed at one moment of it.

Each is a fork: what it dies of is set there alone. Where it is not killed, or earlier, it fails.
"""

import os
import signal
import time
from pathlib import Path

import migration_case
import rotation_case
from prepared_case import finish, prepare
from rotation_case import rotate

from rmp_milter.store import in_use, lmdb_rotating, preparing
from rmp_milter.store.format import course, succession
from rmp_milter.store.format.succession import Rotated, Succession
from rmp_milter.store.prepared import RotationPlace
from testbed.forks import forked, is_killed, was_killed


def is_killed_moving(folder: Path, moment: str) -> bool:
    """Whether who moves a store to the made-up later format is killed then."""

    def work() -> None:
        migration_case.set_trap(moment)
        migration_case.move(folder)

    return is_killed(work)


def is_killed_really_moving(folder: Path, moment: str, batch: int = course.BATCH) -> bool:
    """Whether who moves a store to our format, by so many records at a time, is killed then."""

    def work() -> None:
        migration_case.set_trap(moment)
        migration_case.really_move(folder, batch)

    return is_killed(work)


def is_killed_moving_after(folder: Path, seconds: float) -> bool:
    """Whether who moves a store is killed so long after his beginning, before his end."""
    mover = forked(lambda: migration_case.move(folder))
    time.sleep(seconds)
    os.kill(mover, signal.SIGKILL)
    return was_killed(mover)


def is_killed_rotating(home: Path, which: Rotated, moment: str) -> bool:
    """Whether who rotates a key is killed then."""

    def work() -> None:
        rotation_case.set_trap(moment, Succession, Path, lmdb_rotating, succession)
        rotate(home, which)

    return is_killed(work)


def is_killed_preparing(home: Path, which: Rotated, moment: str) -> bool:
    """Whether who prepares a rotation is killed then."""

    def work() -> None:
        _trap(moment, preparing, in_use)
        prepare(home, which)

    return is_killed(work)


def is_killed_finishing(home: Path, which: Rotated, moment: str) -> bool:
    """Whether who finishes a prepared rotation is killed then."""

    def work() -> None:
        _trap(moment, lmdb_rotating)
        finish(home, which)

    return is_killed(work)


def _trap(moment: str, *where: object) -> None:
    rotation_case.set_trap(moment, Succession, RotationPlace, *where, succession, Path)
