"""A host that is a milter's and a keeper's at once, with a tunnel from itself to itself."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from clinic import Clinic, small_clinic

from rmp_milter.tunnel.certificates import KEEPERS, MILTERS
from testbed.processes import is_listening
from testbed.service import Part, Service, Settings
from testbed.waiting import wait_until

TUNNEL = "run/tunnel/a.sock"
WAIT = 20
ENDS = (Part.LISTEN, Part.CONNECT)


def settings(*keepers: str) -> Settings:
    """Return those of a host whose milter calls these sockets, in this order."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        at = f"127.0.0.1:{free.getsockname()[1]}"
    return {
        ("milter", "keepers"): json.dumps(keepers),
        ("milter", "keeper_wait_seconds"): str(WAIT),
        ("tunnel", "keepers"): f'{{ a = "{at}" }}',
        ("tunnel", "listen"): json.dumps([at]),
    }


def dig(service: Service) -> None:
    """Make the tunnel's certificate, have the host trust itself, start both ends."""
    certificate = service.rmp("tunnel", "certificate").stdout
    for kind in (KEEPERS, MILTERS):
        (service.folder / "tunnel" / kind / "a.crt").write_bytes(certificate)
    begin(service, *ENDS)


def begin(service: Service, *parts: Part) -> None:
    """Start an end or both; return when they listen."""
    service.start(*parts)
    if Part.CONNECT in parts:
        near = service.folder / TUNNEL
        wait_until(lambda: is_listening(near), WAIT, "the tunnel's socket")
    if Part.LISTEN in parts:
        wait_until(lambda: "ready on 127" in last_start(service), WAIT, "the tunnel's far end")


def last_start(service: Service) -> str:
    return service.log(Part.LISTEN)


@contextmanager
def tunnelled(*keepers: str, more: Settings | None = None) -> Iterator[Clinic]:
    """Give a clinic whose milter calls these sockets; the tunnel's is ``TUNNEL``."""
    with small_clinic({**settings(*keepers), **(more or {})}) as clinic:
        dig(clinic.host.service)
        yield clinic
