"""Two keepers, each reached through a tunnel of its own, as on hosts of their own."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

from keeper_pair import SOON, KeeperPair, OneKeeper, OneProcess

from rmp_milter.tunnel.certificates import KEEPERS, MILTERS
from testbed.command import run_rmp
from testbed.processes import is_listening
from testbed.service import Part, Service, Settings
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from testbed.host import Host

NAMES = ("a", "b")


def near(name: str) -> str:
    """Return where the milter's host has the way to a keeper."""
    return f"run/tunnel/{name}.sock"


def ways() -> Settings:
    """Return the settings of a milter's host that has a tunnel to each keeper."""
    with ExitStack() as stack:
        free = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in NAMES]
        ports = [each.getsockname()[1] for each in free]
    hosts = (f'{name} = "127.0.0.1:{port}"' for name, port in zip(NAMES, ports, strict=True))
    return {
        ("milter", "keepers"): json.dumps([*map(near, NAMES)]),
        ("tunnel", "keepers"): f"{{ {', '.join(hosts)} }}",
    }


class FarEnd(OneProcess):
    """The end at a keeper's host, with a key and a list of its own of whom it trusts."""

    words = ("tunnel", "listen")

    def __init__(self, service: Service, keeper: OneKeeper, name: str, at: str) -> None:
        text = keeper.config.read_text()
        for old, new in (
            ("listen = []", f'listen = ["{at}"]'),
            ('folder = "tunnel"', f'folder = "tunnel-{name}"'),
        ):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        config = service.folder / f"far-{name}.toml"
        config.write_text(text)
        super().__init__(service, config, f"far-{name}")
        self._folder = service.folder / f"tunnel-{name}"

    def certificate(self) -> bytes:
        """Return the host's own, made at the first call."""
        return run_rmp(["--config", str(self.config), "tunnel", "certificate"]).stdout

    def trust(self, certificate: bytes) -> None:
        """Take calls from this milter's host."""
        (self._folder / MILTERS / "m.crt").write_bytes(certificate)

    def begin(self) -> None:
        """Start it, and return when it listens."""
        before = self.log.count("ready on")
        self.start()
        wait_until(lambda: self.log.count("ready on") > before, SOON, f"its end: {self.log}")


class TunnelledPair(KeeperPair):
    """Both keepers of a host, with the far ends of the ways to them."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        service = self.service
        own = service.rmp("tunnel", "certificate").stdout
        self._ends = dict[OneKeeper, FarEnd]()
        for name, keeper in zip(NAMES, (self.a, self.b), strict=True):
            end = FarEnd(service, keeper, name, self.config.tunnel.keepers[name])
            trusted: Path = self.config.tunnel.folder / KEEPERS / f"{name}.crt"
            trusted.write_bytes(end.certificate())
            end.trust(own)
            self._ends[keeper] = end

    def end_of(self, keeper: OneKeeper) -> FarEnd:
        """Return the end through which calls come to a keeper."""
        return self._ends[keeper]

    def begin_near(self) -> None:
        """Start the milter's host's end, and return when both its sockets are there."""
        self.service.start(Part.CONNECT)
        for name in NAMES:
            place = self.service.folder / near(name)
            wait_until(lambda: is_listening(place), SOON, f"the way to {name}")  # noqa: B023 -- asked at once

    def close(self) -> None:
        super().close()
        for end in self._ends.values():
            end.close()
