"""An SMTP server that takes all and keeps nothing: it plays Postfix where that is not measured."""

import socketserver
from multiprocessing.connection import Connection

GREETING = b"220 sink ESMTP\r\n"
EHLO = (
    b"250-sink\r\n250-PIPELINING\r\n250-SIZE\r\n250-8BITMIME\r\n"
    b"250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n"
)
"""What Postfix offers, as far as the courier may use it."""


class _Conversation(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: "_Sink"

    def handle(self) -> None:
        """Answer each command in the order they come, pipelined or not."""
        self.wfile.write(GREETING)
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"QUIT":
                self.wfile.write(b"221 2.0.0 Bye\r\n")
                return
            if word == b"DATA":
                self._take()
            else:
                self.wfile.write(EHLO if word == b"EHLO" else b"250 2.1.0 Ok\r\n")

    def _take(self) -> None:
        self.wfile.write(b"354 End data with <CR><LF>.<CR><LF>\r\n")
        while self.rfile.readline() not in {b".\r\n", b""}:
            pass
        self.wfile.write(b"250 2.0.0 Ok: queued as 4jYN9k58z0zJM65\r\n")
        self.server.tell.send_bytes(b".")


class _Sink(socketserver.ThreadingTCPServer):
    daemon_threads = True
    tell: Connection


def serve(tell: Connection) -> None:
    """Serve until the process ends; send the port, then a byte for each mail, to ``tell``."""
    with _Sink(("127.0.0.1", 0), _Conversation) as sink:
        sink.tell = tell
        tell.send(sink.server_address[1])
        sink.serve_forever()
