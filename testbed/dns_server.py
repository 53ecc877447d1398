"""A small DNS server on a loopback port: what a test says is in the DNS is."""

import socket
import threading
from collections.abc import Mapping, Sequence

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from rmp_milter.disk.closing import Closing

Zone = Mapping[tuple[str, str], Sequence[str]]
"""(name, type) → the records as a zone file has them."""


class DnsServer(Closing):
    """Answers from ``zone`` over UDP until it is closed; ``zone`` may be replaced meanwhile."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def place(self) -> str:
        """Address and port, as ``rmp check --resolver`` takes them."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def close(self) -> None:
        """End the thread and give the port back."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, client = self._socket.recvfrom(4096)
            if not data:
                return
            self._socket.sendto(self._answer(data), client)

    def _answer(self, data: bytes) -> bytes:
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        (asked,) = query.question
        name = asked.name.to_text(omit_final_dot=True)
        kind = asked.rdtype.name
        if records := self.zone.get((name, kind)):
            reply.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, records))
        elif not any(known == name for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()
