"""Two hosts on three PostgreSQL servers: Postfix, milter, keeper and courier on each, one service.

Keeper and store lie in one database here; the hosts share nothing but the servers and their keys,
and each milter has both keepers.
"""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

from testbed.host import Host
from testbed.lifetime import Starting
from testbed.postgres_cluster import PostgresCluster
from testbed.processes import is_listening
from testbed.service import SEPARATE, Part, Service, Settings
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 60
HELD_SECONDS = 60


class TwoHosts(Starting):
    """The servers and both hosts. Use it as a context manager."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """Prepare both hosts; ``settings`` are the servers'."""
        self._open = ExitStack()
        self.cluster = PostgresCluster(settings)
        self._open.callback(self.cluster.close)
        self.hosts = tuple(Host(self._settings()) for _ in range(2))
        for host in self.hosts:
            self._open.callback(host.close)

    def _settings(self) -> Settings:
        return {
            (section, name): value
            for section in ("store", "keeper")
            for name, value in {
                "engine": '"postgresql"',
                "host": f'"{self.cluster.hosts}"',
                "database": '"postgres"',
            }.items()
        }

    @property
    def services(self) -> list[Service]:
        """Of both hosts."""
        return [host.service for host in self.hosts]

    def start(self) -> None:
        """Start the servers, move log and store there, and start both hosts."""
        self.cluster.start()
        self._move()
        for service in self.services:
            ways = [str(each.keeper_socket) for each in (service, *self.services)]
            service.configure(
                {
                    ("milter", "keepers"): json.dumps(list(dict.fromkeys(ways))),
                    ("milter", "keeper_wait_seconds"): str(HELD_SECONDS),
                }
            )
        first = self.services[0]
        first.start(Part.KEEPER)
        wait_until(lambda: is_listening(first.keeper_socket), SECONDS, "the first keeper")
        first.start(Part.MILTER, Part.COURIER)
        self.services[1].start()
        for host in self.hosts:
            host.postfix.start()
        self.wait_ready()

    def _move(self) -> None:
        """Move the first host's log and empty store; the second has its keys, and no files."""
        first, second = self.services
        server = self.cluster.primary
        server.run_sql("CREATE ROLE root LOGIN")
        server.run_sql(first.rmp("store", "init", "--sql").stdout.decode())
        server.run_sql(first.rmp("access", "tables").stdout.decode())
        for room in ("store", "access"):
            first.rmp(room, "move")
        shutil.rmtree(second.folder / "keeper" / "log")
        shutil.copy(first.folder / "keeper" / "log.state", second.folder / "keeper")
        for file in (second.folder / "store").iterdir():
            file.unlink()

    def wait_ready(self) -> None:
        """Start again what has ended, as systemd does, until mails can be taken everywhere."""
        try:
            wait_until(self._tended, SECONDS, "both hosts")
        except TimeoutError as error:
            for service in self.services:
                error.add_note(service.all_logs())
            raise

    def _tended(self) -> bool:
        for service in self.services:
            for part in SEPARATE:
                if not service.running(part):
                    service.start(part)
        milters = all(is_listening(each.milter_socket) for each in self.services)
        return milters and any(is_listening(each.keeper_socket) for each in self.services)

    def settle(self) -> None:
        """Wait until every answer has left, and has arrived."""
        self.hosts[0].settle(SECONDS)
        for host in self.hosts:
            host.postfix.wait_empty_queue(SECONDS)

    def mailbox(self, address: str) -> list[bytes]:
        """Return what arrived for somebody, at either host."""
        return [raw for host in self.hosts for raw in host.postfix.mailbox(address)]

    def close(self) -> None:
        """End all, and remove all files."""
        self._open.close()
