"""Two hosts' ends of a tunnel in one process, over real TLS, with a played keeper behind."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

from rmp_milter.calls.client import KeeperClient
from rmp_milter.calls.listening import Listening, listen
from rmp_milter.disk.closing import Closing
from rmp_milter.tunnel.certificates import (
    CERTIFICATE,
    KEEPERS,
    KEY,
    MILTERS,
    OwnPair,
    context,
    keepers_certificates,
    make_own,
    moment,
    pinned_in,
)
from rmp_milter.tunnel.far import Far, FarPlace
from rmp_milter.tunnel.messages import MemoryRoom
from rmp_milter.tunnel.near import FarHost, Near

MEMORY = 4 << 20
ME = frozenset({os.getuid()})


class Machine:
    """A host's tunnel folder, with a key of its own."""

    def __init__(self, folder: Path, name: str, made: datetime | None = None) -> None:
        self.folder, self.name = folder / name, name
        self.own = make_own(f"{name}.test", made or moment())
        for each in (KEEPERS, MILTERS):
            (self.folder / each).mkdir(parents=True)
        self.show(self.own)

    def show(self, own: OwnPair) -> None:
        (self.folder / KEY).write_bytes(own.key)
        (self.folder / CERTIFICATE).write_bytes(own.certificate)

    def trust(self, other: "Machine", kind: str, name: str = "") -> None:
        file = self.folder / kind / f"{name or other.name}.crt"
        file.write_bytes(other.own.certificate)

    def far_host(self, name: str, port: int) -> FarHost:
        trusted = keepers_certificates(self.folder, name)
        made = context(self.folder, trusted, server=False)
        return FarHost(name, "127.0.0.1", port, made, trusted)


class Tunnel(Closing):
    """Both ends: calls go to ``socket`` and come out at the keeper's."""

    def __init__(
        self,
        folder: Path,
        milters: Machine,
        keepers: Machine,
        keeper: Path,
        between: Callable[[int], int] = lambda port: port,
    ) -> None:
        """``between`` may put something between: it is given a port, and returns another."""
        self.socket = folder / "near.sock"
        self._open = ExitStack()
        self.room = MemoryRoom(2 * MEMORY, 0.2)
        trusted = list(pinned_in(keepers.folder / MILTERS))
        place = FarPlace(keeper, context(keepers.folder, trusted, server=True), trusted)
        self.far = Far(place, MEMORY, self.room)
        door = self._open.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = door.getsockname()[1]
        far_host = milters.far_host(keepers.name, between(self.port))
        self.near = Near(ME, far_host, MEMORY, MemoryRoom(2 * MEMORY, 0.2))
        listener = self._open.enter_context(listen(Listening(self.socket, ME)))
        self._served = ((self.far.serve, door), (self.near.serve, listener))
        self._threads = [
            threading.Thread(target=serve, args=(at,), daemon=True)
            for serve, at in self._served
        ]
        for thread in self._threads:
            thread.start()
        self.client = KeeperClient(self.socket, 20)

    def close(self) -> None:
        for _, listener in self._served:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for the next one
            listener.close()
        self.near.kept.close()
        self._open.close()
        for thread in self._threads:
            thread.join()


def pair(folder: Path) -> tuple[Machine, Machine]:
    """Return a milter's host and a keeper's that know each other."""
    milters, keepers = Machine(folder, "milters"), Machine(folder, "keepers")
    milters.trust(keepers, KEEPERS)
    keepers.trust(milters, MILTERS)
    return milters, keepers
