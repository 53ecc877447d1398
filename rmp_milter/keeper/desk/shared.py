"""The memory that comes with a call, and whether this process has means left at all.

What goes missing here is a fault of this machine and never of a mail: the caller hears
``UNAVAILABLE``, and the mail comes again.
"""

import mmap
import os

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.desk.desk import CallFailed
from rmp_milter.keeper.openpgp.packets import ReadAt

_ROOM = 4 << 20
"""Octets that must be had for a failure to be believed: libraries tell a lack of memory as
they tell noise, and none of them takes more at once."""


def size_of(fd: int | None, most: int) -> int:
    """Return the size of a call's memory, at most ``most``.

    Raises :class:`CallFailed`: ``UNAVAILABLE`` where it did not come, ``TOO_LARGE``.
    """
    if fd is None:
        raise CallFailed(Why.UNAVAILABLE, "the call came without its memory")
    size = os.fstat(fd).st_size
    if size > most:
        raise CallFailed(Why.TOO_LARGE, "shared memory beyond the message limit")
    return size


def reader(fd: int | None) -> ReadAt:
    """Return what reads a call's memory; less than was asked for is :class:`CallFailed`."""

    def read(offset: int, size: int) -> bytes:
        data = b"" if fd is None else os.pread(fd, size, offset)
        if len(data) != size:
            raise CallFailed(Why.UNAVAILABLE, "the shared memory ended early")
        return data

    return read


def has_means() -> bool:
    """Whether this process can still have memory and descriptors."""
    try:
        with Memory() as memory:
            os.write(memory.fd, b"\0")
            mmap.mmap(-1, _ROOM).close()
    except (OSError, MemoryError):
        return False
    return True
