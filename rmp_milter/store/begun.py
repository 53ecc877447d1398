"""A copy of the store inside its folder that outlives a kill: begun by one call, ended by another.

Beside it lies a mark: of which file it is a copy, for which move, by which version, and how many
of its octets are on disk. It is gone on with only where all of that still holds; a store that was
in use since is another, whatever it looks like.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec.structs import replace

from rmp_milter import __version__
from rmp_milter.disk.new_files import replace_whole
from rmp_milter.store.beside import DATA
from rmp_milter.store.engines import Earlier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARK = "begun"

CHUNK = 64 << 20
"""Octets after which it is noted how far the copying is, and so what a kill costs at most."""

_STATE_BYTES = 2 * 4096
"""The two pages that a file of LMDB's begins with: every commit changes one of them."""


class StoreFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tells a store's file from every other, and from itself after a change."""

    inode: int
    size: int
    changed_ns: int
    state: str

    @classmethod
    def of(cls, data: Path) -> Self:
        """Look at a file; raises ``OSError``."""
        with data.open("rb") as file:
            status = os.fstat(file.fileno())
            state = hashlib.sha256(file.read(_STATE_BYTES)).hexdigest()
        return cls(status.st_ino, status.st_size, status.st_mtime_ns, state)


class CopyMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a copy was begun for, and how many octets of it are on disk."""

    program: str
    wanted: int
    source: StoreFile
    copied: int = 0


class BegunCopy:
    """The copy of the store in ``folder`` that goes to the format ``wanted``.

    Raises ``OSError``, as its methods do.
    """

    def __init__(self, folder: Path, name: str, wanted: int) -> None:
        self.place = folder / name
        self._source = folder / DATA
        self._copy = self.place / DATA
        self._mark = CopyMark(__version__, wanted, StoreFile.of(self._source))

    def earlier(self) -> Earlier:
        """Return what there is of an earlier call."""
        return self._found()[0]

    def begin(self) -> int:
        """Take up what an earlier call has on disk, if it fits; else begin with nothing.

        Returns how many octets are there.
        """
        earlier, mark = self._found()
        if earlier is Earlier.FITS:
            self._mark = mark
        else:
            self.discard()
            self.place.mkdir(mode=0o700)
            self._note(0)
        return self._mark.copied

    def copy(self, whole: int, tell: Callable[[int, int], None]) -> None:
        """Copy what is missing of the first ``whole`` octets; durable on return.

        Nobody may have the store open meanwhile. A copy that was whole has been worked on since:
        nothing of it is touched.
        """
        tell(self._mark.copied, whole)
        if self._mark.copied == whole:
            return
        if not self._mark.copied:
            self._copy.touch(mode=0o600)
        with self._source.open("rb") as source, self._copy.open("r+b") as copy:
            copy.truncate(self._mark.copied)
            copy.seek(self._mark.copied)
            for start in range(self._mark.copied, whole, CHUNK):
                end = min(start + CHUNK, whole)
                _send(source.fileno(), copy.fileno(), start, end)
                os.fsync(copy.fileno())
                self._note(end)
                tell(end, whole)

    def discard(self) -> None:
        """Remove the copy, with its mark."""
        shutil.rmtree(self.place, ignore_errors=True)

    def _found(self) -> tuple[Earlier, CopyMark]:
        try:
            found = msgspec.json.decode((self.place / MARK).read_bytes(), type=CopyMark)
            there = self._copy.stat().st_size if found.copied else 0
        except (OSError, msgspec.DecodeError):
            return Earlier.NONE, self._mark
        fits = replace(found, copied=0) == self._mark and found.copied <= there
        return (Earlier.FITS if fits else Earlier.FOREIGN), found

    def _note(self, copied: int) -> None:
        self._mark = replace(self._mark, copied=copied)
        replace_whole(self.place / MARK, msgspec.json.encode(self._mark), 0o600)


def _send(source: int, target: int, start: int, end: int) -> None:
    """Copy octets of a file to the end of another, by the kernel."""
    while start < end:
        sent = os.sendfile(target, source, start, end - start)
        if not sent:
            raise OSError(errno.EIO, "the store's file ends too early")
        start += sent
