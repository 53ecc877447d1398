"""What the two ends of a tunnel say to each other: frames, each of a kind and of bounded length.

``kind (1 byte) ‖ length (4 bytes, big-endian) ‖ payload`` (docs/formats.md, Tunnel). A message of
the keeper's sockets goes as a head, that says how long it and its memory are, and pieces of both.
"""

import struct
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import NamedTuple

PROTOCOL = "rmp-tunnel/1"
"""What both ends name in the TLS handshake (ALPN, RFC 7301): another version is none."""
PIECE = 1 << 16
"""Bytes of a payload at most."""
REASON = 200
"""Bytes of the words why a keeper is away."""
_START = struct.Struct(">BI")
_HEAD = struct.Struct(">BIQ")
START_SIZE = _START.size

ReadBytes = Callable[[int], bytes]
"""Returns so many bytes, or raises ``OSError``."""


class TunnelError(OSError):
    """What comes out of a tunnel is not what the other end may send."""


class FrameKind(IntEnum):
    """The frames, in the order in which a call has them."""

    CALL = 1
    """Near to far: is the keeper there?"""
    READY = 2
    """Far to near: it is, and waits for the request."""
    AWAY = 3
    """Far to near: it is not, for this reason; the next CALL may come."""
    HEAD = 4
    """A message begins: the request's, later the reply's."""
    DATA = 5
    """The next bytes of a message, then of its memory."""
    ALIVE = 6
    """Far to near: the keeper is at work."""


_LONGEST = {FrameKind.AWAY: REASON, FrameKind.HEAD: _HEAD.size, FrameKind.DATA: PIECE}


class TunnelFrame(NamedTuple):
    """One frame."""

    kind: FrameKind
    payload: bytes = b""

    @property
    def octets(self) -> bytes:
        """The frame as it travels."""
        return _START.pack(self.kind, len(self.payload)) + self.payload


class MessageBounds(NamedTuple):
    """How long a message may be, and its memory, in bytes."""

    message: int
    memory: int


class MessageHead(NamedTuple):
    """How long a message is, and its memory, if it has one."""

    message: int
    memory: int | None

    @property
    def frame(self) -> TunnelFrame:
        """The frame that says so."""
        has_memory = self.memory is not None
        return TunnelFrame(
            FrameKind.HEAD, _HEAD.pack(has_memory, self.message, self.memory or 0)
        )


def read_frame(read: ReadBytes) -> TunnelFrame:
    """Return the next frame; raise :class:`TunnelError` for what is none, before it is read."""
    number, length = _START.unpack(read(START_SIZE))
    try:
        kind = FrameKind(number)
    except ValueError:
        raise TunnelError(f"a frame of no kind: {number}") from None
    if length > _LONGEST.get(kind, 0):
        raise TunnelError(f"too long a frame: {kind.name}, {length} bytes")
    return TunnelFrame(kind, read(length) if length else b"")


def awaited(frame: TunnelFrame, *kinds: FrameKind) -> TunnelFrame:
    """Return the frame if it is of one of the ``kinds``; raise :class:`TunnelError`."""
    if frame.kind not in kinds:
        raise TunnelError(f"an unexpected frame: {frame.kind.name}")
    return frame


def head_of(frame: TunnelFrame, bounds: MessageBounds) -> MessageHead:
    """Return what a HEAD says; raise :class:`TunnelError` for one beyond the ``bounds``."""
    if len(awaited(frame, FrameKind.HEAD).payload) != _HEAD.size:
        raise TunnelError("a head that is cut")
    has_memory, message, memory = _HEAD.unpack(frame.payload)
    if has_memory > 1 or (memory and not has_memory):
        raise TunnelError("a head that contradicts itself")
    if message > bounds.message or memory > bounds.memory:
        raise TunnelError(f"too long: {message} bytes, and {memory} of memory")
    return MessageHead(message, memory if has_memory else None)


def pieces(read: ReadBytes, length: int) -> Iterator[bytes]:
    """Yield the ``length`` bytes that the next DATA frames hold, as they come.

    Raises :class:`TunnelError` where they do not end just there.
    """
    while length:
        piece = awaited(read_frame(read), FrameKind.DATA).payload
        if not 0 < len(piece) <= length:
            raise TunnelError("a piece that does not fit its message")
        length -= len(piece)
        yield piece
