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
    """Bytes that are written once, from front to back, and then read in place."""

    fd = -1

    def __init__(self, fd: int | None = None) -> None:
        """Make an empty one, or take over ``fd`` (its size is read from it)."""
        self.fd = os.memfd_create("rmp", _MADE) if fd is None else fd
        self.size = os.fstat(self.fd).st_size

    def write(self, data: bytes | memoryview) -> None:
        """Append ``data``."""
        rest = memoryview(data)
        while rest:
            done = os.write(self.fd, rest)
            self.size += done
            rest = rest[done:]

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
        if not self.size:
            yield memoryview(b"")
            return
        # Private: what is mapped shared counts as writable, and could not be kept still.
        pages = mmap.mmap(self.fd, self.size, mmap.MAP_PRIVATE, mmap.PROT_READ)
        view = memoryview(pages)
        try:
            yield view
        finally:
            with contextlib.suppress(BufferError):
                view.release()
                pages.close()

    def close(self) -> None:
        """Give the memory back; closing twice does nothing."""
        fd, self.fd = (
            self.fd,
            -1,
        )  # first: never is a descriptor closed that is another's by now
        if fd >= 0:
            os.close(fd)

    __del__ = close
    """Where nobody came to it: a mail may be given up at any moment (``keeper.desk.quick``)."""
