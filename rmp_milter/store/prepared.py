"""What of a rotation lies beside the store while the services run, and how far it is.

``base`` is a copy of one moment of the store, ``next`` the same under the next key. A mark says
for which key, by which version, and what of it is done and on disk: a call that was killed is gone
on with, step by step.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING

import lmdb
import msgspec

from rmp_milter import __version__
from rmp_milter.disk.new_files import replace_whole
from rmp_milter.disk.room import said
from rmp_milter.store.begun import MARK, StoreFile
from rmp_milter.store.beside import DATA, check_own, opened
from rmp_milter.store.format.failures import StoreError, UnknownEndError
from rmp_milter.store.format.version import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.store.engines import KeySuccession

PLACE = "rotation"


class Stage(StrEnum):
    """How far it is: what is on disk."""

    BEGUN = "begun"  # the next key
    COPIED = "copied"  # the base
    VERIFIED = "verified"  # the same, and it is sound
    WRITTEN = "written"  # the store under the next key
    READY = "ready"  # the same, and it is sound


class RotationMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lies there.

    ``at`` is when it was begun (epoch seconds). Where it is ready, ``change`` is the number of
    the new file's last transaction; another one brings it to where the store is that
    ``against`` tells.
    """

    program: str
    format: int
    which: str
    at: int
    stage: Stage = Stage.BEGUN
    change: int = 0
    against: StoreFile | None = None

    @property
    def is_ours(self) -> bool:
        """Whether this version has made it."""
        return (self.program, self.format) == (__version__, FORMAT.number)


class RotationPlace:
    """The folder of a rotation inside the store's; who writes there has its turn."""

    def __init__(self, folder: Path, named: str = "") -> None:
        """``named`` is how messages call the store."""
        self.folder = folder
        self.named = named or f"the store in {folder}"
        self.place = folder / PLACE
        self.base = self.place / "base"
        self.next = self.place / "next"

    def found(self) -> RotationMark | None:
        """Return the mark; None where there is none that can be read."""
        try:
            return msgspec.json.decode((self.place / MARK).read_bytes(), type=RotationMark)
        except (OSError, msgspec.DecodeError):
            return None

    def is_under_way(self) -> bool:
        """Whether a process is at work there."""
        try:
            with _turn_in(self.place):
                return False
        except StoreError:
            return True
        except OSError:
            return False

    def begin(self, which: str, at: int) -> RotationMark:
        """Note a rotation of which there is nothing but the next key."""
        mark = RotationMark(__version__, FORMAT.number, which, at)
        self.note(mark)
        return mark

    def note(self, mark: RotationMark) -> None:
        """Note how far it is; durable on return. Raises ``OSError``."""
        replace_whole(self.place / MARK, msgspec.json.encode(mark), 0o600)

    def empty(self, place: Path) -> Path:
        """Return ``place`` as an empty folder."""
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700)
        return place

    def change(self) -> int:
        """Return the number of the new file's last transaction."""
        with opened(self.next, read_only=True, lock=False) as handle:
            return int(handle.info()["last_txnid"])

    def bytes(self) -> int:
        """Return how much room is taken."""
        files = [place / DATA for place in (self.base, self.next)]
        return sum(file.stat().st_size for file in files if file.exists())

    def discard(self) -> None:
        """Remove all that lies there, the mark last: without it nobody knows what is whose."""
        for place in (self.base, self.next):
            shutil.rmtree(place, ignore_errors=True)
        for file in self.place.iterdir():
            with suppress(OSError):
                file.unlink()

    def leave(self) -> None:
        """Remove all that lies there, and the folder."""
        self.discard()
        with suppress(OSError):
            self.place.rmdir()


@contextmanager
def turn(folder: Path, named: str = "") -> Iterator[RotationPlace]:
    """Have the place beside the store for oneself; it is removed where nothing is left in it.

    Raises :class:`StoreError` where another process has it, and where there is no room.
    """
    beside = RotationPlace(folder, named)
    try:
        beside.place.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        line = f"{beside.named} and its keys stay as they were: {said(error, folder)}"
        raise StoreError(line) from error
    with _turn_in(beside.place):
        try:
            yield beside
        finally:
            with suppress(OSError):
                beside.place.rmdir()


@contextmanager
def _turn_in(place: Path) -> Iterator[None]:
    fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not _is_locked(fd) or not os.path.samestat(os.fstat(fd), place.stat()):
            raise StoreError("another rotation is under way")
        yield
    finally:
        os.close(fd)


def _is_locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def fitting(
    beside: RotationPlace, succession: KeySuccession
) -> tuple[RotationMark | None, str]:
    """Return what can be gone on with, or why what is there cannot; nothing where nothing is.

    Raises :class:`StoreError` where it is another key's, and where a key cannot be read.
    """
    mark = beside.found()
    if mark is None:
        return None, ""
    if mark.which != succession.which:
        name = f"rmp key rotate {mark.which}"
        raise StoreError(f"another key is prepared first: {name} --finish, or --abandon")
    present = succession.present()
    if not mark.is_ours:
        return None, "another version of rmp-milter has prepared it"
    if not succession.begun:
        return None, "the next key is not there any more"
    following = succession.following()
    try:
        if mark.stage is not Stage.BEGUN:
            check_own(beside.base, present)
        if mark.stage in {Stage.WRITTEN, Stage.READY}:
            check_own(beside.next, following)
        if mark.stage is Stage.READY and beside.change() != mark.change:
            return _caught_up(beside.folder, mark)
    except (StoreError, lmdb.Error, OSError):
        return None, "the store is under another key by now, or what was prepared is damaged"
    return mark, ""


def _caught_up(folder: Path, mark: RotationMark) -> tuple[RotationMark | None, str]:
    """Say whether what has been brought to where the store was is where it is now."""
    if mark.against == StoreFile.of(folder / DATA):
        return mark, ""
    return None, "its finish was interrupted, and the store was in use since"


@contextmanager
def told_as_before(beside: RotationPlace, succession: KeySuccession) -> Iterator[None]:
    """Throw away what is beside the store, and the next key, where the block fails.

    Raises :class:`StoreError`, which says so.
    """
    try:
        yield
    except (StoreError, lmdb.Error, OSError) as error:
        why = said(error, beside.folder)  # before there is room again
        beside.discard()
        succession.forget()
        line = f"{beside.named} and its keys stay as they were: {why}"
        raise StoreError(line) from error


@contextmanager
def told_as_waiting(beside: RotationPlace) -> Iterator[None]:
    """Keep what is beside the store where the block fails; raises :class:`StoreError`."""
    try:
        yield
    except UnknownEndError:
        raise
    except (StoreError, lmdb.Error, OSError) as error:
        why = said(error, beside.folder)
        line = f"{beside.named} and its keys stay as they were, as what is prepared: {why}"
        raise StoreError(line) from error


def nothing_to_finish(mark: RotationMark | None, why: str) -> str:
    """Say why there is nothing: what is there is ``mark``, or was of no use."""
    if mark is not None:
        return "it is not prepared yet: give it without --finish, beside the running services"
    if why:
        return f"what was prepared is of no use, {why}: give it without --finish"
    return "nothing is prepared: give it without --finish, beside the running services"
