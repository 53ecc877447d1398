"""A web server on this machine that answers as a list's server does, or as an intruder's."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    server: "ListServer"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        name = self.path.rpartition("/")[2]
        if name in self.server.files:
            self._say(200, self.server.files[name])
        elif name in self.server.redirects:
            self.send_response(302)
            self.send_header("Location", self.server.redirects[name])
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._drip(b"x" * 1000, 0.01)
        elif name in {"endless", "slow"}:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._drip(b"x" * (1 if name == "slow" else 50_000), 0.02 if name == "slow" else 0)
        elif name == "silent":
            self.server.closing.wait(20)
            self.close_connection = True
        else:
            self._say(404, b"<html>no</html>")

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, piece: bytes, pause: float) -> None:
        """Send pieces until the other side has enough."""
        self.close_connection = True
        try:
            while not self.server.closing.is_set():
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                time.sleep(pause)
        except OSError:
            return

    def log_message(self, *_args: object) -> None:
        """Nothing of it on the terminal."""


class ListServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


@contextmanager
def serving() -> Iterator[ListServer]:
    with ListServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
