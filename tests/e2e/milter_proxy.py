"""A hand between Postfix and milter that can stop the world before a mail's last answer."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

_LENGTH = struct.Struct(">I")
_DISCARD = b"d"
"""What the milter says once all is committed; Postfix says 250 then."""


class MilterProxy:
    """Stands at the milter's socket until closed; ``done`` is called before a mail's discard.

    Where it returns False, that is not told, and the connection ends.
    """

    def __init__(self, path: Path, done: Callable[[], bool]) -> None:
        self._path, self._done = path, done
        self._real = path.with_name("milter.real.sock")
        path.rename(self._real)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o777)
        self._listener.listen(64)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the place to a milter that is started again."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self._path.unlink(missing_ok=True)
        self._real.unlink(missing_ok=True)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(connection,), daemon=True).start()

    def _pass(self, postfix: socket.socket) -> None:
        with (
            contextlib.suppress(OSError, EOFError),
            postfix,
            socket.socket(socket.AF_UNIX) as milter,
        ):
            milter.connect(str(self._real))
            threading.Thread(target=_copied, args=(postfix, milter), daemon=True).start()
            while True:
                packet = _packet(milter)
                if packet[_LENGTH.size :][:1] == _DISCARD and not self._done():
                    postfix.shutdown(socket.SHUT_RDWR)  # a thread waits in it
                    return
                postfix.sendall(packet)


def _copied(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


def _packet(source: socket.socket) -> bytes:
    head = _read(source, _LENGTH.size)
    return head + _read(source, _LENGTH.unpack(head)[0])


def _read(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = source.recv(size - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found
