"""A file system of a few megabytes, which can be filled to its last octet: a disk that is full.

A tmpfs over a folder of the test's own. Only root may mount one; it is unmounted before anybody
removes the folder, whatever still has a file open there.
"""

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from rmp_milter.disk.closing import Closing
from rmp_milter.disk.room import free_bytes

_PIECE = 1 << 20
_MNT_DETACH = 2  # umount2(2): gone from the tree at once

MAY_MOUNT = os.geteuid() == 0
WHY_NOT = "only root may mount the small file system that is filled"
"""For ``skipif`` of a test."""


class SmallDisk(Closing):
    """A file system of ``size`` octets over ``folder``, in which its files lie from now on.

    Nobody may have one of them open. :meth:`close` unmounts it: the files are then as they were
    before, so nobody goes on with them.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self._filling = folder / "filling"
        status = folder.stat()
        rights = f"mode={status.st_mode & 0o7777:o},uid={status.st_uid},gid={status.st_gid}"
        with tempfile.TemporaryDirectory() as aside:
            before = Path(aside) / "before"
            shutil.copytree(folder, before)
            _run("mount", "-t", "tmpfs", "-o", f"size={size},{rights}", "rmp-test", folder)
            try:
                shutil.copytree(before, folder, dirs_exist_ok=True)
            except BaseException:
                self.close()
                raise

    def fill(self, left: int = 0) -> None:
        """Leave no more than ``left`` octets, in a file of their own."""
        take = free_bytes(self.folder) - left
        with self._filling.open("ab", buffering=0) as file:
            while take > 0:
                take -= file.write(bytes(min(take, _PIECE)))

    def make_room(self) -> None:
        """Take away what :meth:`fill` put there."""
        self._filling.unlink()

    def close(self) -> None:
        """Unmount it."""
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.umount2(os.fsencode(self.folder), _MNT_DETACH) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(self.folder))


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True)  # noqa: S603 -- a command of ours
