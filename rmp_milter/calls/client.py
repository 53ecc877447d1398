"""The callers' end of the keeper's sockets. Holds no key and imports nothing that does."""

import math
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from rmp_milter.calls import wire
from rmp_milter.calls.protocol.answering import Sealed, Welcomed
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Amended, Compared, Learned, Vouched
from rmp_milter.calls.protocol.filing import Created, Resealed
from rmp_milter.calls.protocol.leaves import Checkpointed, Recorded, Told
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.opening import Opened
from rmp_milter.calls.protocol.releasing import Proven, Recoded, Released
from rmp_milter.calls.protocol.rotating import CustodyTried, Recarded, Reslotted, SealedAgain
from rmp_milter.disk.closing import Closing

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
    Amended,
    Vouched,
    Compared,
    Learned,
    Checkpointed,
    Sealed,
    Welcomed,
    SealedAgain,
    Reslotted,
    Recarded,
    CustodyTried,
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


class KeeperAway(KeeperDown):
    """Nobody is there to be asked: nothing was done."""


class KeeperClosed(KeeperAway):
    """This user may not call the keeper there."""


class AnyKeeper(Protocol):
    """A keeper, or several of which one answers."""

    def expect(
        self, reply_type: type[ReplyT], request: Request, fd: int | None = None
    ) -> tuple[ReplyT, int | None]:
        """Call, and raise :class:`KeeperFailed` unless the reply is of ``reply_type``."""


class KeeperClient:
    """Calls the keeper; one connection a call, so threads may share a client."""

    def __init__(self, socket_path: Path, timeout: float) -> None:
        """``timeout`` is in seconds, for each wait."""
        self._path = str(socket_path)
        self._timeout = timeout
        self._lock = threading.Lock()
        self._calls: dict[socket.socket, float] = {}

    def call(self, request: Request, fd: int | None = None) -> tuple[Reply, int | None]:
        """Send a request (with its shared memory) and return the reply (and its own).

        The descriptor returned is the caller's to close. Raises :class:`KeeperDown`.
        """
        with _connected(self._path, self._timeout) as connection:
            with self._lock:
                self._calls[connection] = time.monotonic()
            try:
                return _asked(connection, request, fd)
            finally:
                with self._lock:
                    del self._calls[connection]

    def waiting(self) -> float:
        """Return for how many seconds the oldest of the calls at hand has no answer yet."""
        with self._lock:
            return time.monotonic() - min(self._calls.values(), default=math.inf)

    def hang_up(self) -> None:
        """End all calls at hand: who made them hears :class:`KeeperDown`."""
        with self._lock:
            for connection in self._calls:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def expect(
        self, reply_type: type[ReplyT], request: Request, fd: int | None = None
    ) -> tuple[ReplyT, int | None]:
        """Call, and raise :class:`KeeperFailed` unless the reply is of ``reply_type``."""
        return expected(reply_type, *self.call(request, fd))


class KeeperLine(Closing):
    """One connection to the operator's socket, for any number of calls, one after the other.

    The keeper looks at who connects, not at who speaks then: what was opened as root serves
    a process that has become another user since. For one thread.
    """

    def __init__(self, socket_path: Path, timeout: float) -> None:
        """Connect; ``timeout`` is in seconds, for each wait.

        Raises :class:`KeeperDown`, as :class:`KeeperClosed` for a user who may not connect.
        """
        self._connection = _connected(str(socket_path), timeout)

    def expect(
        self, reply_type: type[ReplyT], request: Request, fd: int | None = None
    ) -> tuple[ReplyT, int | None]:
        """Call as :meth:`KeeperClient.expect`; after :class:`KeeperDown` no more can be asked."""
        try:
            answered = _asked(self._connection, request, fd)
        except KeeperDown:
            self.close()  # a reply that comes late would be taken for the next one's
            raise
        return expected(reply_type, *answered)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _connected(path: str, timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        kind = KeeperClosed if isinstance(error, PermissionError) else KeeperAway
        raise kind(_words(error)) from error
    return connection


def _asked(
    connection: socket.socket, request: Request, fd: int | None
) -> tuple[Reply, int | None]:
    try:
        wire.send(connection, _encoder.encode(request), fd)
        message, back = wire.receive(connection, REPLY_LIMIT)
    except OSError as error:
        raise KeeperDown(_words(error)) from error
    reply = _decoded(message, back)
    if isinstance(reply, Failed) and reply.why is Why.AWAY:
        wire.close_all([] if back is None else [back])
        raise KeeperAway(reply.detail)
    return reply, back


def _words(error: OSError) -> str:
    return str(error) or type(error).__name__


def expected(
    reply_type: type[ReplyT], reply: Reply, back: int | None
) -> tuple[ReplyT, int | None]:
    """Return a reply of ``reply_type`` and its memory; raise :class:`KeeperFailed` for another."""
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
