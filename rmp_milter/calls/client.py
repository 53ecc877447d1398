"""The milter's end of the keeper's socket. Holds no key and imports nothing that does."""

import socket
from pathlib import Path
from typing import TypeVar

import msgspec

from rmp_milter.calls import wire
from rmp_milter.calls.protocol import (
    Checkpointed,
    Created,
    Failed,
    Opened,
    Proven,
    Recoded,
    Recorded,
    Released,
    Reply,
    Request,
    Resealed,
    Sealed,
    Told,
    Vouched,
)

REPLY_LIMIT = 64 << 20
ReplyT = TypeVar(
    "ReplyT",
    Opened,
    Created,
    Resealed,
    Proven,
    Released,
    Recoded,
    Told,
    Recorded,
    Checkpointed,
    Sealed,
    Vouched,
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


class KeeperDown(OSError):  # noqa: N818 -- reads as what it is where it is caught
    """The keeper cannot be reached, took too long, or hung up: come again."""


class KeeperFailed(Exception):  # noqa: N818 -- the keeper's own word for it
    """The keeper answered that it could not do the call."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(f"{failed.why}: {failed.detail}")
        self.failed = failed


class KeeperClient:
    """Calls the keeper; one connection a call, so threads may share a client."""

    def __init__(self, socket_path: Path, timeout: float) -> None:
        """``timeout`` is in seconds, for each wait."""
        self._path = str(socket_path)
        self._timeout = timeout

    def call(self, request: Request, fd: int | None = None) -> tuple[Reply, int | None]:
        """Send a request (with its shared memory) and return the reply (and its own).

        The descriptor returned is the caller's to close. Raises :class:`KeeperDown`.
        """
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._timeout)
                connection.connect(self._path)
                wire.send(connection, _encoder.encode(request), fd)
                message, back = wire.receive(connection, REPLY_LIMIT)
        except OSError as error:
            raise KeeperDown(str(error) or type(error).__name__) from error
        return _decoded(message, back), back

    def expect(
        self, reply_type: type[ReplyT], request: Request, fd: int | None = None
    ) -> tuple[ReplyT, int | None]:
        """Call, and raise :class:`KeeperFailed` unless the reply is of ``reply_type``."""
        reply, back = self.call(request, fd)
        if isinstance(reply, reply_type):
            return reply, back
        if back is not None:
            wire.close_all([back])
        if isinstance(reply, Failed):
            raise KeeperFailed(reply)
        raise KeeperDown(f"unexpected reply {type(reply).__name__}")


def _decoded(message: bytes, fd: int | None) -> Reply:
    try:
        return _decoder.decode(message)
    except msgspec.DecodeError as error:
        wire.close_all([] if fd is None else [fd])
        raise KeeperDown("a reply that cannot be read") from error
