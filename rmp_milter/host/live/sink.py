"""Where the answer of a circuit arrives: a small LMTP server (RFC 2033) on a unix socket."""

import queue
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

MOST_BYTES = 4_000_000
MOST_LINE = 4096
SECONDS = 60.0


class _Talk(Protocol):
    """One connection, read by lines."""

    def readline(self, size: int, /) -> bytes: ...

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


def open_sink(place: Path) -> socket.socket:
    """Return a socket that listens at ``place``; one that is left there by a former run goes.

    Raises ``OSError``.
    """
    if place.is_socket():
        place.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(place))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


class MailSink:
    """Takes mails from ``listener`` until the process ends or the socket is closed."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._mails: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._serve, daemon=True).start()

    def wait(self, seconds: float) -> bytes | None:
        """Return the next mail; None where none comes in time."""
        try:
            return self._mails.get(timeout=seconds)
        except queue.Empty:
            return None

    def _serve(self) -> None:
        with suppress(OSError):  # the socket was closed: nobody waits any more
            while True:
                line, _ = self._listener.accept()
                line.settimeout(SECONDS)
                with line, suppress(OSError), line.makefile("rwb") as talk:
                    self._talk(talk)

    def _talk(self, talk: _Talk) -> None:
        _say(talk, b"220 rmp-check LMTP")
        recipients = 0
        while line := talk.readline(MOST_LINE):
            verb = line[:4].upper()
            if verb == b"QUIT":
                _say(talk, b"221 2.0.0 bye")
                return
            if verb == b"DATA":
                _say(talk, b"354 go on")
                mail = _content(talk)
                for _ in range(recipients):  # one reply for each (RFC 2033, 4.2)
                    _say(talk, b"250 2.0.0 taken")
                recipients = 0
                self._mails.put(mail)  # now: who waits for it may end the process
                continue
            recipients = {b"RCPT": recipients + 1, b"MAIL": 0, b"RSET": 0}.get(verb, recipients)
            _say(talk, b"250 2.0.0 ok")


def _say(talk: _Talk, words: bytes) -> None:
    talk.write(words + b"\r\n")
    talk.flush()


def _content(talk: _Talk) -> bytes:
    """Read a mail up to its final dot; what is beyond :data:`MOST_BYTES` is read and dropped."""
    kept = bytearray()
    while (line := talk.readline(MOST_LINE)) != b".\r\n":
        if not line:
            raise ConnectionError("the mail breaks off")
        if len(kept) + len(line) <= MOST_BYTES:
            kept += line[1:] if line.startswith(b".") else line
    return bytes(kept)
