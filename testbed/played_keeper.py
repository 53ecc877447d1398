"""A keeper's socket that answers as a test says: for what hangs on sockets, not on keys."""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from rmp_milter.calls import wire
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Learned
from rmp_milter.disk.closing import Closing

LIMIT = 64 << 20
Answer = Callable[[Request, int | None], tuple[Reply, int | None] | None]
"""What comes back for a request and its memory; None hangs up instead."""


def learned(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
    """Answer as a keeper does that is shown cards."""
    return Learned(0), None


class PlayedKeeper(Closing):
    """Listens until closed, a thread for each connection; ``asked`` counts the requests."""

    def __init__(self, path: Path, answer: Answer = learned) -> None:
        self.answer = answer
        self.asked: list[Request] = []
        self._path = path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Go away, as a keeper that ends does: its socket with it."""
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            message, fd = wire.receive(connection, LIMIT)
            request = msgspec.msgpack.decode(message, type=Request)
            self.asked.append(request)
            back: int | None = None
            try:
                if answered := self.answer(request, fd):
                    reply, back = answered
                    wire.send(connection, msgspec.msgpack.encode(reply), back)
            finally:
                wire.close_all([each for each in (fd, back) if each is not None])
