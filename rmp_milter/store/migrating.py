"""A store moved to the format of this version, over a copy.

The store's file is not written to. A copy inside its folder, where the milter's user may
write, goes through the steps from its format to ours (:mod:`rmp_milter.store.steps`), is
verified as ``rmp store check`` does, and takes the file's place by a rename. A full disk, a
step that fails or a kill leave the store as it was. What failed is thrown away; what was killed
is kept on disk as far as it is (:mod:`rmp_milter.store.begun`,
:mod:`rmp_milter.store.format.course`), and a second call goes on with it. The old file stays
beside the new one, under a name with its format: the way back, until the host removes it.
"""

from __future__ import annotations

import functools
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import lmdb

from rmp_milter.disk.new_files import sync_folder
from rmp_milter.disk.room import said
from rmp_milter.store.begun import BegunCopy
from rmp_milter.store.beside import (
    DATA,
    check_room,
    clear,
    make_like,
    opened,
    used_bytes,
    verify,
)
from rmp_milter.store.engines import Earlier
from rmp_milter.store.format import version
from rmp_milter.store.format.alone import alone
from rmp_milter.store.format.course import Course
from rmp_milter.store.format.failures import OtherFormatError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.steps import Step, Steps

    Tell = Callable[[str, int, int], None]

COPY = "migration"

MOST_GROWN, MIN_ROOM = 4, 64 << 20
"""What the steps may make of a copy: so many times its size, and bytes beside. It costs
address space; the disk is used as it fills."""


class Move(NamedTuple):
    """From which format a store goes to which, by which steps; none where it is there.

    ``earlier`` is what a call that was cut off has left of it.
    """

    found: int
    wanted: int
    steps: tuple[Step, ...]
    earlier: Earlier = Earlier.NONE


def planned(folder: Path, steps: Steps) -> Move:
    """Return what there is to do; the store may be in use.

    Raises :class:`OtherFormatError` for a later format, and :class:`StoreError` where there
    is no store, or no step from its format.
    """
    return _planned(folder, steps, lock=(folder / "lock.mdb").exists())


def migrate(folder: Path, keys: StoreKeys, steps: Steps, tell: Tell) -> Move:
    """Move the store through the steps; durable on return, and what was done is returned.

    ``tell`` hears what is under way, and how much of how much is done. Raises
    :class:`StoreError` as :func:`planned`, where a process has the store open, and where a
    step failed; then the store is as it was.
    """
    with alone(folder):
        move = _planned(folder, steps, lock=False)
        if move.steps:
            _carry_out(folder, keys, move, tell)
        else:
            clear(folder, COPY)  # of a call that was killed behind its rename
    return move


def kept(folder: Path, found: int) -> Path:
    """Return where the file of the older format is kept."""
    return folder / f"{DATA}.format-{found}"


def all_kept(folder: Path) -> list[Path]:
    """Return the files of older formats that are kept."""
    return sorted(folder.glob(f"{DATA}.format-*"))


def _planned(folder: Path, steps: Steps, *, lock: bool) -> Move:
    found, wanted = _number_in(folder, lock=lock), version.FORMAT.number
    if found > wanted:
        raise OtherFormatError(version.refusal(folder, found))
    for number in range(found, wanted):
        if number not in steps:
            raise StoreError(f"no step leads from format {number} to {number + 1}")
    taken = tuple(steps[number] for number in range(found, wanted))
    return Move(found, wanted, taken, _copy_in(folder, wanted).earlier())


def _copy_in(folder: Path, wanted: int) -> BegunCopy:
    try:
        return BegunCopy(folder, COPY, wanted)
    except OSError as error:
        raise StoreError(f"cannot read the store in {folder}: {error.strerror}") from error


def _number_in(folder: Path, *, lock: bool) -> int:
    if not (folder / DATA).is_file():
        raise StoreError(f"there is no store in {folder}")
    try:
        with opened(folder, read_only=True, lock=lock) as handle:
            return version.number_of(handle)
    except (StoreError, lmdb.Error) as error:
        raise StoreError(f"{folder} holds no store: {error}") from error


def _carry_out(folder: Path, keys: StoreKeys, move: Move, tell: Tell) -> None:
    data, old = folder / DATA, kept(folder, move.found)
    if old.exists() and not old.samefile(data):
        raise StoreError(f"{old} is there from another time: move it away first")
    copy = _copy_in(folder, move.wanted)
    with _told_as_unchanged(folder, move, copy):
        there = copy.begin()
        check_room(folder, there)
        copy.copy(used_bytes(folder), functools.partial(tell, "copying"))
        _take_steps(copy.place, keys, move, tell)
        verify(copy.place, keys, "the migrated copy", functools.partial(tell, "verifying"))
        make_like(copy.place / DATA, data)
        _keep(data, old)
        (copy.place / DATA).replace(data)
    sync_folder(folder)
    copy.discard()


@contextmanager
def _told_as_unchanged(folder: Path, move: Move, copy: BegunCopy) -> Iterator[None]:
    """Throw the copy away where something failed; whoever stops the call himself may go on."""
    try:
        yield
    except (StoreError, lmdb.Error, OSError) as error:
        why = said(error, folder)  # before there is room again
        copy.discard()
        line = f"the store in {folder} stays as it was, of format {move.found}: {why}"
        raise StoreError(line) from error
    except Exception:
        copy.discard()
        raise


def _take_steps(place: Path, keys: StoreKeys, move: Move, tell: Tell) -> None:
    with opened(place, read_only=False, lock=False, sync=True) as handle:
        _make_room(handle, (place / DATA).stat().st_size)
        for number in range(version.number_of(handle), move.wanted):
            told = functools.partial(tell, f"format {number} to {number + 1}")
            course = Course(handle, keys, told)
            move.steps[number - move.found](course)
            course.arrive(version.FORMAT._replace(number=number + 1).mark)


def _make_room(handle: lmdb.Environment, size: int) -> None:
    """Let the copy grow beyond what the store was made for, if that is nearly full.

    How much the store may hold is for the configuration to say, when it is opened again.
    """
    needed = MOST_GROWN * size + MIN_ROOM
    if handle.info()["map_size"] < needed:
        handle.set_mapsize(needed)


def _keep(data: Path, old: Path) -> None:
    """Give the store's file, as it is, its second name; nothing is copied."""
    if not old.exists():
        os.link(data, old)
        sync_folder(data.parent)
