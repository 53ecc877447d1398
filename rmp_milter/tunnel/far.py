"""The end at the keeper's host: takes milters' calls out of TLS to the keeper's own socket.

Nobody is heard before he has shown a certificate that is trusted as a milter's host's. What comes
then goes to the milters' socket of the keeper and no other, so that the keeper takes it for what
it is. A connection carries calls one after the other.
"""

import logging
import select
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rmp_milter.calls import wire
from rmp_milter.tunnel.certificates import Pinned, whose
from rmp_milter.tunnel.connections import ALIVE_EVERY, Peer, shaken, watch_over
from rmp_milter.tunnel.frames import (
    REASON,
    FrameKind,
    MessageBounds,
    TunnelError,
    TunnelFrame,
    awaited,
)
from rmp_milter.tunnel.messages import (
    CarriedMessage,
    MemoryRoom,
    received_message,
    send_message,
)
from rmp_milter.tunnel.near import CALL, KEPT, LOCAL, REPLY_LIMIT, REQUEST_LIMIT

log = logging.getLogger("rmp.tunnel")

MOST_OF_ONE = 128
"""Connections at once of one milter's host."""
MOST = 512
"""And of all together, those among them that have not shown yet who they are."""
MOST_STRANGERS = 16
"""Connections of one address that have not shown yet who they are."""
PAUSE = 0.1
"""Seconds until a connection is taken again, where the system lacked something."""
_IDLE = 2 * KEPT


class FarPlace(NamedTuple):
    """Which keeper is called here, what is shown to milters' hosts, and who they are."""

    keeper: Path
    context: ssl.SSLContext
    trusted: Sequence[Pinned]


class Crowd:
    """How many connections there are of whom; for threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: Counter[str] = Counter()

    @contextmanager
    def one_more(self, who: str, most: int) -> Iterator[bool]:
        """Count one of ``who`` for the block; gives False where there would be too many."""
        with self._lock:
            is_in = self._of[who] < most
            self._of[who] += is_in
        try:
            yield is_in
        finally:
            with self._lock:
                self._of[who] -= is_in
                if not self._of[who]:
                    del self._of[who]


class Far:
    """Serves the milters' hosts; a thread for each connection."""

    def __init__(self, place: FarPlace, memory: int, room: MemoryRoom) -> None:
        """``memory`` is how many bytes a message may bring in memory."""
        self._place = place
        self._room = room
        self._requests = MessageBounds(REQUEST_LIMIT, memory)
        self._replies = MessageBounds(REPLY_LIMIT, memory)
        self._all = threading.BoundedSemaphore(MOST)
        self._strangers, self._peers = Crowd(), Crowd()

    def serve(self, listener: socket.socket) -> None:
        """Take connections as long as the listener is open."""
        while listener.fileno() >= 0:
            self._all.acquire()
            try:
                connection, address = listener.accept()
                args = (connection, str(address[0]))
                threading.Thread(target=self._meet, args=args, daemon=True).start()
            except (OSError, RuntimeError) as error:
                log.critical("no connection can be taken: %s", error)
                self._all.release()
                time.sleep(PAUSE)

    def _meet(self, connection: socket.socket, address: str) -> None:
        try:
            with connection, self._strangers.one_more(address, MOST_STRANGERS) as is_in:
                peer = self._known(connection) if is_in else None
            if peer is not None:
                with peer, self._peers.one_more(peer.name, MOST_OF_ONE) as is_in:
                    if is_in:
                        self._serve_calls(peer)
        except OSError as error:
            log.warning("%s: a connection ended: %s", address, error or type(error).__name__)
        finally:
            self._all.release()

    def _known(self, connection: socket.socket) -> Peer:
        """Return the other end, by the name of its certificate; raises ``OSError``."""
        watch_over(connection)
        secured = shaken(connection, self._place.context, server=True)
        try:
            return Peer(secured, whose(secured, self._place.trusted))
        except BaseException:
            secured.close()
            raise

    def _serve_calls(self, peer: Peer) -> None:
        while peer.speaks(_IDLE) and not peer.has_ended():
            peer.within(CALL)
            awaited(peer.frame(), FrameKind.CALL)
            try:
                keeper = _connected(self._place.keeper)
            except OSError as error:
                log.warning("the keeper is away: %s", error)
                peer.send(TunnelFrame(FrameKind.AWAY, str(error).encode()[:REASON]))
                continue
            with keeper:
                self._carry(peer, keeper)

    def _carry(self, peer: Peer, keeper: socket.socket) -> None:
        peer.send(TunnelFrame(FrameKind.READY))
        frame = peer.frame()
        with received_message(peer.read, frame, self._requests, self._room) as request:
            wire.send(keeper, request.content, request.fd)
            _await(keeper, peer)
        reply = CarriedMessage(*wire.receive(keeper, REPLY_LIMIT))
        try:
            send_message(peer.write, reply, self._replies)
        finally:
            reply.close()


def _connected(path: Path) -> socket.socket:
    keeper = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    keeper.settimeout(LOCAL)
    try:
        keeper.connect(str(path))
    except BaseException:
        keeper.close()
        raise
    return keeper


def _await(keeper: socket.socket, peer: Peer) -> None:
    """Wait until the keeper answers, and have the other end know that somebody waits.

    Raises :class:`TunnelError` where that one hangs up meanwhile: then nobody wants the answer.
    """
    waiting = select.poll()
    waiting.register(keeper, select.POLLIN)
    waiting.register(peer, select.POLLIN)
    while not (speaking := dict(waiting.poll(ALIVE_EVERY * 1000))):
        peer.send(TunnelFrame(FrameKind.ALIVE))
    if keeper.fileno() not in speaking:
        raise TunnelError("the milter's end hung up")
