"""The keeper's socket: one message each way, a length and MessagePack, perhaps an fd.

``length (4 bytes, big-endian) ‖ msgpack``; a file descriptor of anonymous memory travels
beside the first bytes (SCM_RIGHTS). Nothing here knows what a message means.
"""

import os
import socket
from contextlib import suppress

LENGTH_SIZE = 4
_PIECE = 1 << 16
_MAX_FDS = 4
_LOST = int(socket.MSG_CTRUNC)  # a plain number: the enumeration takes longer than the call


class WireError(OSError):
    """A connection that ended early, a message too long, descriptors too many or lost."""


def send(connection: socket.socket, message: bytes, fd: int | None) -> None:
    """Send one message, its descriptor beside the first bytes."""
    data = len(message).to_bytes(LENGTH_SIZE) + message
    if fd is None:
        connection.sendall(data)
        return
    sent = socket.send_fds(connection, [data], [fd])
    if sent < len(data):
        # Not with nothing left: the other end may have read all, answered and gone.
        connection.sendall(memoryview(data)[sent:])


def receive(connection: socket.socket, limit: int) -> tuple[bytes, int | None]:
    """Receive one message of at most ``limit`` bytes and its descriptor, now ours.

    Raises :class:`WireError`, or ``TimeoutError`` from the connection's timeout; then no
    descriptor stays open.
    """
    fds: list[int] = []
    try:
        message = _receive(connection, limit, fds)
    except BaseException:
        close_all(fds)
        raise
    return message, fds[0] if fds else None


def _receive(connection: socket.socket, limit: int, fds: list[int]) -> bytes:
    data = bytearray()
    wanted = LENGTH_SIZE
    while len(data) < wanted:
        piece, came, flags, _ = socket.recv_fds(connection, _PIECE, _MAX_FDS)
        fds += came
        if flags & _LOST:
            # Linux drops what this process has no room for (unix(7)): without its memory the
            # message would say something else than what was sent.
            raise WireError("a descriptor was lost")
        if not piece:
            raise WireError("the connection ended early")
        data += piece
        if wanted == LENGTH_SIZE <= len(data):
            wanted += int.from_bytes(data[:LENGTH_SIZE])
        if wanted > limit + LENGTH_SIZE:
            raise WireError("message too long")
    if len(data) > wanted or len(fds) > 1:
        raise WireError("more than one message or descriptor")
    return bytes(memoryview(data)[LENGTH_SIZE:])


def close_all(fds: list[int]) -> None:
    """Close descriptors, whatever they are."""
    for fd in fds:
        with suppress(OSError):
            os.close(fd)
