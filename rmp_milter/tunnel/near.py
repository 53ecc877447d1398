"""The end at the milter's host: a unix socket that stands for a keeper on another host.

A call's request is read here, sent over a TLS connection, and its reply given back. Connections
are kept for the next calls, each for one at a time. Before a word of a request leaves, the other
end has said that the keeper is there: where it is not, the caller hears that nothing was asked.
"""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

import msgspec

from rmp_milter.calls import wire
from rmp_milter.calls.listening import caller_may
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.disk.closing import Closing
from rmp_milter.tunnel.certificates import Pinned, whose
from rmp_milter.tunnel.connections import SILENCE, Peer, dialled, shaken
from rmp_milter.tunnel.frames import FrameKind, MessageBounds, TunnelError, TunnelFrame, awaited
from rmp_milter.tunnel.messages import (
    CarriedMessage,
    MemoryRoom,
    received_message,
    send_message,
)

log = logging.getLogger("rmp.tunnel")

MOST_CALLS = 128
"""Calls at once to one keeper; the next ones hear that it is away."""
MOST_KEPT = 16
"""Connections that are kept open for the next calls."""
KEPT = 30.0
"""Seconds for which one is kept: the far end waits for twice as long."""
LOCAL = 30.0
"""Seconds that the caller may take for each wait, as at the keeper's own socket."""
READY = 5.0
"""Seconds that the far end has to say whether the keeper is there; else its host does not live."""
CALL = 600.0
"""Seconds for a whole call; the caller gives up earlier."""
PAUSE = 0.1
"""Seconds until a call is taken again, where the system lacked something."""
REQUEST_LIMIT = 16 << 20
"""Bytes of a request, as the keeper takes it."""
REPLY_LIMIT = 64 << 20

_encode = msgspec.msgpack.Encoder().encode


class FarKeeperAway(Exception):  # noqa: N818 -- reads as what it is where it is caught
    """The keeper cannot be asked, and nothing of the request has left."""


class FarHost(NamedTuple):
    """A keeper's host: where it listens, what is shown to it, and which certificates it has."""

    name: str
    host: str
    port: int
    context: ssl.SSLContext
    trusted: Sequence[Pinned]

    def connected(self) -> Peer:
        """Return a new connection; raises ``OSError``."""
        secured = shaken(dialled(self.host, self.port), self.context, server=False)
        try:
            whose(secured, self.trusted)
        except BaseException:
            secured.close()
            raise
        return Peer(secured, self.name)


class KeptConnections(Closing):
    """Connections that carry no call at the moment, the latest used first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._peers: list[tuple[float, Peer]] = []
        self._most = MOST_KEPT

    def take(self) -> Peer | None:
        """Return one that is still alive, if there is one."""
        while True:
            with self._lock:
                if not self._peers:
                    return None
                until, peer = self._peers.pop()
            if time.monotonic() < until and peer.is_silent():
                return peer
            peer.close()

    def give(self, peer: Peer) -> None:
        """Keep one for the next call, and no more than there may be."""
        now = time.monotonic()
        with self._lock:
            over = [each for each in self._peers if each[0] <= now]
            self._peers = [each for each in self._peers if each[0] > now]
            self._peers.append((now + KEPT, peer))
            many = max(0, len(self._peers) - self._most)
            over += self._peers[:many]
            self._peers = self._peers[many:]
        for _, old in over:
            old.close()

    def drop(self) -> None:
        """Hang up on all of them."""
        with self._lock:
            peers, self._peers = self._peers, []
        for _, peer in peers:
            peer.close()

    def close(self) -> None:
        """Hang up on all of them, and keep no more."""
        with self._lock:
            self._most = 0
        self.drop()


class Near:
    """Serves one keeper's socket; a thread for each call."""

    def __init__(
        self, allowed_uids: frozenset[int], far: FarHost, memory: int, room: MemoryRoom
    ) -> None:
        """``allowed_uids`` may call; ``memory`` is how many bytes a message may bring in memory."""
        self._allowed_uids = allowed_uids
        self._far = far
        self._room = room
        self._requests = MessageBounds(REQUEST_LIMIT, memory)
        self._replies = MessageBounds(REPLY_LIMIT, memory)
        self.kept = KeptConnections()
        self._calls = threading.BoundedSemaphore(MOST_CALLS)

    def serve(self, listener: socket.socket) -> None:
        """Answer calls as long as the listener is open."""
        while listener.fileno() >= 0:
            try:
                connection, _ = listener.accept()
            except OSError as error:
                log.critical("no call can be taken: %s", error)
                time.sleep(PAUSE)
            else:
                self._begin(connection)

    def _begin(self, connection: socket.socket) -> None:
        connection.settimeout(LOCAL)
        if not self._calls.acquire(blocking=False):
            log.error("%s: too many calls at once", self._far.name)
            connection.close()
            return
        try:
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()
        except RuntimeError:
            log.critical("no thread can be started")
            self._calls.release()
            connection.close()

    def _answer(self, connection: socket.socket) -> None:
        try:
            with connection:
                if caller_may(connection, self._allowed_uids):
                    self._carry(connection)
        except OSError as error:
            log.warning(
                "%s: a call broke off: %s", self._far.name, error or type(error).__name__
            )
        finally:
            self._calls.release()

    def _carry(self, connection: socket.socket) -> None:
        content, fd = wire.receive(connection, REQUEST_LIMIT)
        request = CarriedMessage(content, fd)
        try:
            peer = self._ready()
        except FarKeeperAway as away:
            log.warning("%s: the keeper is away: %s", self._far.name, away)
            request.close()
            wire.send(connection, _encode(Failed(Why.AWAY, str(away))), None)
            return
        with ExitStack() as undo:
            undo.callback(request.close)
            undo.callback(peer.close)
            send_message(peer.write, request, self._requests)
            frame = _reply_begun(peer, connection)
            with received_message(peer.read, frame, self._replies, self._room) as reply:
                undo.pop_all()
                request.close()
                self.kept.give(peer)  # before the caller can come with the next call
                wire.send(connection, reply.content, reply.fd)

    def _ready(self) -> Peer:
        """Return a connection behind which the keeper waits for a request.

        One that was kept may have ended in this moment: a new one is tried then. Raises
        :class:`FarKeeperAway`.
        """
        try:
            while kept := self.kept.take():
                with suppress(TunnelError, ConnectionError, ssl.SSLError):
                    return _called(kept)
            return _called(self._far.connected())
        except OSError as error:
            self.kept.drop()  # a host that says nothing does not say it on them either
            raise FarKeeperAway(str(error) or type(error).__name__) from error


def _called(peer: Peer) -> Peer:
    """Return the connection once its other end says that the keeper is there.

    Raises :class:`FarKeeperAway`, or ``OSError`` where nobody says anything; it is closed then.
    """
    try:
        peer.within(READY)
        peer.send(TunnelFrame(FrameKind.CALL))
        frame = awaited(peer.frame(), FrameKind.READY, FrameKind.AWAY)
    except BaseException:
        peer.close()
        raise
    if frame.kind is FrameKind.AWAY:
        peer.close()
        raise FarKeeperAway(frame.payload.decode(errors="replace"))
    peer.within(CALL)
    return peer


def _reply_begun(peer: Peer, connection: socket.socket) -> TunnelFrame:
    """Wait for the reply's first frame; raise where the caller has hung up meanwhile."""
    while True:
        if not peer.speaks(SILENCE, connection):
            raise TunnelError("the other end fell silent")
        if not peer.speaks(0):
            raise TunnelError("the caller hung up")
        frame = awaited(peer.frame(), FrameKind.HEAD, FrameKind.ALIVE)
        if frame.kind is FrameKind.HEAD:
            return frame
