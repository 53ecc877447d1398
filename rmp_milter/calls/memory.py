"""Anonymous memory that has a file descriptor: how a mail is held and handed over.

A mail may arrive in clear by mistake, and a plaintext must never touch the disk: hence
memfd (memfd_create(2)) and not a temporary file. The descriptor is passed to the keeper
beside a request, so that a large body is never copied through the socket.
"""

import contextlib
import mmap
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rmp_milter.disk.closing import Closing


class Memory(Closing):
    """Bytes that are written once, from front to back, and then read in place."""

    fd = -1

    def __init__(self, fd: int | None = None) -> None:
        """Make an empty one, or take over ``fd`` (its size is read from it)."""
        self.fd = os.memfd_create("rmp", os.MFD_CLOEXEC) if fd is None else fd
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
        pages = mmap.mmap(self.fd, self.size, prot=mmap.PROT_READ)
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
