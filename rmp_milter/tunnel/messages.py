"""Whole messages of the keeper's sockets in and out of a tunnel, their memory in pieces.

What a message brings in memory is never whole in this process's own: it is copied piece by piece
out of the memory that was passed, and into one that is passed on, sealed. Never into a file.
"""

import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rmp_milter.calls import wire
from rmp_milter.calls.memory import keep_still
from rmp_milter.tunnel.frames import (
    PIECE,
    FrameKind,
    MessageBounds,
    MessageHead,
    ReadBytes,
    TunnelError,
    TunnelFrame,
    head_of,
    pieces,
)

SMALL = 1 << 20
"""Bytes of memory that every call may have: an emergency's request never waits for large ones."""

WriteBytes = Callable[[bytes], None]
"""Sends all of it, or raises ``OSError``."""


class CarriedMessage(NamedTuple):
    """A request or a reply as it lies in this process; ``fd`` is its memory, ours to close."""

    content: bytes
    fd: int | None

    def close(self) -> None:
        """Give the memory back."""
        wire.close_all([] if self.fd is None else [self.fd])


class MemoryRoom:
    """How much memory large messages may take together; for threads of a process."""

    def __init__(self, size: int, patience: float) -> None:
        """``size`` is in bytes; who finds no room within ``patience`` seconds goes without."""
        self._free = size
        self._patience = patience
        self._changed = threading.Condition()

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        """Hold room for the block, if it is for more than a little; raises :class:`TunnelError`."""
        wanted = size if size > SMALL else 0
        with self._changed:
            if not self._changed.wait_for(lambda: wanted <= self._free, self._patience):
                raise TunnelError("no room for a large message")
            self._free -= wanted
        try:
            yield
        finally:
            with self._changed:
                self._free += wanted
                self._changed.notify_all()


def send_message(write: WriteBytes, message: CarriedMessage, bounds: MessageBounds) -> None:
    """Send a message and its memory, which does not change any more from then on.

    Raises :class:`TunnelError` for one beyond the ``bounds`` before anything is sent, and for
    memory of a wrong kind.
    """
    head = MessageHead(len(message.content), None if message.fd is None else _size(message.fd))
    head_of(head.frame, bounds)
    write(head.frame.octets)
    for start in range(0, head.message, PIECE):
        write(TunnelFrame(FrameKind.DATA, message.content[start : start + PIECE]).octets)
    if message.fd is not None:
        for piece in _read_all(message.fd, head.memory or 0):
            write(TunnelFrame(FrameKind.DATA, piece).octets)


@contextmanager
def received_message(
    read: ReadBytes, first: TunnelFrame, bounds: MessageBounds, room: MemoryRoom
) -> Iterator[CarriedMessage]:
    """Give the message whose HEAD is the ``first`` frame, for as long as the block.

    Raises :class:`TunnelError` for frames that make none, or where there is no room for it.
    """
    head = head_of(first, bounds)
    content = b"".join(pieces(read, head.message))
    with room.of(head.memory or 0):
        message = CarriedMessage(
            content, None if head.memory is None else _filled(read, head.memory)
        )
        try:
            yield message
        finally:
            message.close()


def _size(fd: int) -> int:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        raise TunnelError("shared memory of a wrong kind")
    keep_still(fd)  # what is read piece by piece must be of one moment
    return os.fstat(fd).st_size


def _read_all(fd: int, size: int) -> Iterator[bytes]:
    place = 0
    while place < size:
        piece = os.pread(fd, min(PIECE, size - place), place)
        if not piece:
            raise TunnelError("shared memory that ends early")
        place += len(piece)
        yield piece


def _filled(read: ReadBytes, size: int) -> int:
    """Return new memory with the bytes that come; it is sealed."""
    fd = os.memfd_create("rmp-tunnel", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        for piece in pieces(read, size):
            _write(fd, piece)
        keep_still(fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _write(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
