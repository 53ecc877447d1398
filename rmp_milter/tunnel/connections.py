"""TLS connections between the two ends: bounded in time, and dead ones noticed."""

import select
import socket
import ssl
import time
from contextlib import suppress

from rmp_milter.disk.closing import Closing
from rmp_milter.tunnel.frames import TunnelError, TunnelFrame, read_frame

SILENCE = 15.0
"""Seconds without a word from the other end, where one is due, after which it is given up."""
ALIVE_EVERY = 4.0
"""Seconds after which the far end says that the keeper is still at work."""
HANDSHAKE = 5.0
"""Seconds that a TLS handshake may take."""
CONNECT = 3.0
"""Seconds until the other host must have answered at all."""
PROBES = ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 3), (socket.TCP_KEEPCNT, 3))
_UNHEARD = 15_000
"""Milliseconds that what was sent may stay unacknowledged (tcp(7), TCP_USER_TIMEOUT)."""


class Peer(Closing):
    """The other end of one connection; ``name`` is for the log."""

    def __init__(self, connection: ssl.SSLSocket, name: str) -> None:
        self.name = name
        self._connection = connection
        self._ends = float("inf")
        self._next = b""

    def fileno(self) -> int:
        """Return the connection's descriptor; -1 once it is closed."""
        return self._connection.fileno()

    def within(self, seconds: float) -> None:
        """Have all that follows end by then."""
        self._ends = time.monotonic() + seconds

    def write(self, data: bytes) -> None:
        """Send all of it; raises ``OSError``."""
        self._patient(SILENCE)
        self._connection.sendall(data)

    def send(self, frame: TunnelFrame) -> None:
        """Send a frame; raises ``OSError``."""
        self.write(frame.octets)

    def read(self, size: int) -> bytes:
        """Return so many bytes; raises ``OSError`` where they do not come."""
        data = bytearray(self._next)
        self._next = b""
        while len(data) < size:
            self._patient(SILENCE)
            piece = self._connection.recv(size - len(data))
            if not piece:
                raise TunnelError("the connection ended")
            data += piece
        return bytes(data)

    def frame(self) -> TunnelFrame:
        """Return the next frame; raises ``OSError``."""
        return read_frame(self.read)

    def speaks(self, seconds: float, *others: socket.socket) -> bool:
        """Return whether it says something, or one of the ``others``, within ``seconds``."""
        if self._connection.pending():
            return True
        waiting = select.poll()  # select(2) knows no descriptor above 1023
        for each in (self._connection, *others):
            waiting.register(each, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))

    def is_silent(self) -> bool:
        """Return whether nothing came, not even an end: it can carry a call."""
        return self.fileno() >= 0 and not self.speaks(0)

    def has_ended(self) -> bool:
        """Return whether the other end has hung up between two calls; it has said something."""
        if self._connection.pending() or self._next:
            return False
        self._patient(SILENCE)
        try:
            self._next = self._connection.recv(1)
        except OSError:
            return True
        return not self._next

    def close(self) -> None:
        """Hang up, without waiting for the other end to do so."""
        with suppress(OSError):
            self._connection.close()

    def _patient(self, seconds: float) -> None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("a call that takes too long")
        self._connection.settimeout(min(seconds, left))


def dialled(host: str, port: int) -> socket.socket:
    """Return a connection to the other host; raises ``OSError``."""
    connection = socket.create_connection((host, port), CONNECT)
    watch_over(connection)
    return connection


def watch_over(connection: socket.socket) -> None:
    """Have the system notice a host that is gone, and send what is small at once."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in PROBES:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD)


def shaken(
    connection: socket.socket, context: ssl.SSLContext, *, server: bool
) -> ssl.SSLSocket:
    """Return the connection with TLS on it; raises ``OSError``, and has then hung up."""
    connection.settimeout(HANDSHAKE)  # for all of it (ssl)
    secured = context.wrap_socket(connection, server_side=server, do_handshake_on_connect=False)
    try:
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured
