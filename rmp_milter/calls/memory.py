"""Anonymous memory that has a file descriptor: how a mail is held and handed over.

A mail may arrive in clear by mistake, and a plaintext must never touch the disk: hence
memfd (memfd_create(2)) and not a temporary file. The descriptor is passed to the keeper
beside a request, so that a large body is never copied through the socket.
"""

import contextlib
import fcntl
import mmap
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO

from rmp_milter.disk.closing import Closing

_MADE = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
_STILL = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
FEW = 1 << 16
"""Bytes up to which they need no descriptor, unless somebody asks for it."""


def keep_still(fd: int) -> None:
    """Have the memory behind a descriptor never change again, whoever has it (fcntl(2)).

    Raises :class:`OSError` where it is none that can be kept so, or somebody has it mapped to
    be written to.
    """
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _STILL)


def room_for(size: int) -> BytesIO:
    """Return an empty buffer that takes ``size`` octets without growing.

    One that grows may be moved, and leaves as much behind that nobody gives back. Who wrote less
    truncates it.
    """
    made = BytesIO()
    if size:
        made.seek(size - 1)
        made.write(b"\0")
        made.seek(0)
    return made


class Memory(Closing):
    """Bytes that are written once, from front to back, and then read in place.

    A few of them lie in this process alone; more, and those whose descriptor is asked for, in
    memory that has one. So a small mail and an answer that travels in its reply need none, and
    what was handed over is not mapped to be read here.
    """

    _fd = -1
    _is_open = False

    def __init__(self, fd: int | None = None) -> None:
        """Make an empty one, or take over ``fd`` (its size is read from it)."""
        self.size = 0 if fd is None else os.fstat(fd).st_size
        self._fd = -1 if fd is None else fd
        self._few = bytearray()
        self._is_open = True

    @property
    def fd(self) -> int:
        """The descriptor, made where there was no need of one before; -1 once it is closed."""
        if self._fd < 0 and self._is_open:
            self._fd = os.memfd_create("rmp", _MADE)
            _write(self._fd, self._few)
        return self._fd

    def write(self, data: bytes | memoryview) -> None:
        """Append ``data``."""
        size = memoryview(data).nbytes
        if self._is_open and self._fd < 0 and self.size + size <= FEW:
            self._few += data
        else:
            _write(self.fd, data)
            self._few = bytearray()
        self.size += size

    def write_all(self, chunks: Iterable[bytes | memoryview]) -> int:
        """Append all chunks and return how many bytes they were."""
        before = self.size
        for chunk in chunks:
            self.write(chunk)
        return self.size - before

    @contextmanager
    def mapped(self) -> Iterator[memoryview]:
        """Give the bytes in place, read-only, as long as the block lasts.

        After it the view is void, whoever holds it still. A slice of it that outlives the
        block (in an error's traceback, say) keeps the pages until it goes; nobody reads
        memory that is gone.
        """
        pages = None
        if self._fd >= 0 and len(self._few) < self.size:
            # Private: what is mapped shared counts as writable, and could not be kept still.
            pages = mmap.mmap(self._fd, self.size, mmap.MAP_PRIVATE, mmap.PROT_READ)
        view = memoryview(bytes(self._few) if pages is None else pages)
        try:
            yield view
        finally:
            with contextlib.suppress(BufferError):
                view.release()
                if pages is not None:
                    pages.close()

    def close(self) -> None:
        """Give the memory back; closing twice does nothing."""
        # First: never is a descriptor closed that is another's by now.
        fd, self._fd, self._is_open = self._fd, -1, False
        self._few = bytearray()
        if fd >= 0:
            os.close(fd)

    __del__ = close
    """Where nobody came to it: a mail may be given up at any moment (``keeper.desk.quick``)."""


def _write(fd: int, data: bytes | bytearray | memoryview) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
