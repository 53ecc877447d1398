"""A wire between two hosts that can be cut, or go dead without a word."""

import contextlib
import socket
import threading
from collections.abc import Callable

from rmp_milter.disk.closing import Closing

_PIECE = 1 << 16


class WireBetween(Closing):
    """Passes on what comes to ``port``; ``connections`` counts how many came."""

    def __init__(self, target: int) -> None:
        self.connections = 0
        self._target = target
        self._flows = threading.Event()
        self._flows.set()
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._start(self._serve)

    def cut(self) -> None:
        """End every connection there is; new ones are passed on."""
        for each in self._ends:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def go_dead(self) -> None:
        """Pass nothing on from now, and say nothing of it."""
        self._flows.clear()

    def come_back(self) -> None:
        """Pass on what comes, and what has come meanwhile."""
        self._flows.set()

    def close(self) -> None:
        """Take the wire away."""
        self._flows.set()
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()
        for each in self._ends:
            each.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                self.connections += 1
                try:
                    there = socket.create_connection(("127.0.0.1", self._target), 5)
                except OSError:
                    here.close()
                    continue
                there.settimeout(None)
                self._ends += [here, there]
                for pair in ((here, there), (there, here)):
                    self._start(self._pass, *pair)

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_PIECE):
                self._flows.wait()
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
