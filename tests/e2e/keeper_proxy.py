"""A hand between milter and keeper that can stop the world at a named point of a mail."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from rmp_milter.calls import wire
from rmp_milter.calls.protocol.calls import Reply, Request

LIMIT = 64 << 20
Passing = Callable[[Request, Reply | None], bool]
"""Asked before a request goes on (no reply yet) and before its reply does; False cuts it off."""


class KeeperProxy:
    """Stands at the keeper's socket until closed; ``passing`` may be exchanged meanwhile.

    It serves so many calls at once as it has ``workers``, as they come; all, if none are named.
    ``beside`` is the keeper's own socket where it keeps that: then this is one more way to it.
    """

    def __init__(self, path: Path, workers: int = 0, beside: Path | None = None) -> None:
        self.passing: Passing = lambda _request, _reply: True
        self._path, self._real = path, beside or path.with_name("keeper.real.sock")
        self._beside = beside is not None
        if not beside:
            path.rename(self._real)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o777)
        self._listener.listen(64)
        serve = self._work if workers else self._serve
        self._threads = [
            threading.Thread(target=serve, daemon=True) for _ in range(workers or 1)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let the keeper have its place again."""
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
        for thread in self._threads:
            thread.join()
        self._listener.close()
        if self._beside:
            self._path.unlink(missing_ok=True)
        else:
            self._real.rename(self._path)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(connection,), daemon=True).start()

    def _work(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._pass(connection)

    def _pass(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            message, fd = wire.receive(connection, LIMIT)
            request = msgspec.msgpack.decode(message, type=Request)
            if not self.passing(request, None):
                return
            back, shared = self._ask(message, fd)
            if self.passing(request, msgspec.msgpack.decode(back, type=Reply)):
                wire.send(connection, back, shared)
            wire.close_all([one for one in (fd, shared) if one is not None])

    def _ask(self, message: bytes, fd: int | None) -> tuple[bytes, int | None]:
        with socket.socket(socket.AF_UNIX) as real:
            real.connect(os.fspath(self._real))
            wire.send(real, message, fd)
            return wire.receive(real, LIMIT)
