"""A witness on HTTP (C2SP tlog-witness): add-checkpoint, and what was cosigned last to read.

Plain HTTP, by default to this machine alone: a web server in front of it has the certificate.
Whatever a stranger sends is bounded: connections, octets, and time as a whole.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

from rmp_milter.tlog.witnessing import MAX_SUBMISSION, SIZE_TYPE, WitnessReply
from rmp_milter.witness.station import Station, StationError, WitnessAnswer

MOST_AT_ONCE = 16
"""Connections; the next one is closed at once."""
SILENCE = 10.0
"""Seconds for which a client may say nothing."""
LONGEST = 60.0
"""Seconds for which a connection stays, whatever it does."""
TEXT = "text/plain; charset=utf-8"
AnswerTold: TypeAlias = Callable[[WitnessAnswer], None]


class WitnessServer(ThreadingHTTPServer):
    """Serves one station; ``told`` hears of each answer to a submission."""

    daemon_threads = True
    request_queue_size = 2 * MOST_AT_ONCE

    def __init__(self, at: tuple[str, int], station: Station, told: AnswerTold) -> None:
        self.address_family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
        self.station, self.told = station, told
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(at, _Handler)

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Serve a connection in a thread of its own, if there is room for it."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be started: nobody else gives the place back
            self._room.release()
            raise

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Serve it, and give its place to the next one."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 -- the library's signature
        """Say what failed in a line, without a traceback and without who asked."""
        print(f"witness: {sys.exception()!r}"[:200], file=sys.stderr, flush=True)  # noqa: T201 -- the log


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as the specification asks
    server_version, sys_version = "rmp-witness", ""
    timeout = SILENCE
    error_content_type = TEXT
    error_message_format = "%(code)d %(message)s\n"
    server: WitnessServer

    def setup(self) -> None:
        """Begin with the time that this connection has in all."""
        super().setup()
        self._end = threading.Timer(LONGEST, self._cut)
        self._end.daemon = True
        self._end.start()

    def finish(self) -> None:
        self._end.cancel()
        super().finish()

    def _cut(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Note nobody's address: the caller is told of answers."""

    def do_POST(self) -> None:
        """Take a checkpoint."""
        if self.path != "/add-checkpoint":
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < 10):  # noqa: PLR2004 -- a number that is not absurd
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > MAX_SUBMISSION:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif len(body := self.rfile.read(int(length))) == int(length):
            self._submit(body)
        else:
            self.close_connection = True

    def _submit(self, body: bytes) -> None:
        try:
            answer = self.server.station.submitted(body, int(time.time()))
        except (StationError, OSError):
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
            raise
        other_size = answer.ruling.reply is WitnessReply.OTHER_SIZE
        kind = SIZE_TYPE if other_size else TEXT
        self._answer(HTTPStatus(int(answer.ruling.reply)), kind, answer.body)
        self.server.told(answer)

    def do_GET(self) -> None:
        """Show the checkpoint that was cosigned last of a log."""
        match self.path.split("/"):
            case ["", digest, "checkpoint"]:
                note = self._cosigned(digest)
            case _:
                note = None
        if note is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        else:
            self._answer(HTTPStatus.OK, TEXT, note)

    def _cosigned(self, digest: str) -> bytes | None:
        try:
            return self.server.station.cosigned(digest)
        except (StationError, OSError):
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
            raise

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer without what was asked; what is still to come of it is not read."""
        self.close_connection = True
        self._answer(status, TEXT, f"{status.phrase}\n".encode())

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
