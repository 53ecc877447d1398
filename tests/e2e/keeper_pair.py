"""Two keepers of one service, whose log and tables are on one PostgreSQL server."""

from __future__ import annotations

import json
import os
import shutil
import signal
from contextlib import closing
from typing import TYPE_CHECKING

from rmp_milter.audit.beside import reason_path
from rmp_milter.audit.verify import verify
from rmp_milter.audit.writing import export
from rmp_milter.config import load
from rmp_milter.host.log_place import log_of
from rmp_milter.keeper.keys.keys import load_log_key
from rmp_milter.keeper.log import epoch as log_epoch
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.tlog.checkpoints import read_checkpoint
from testbed.command import start_rmp
from testbed.host import Host
from testbed.processes import descendants, is_listening, is_running
from testbed.service import Part, Service
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from testbed.postgres import PrivatePostgres
    from testbed.ready_rmp import Running
    from testbed.service import Settings

SOON = 30
SOCKETS = ("run/keeper.sock", "run/keeper-b.sock")


def host_on(server: PrivatePostgres, more: Settings | None = None) -> Host:
    """Return a host, not started yet, whose keeper's log is on the server."""
    host = Host(
        {
            ("keeper", "engine"): '"postgresql"',
            ("keeper", "host"): f'"{server.folder}"',
            ("keeper", "database"): '"postgres"',
            ("milter", "keepers"): json.dumps(SOCKETS),
            ("milter", "keeper_wait_seconds"): "60",
            **(more or {}),
        }
    )
    server.run_sql(host.service.rmp("access", "tables").stdout.decode())
    said = host.service.rmp("access", "move").stdout.decode()
    assert said.startswith("moved to postgresql"), said
    return host


class OneProcess:
    """A process of ``rmp`` by a configuration of its own, with a log file of its own."""

    words: tuple[str, ...]

    def __init__(self, service: Service, config: Path, name: str) -> None:
        self.config = config
        self._service, self._file = service, service.root / f"{name}.log"
        self._process: Running | None = None

    def start(self) -> None:
        command = ("--config", str(self.config), *self.words)
        self._process = start_rmp(command, self._file, self._service.temporary)

    @property
    def log(self) -> str:
        """What it wrote to stderr so far."""
        return self._file.read_text() if self._file.exists() else ""

    def signal(self, number: signal.Signals) -> None:
        """Tell the process and all that it started, the first one first."""
        assert self._process is not None
        for pid in (self._process.pid, *descendants(self._process.pid)):
            os.kill(pid, number)

    def kill(self) -> None:
        """End all of it at once (SIGKILL)."""
        assert self._process is not None
        started = descendants(self._process.pid)
        for pid in (self._process.pid, *started):
            os.kill(pid, signal.SIGKILL)
        self._process.wait(SOON)
        wait_until(lambda: not any(map(is_running, started)), SOON, "their end")

    def ended(self) -> int:
        """Wait for its end; return its status."""
        assert self._process is not None
        return self._process.wait(SOON)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGKILL)
            self._process.wait(SOON)


class OneKeeper(OneProcess):
    """One of the keepers, with a folder and sockets of its own."""

    words = ("keeper",)

    def __init__(self, service: Service, config: Path, socket: Path, name: str) -> None:
        super().__init__(service, config, name)
        self.socket = socket

    def leads(self) -> bool:
        return is_listening(self.socket)

    def stands_by(self) -> bool:
        tail = self.log.rpartition("standing by")
        return bool(tail[1]) and "ready on" not in tail[2]

    def wait_leads(self) -> None:
        wait_until(self.leads, SOON, f"{self.socket} to lead: {self.log[-2000:]}")

    def wait_stands_by(self) -> None:
        wait_until(self.stands_by, SOON, f"{self.socket} to stand by: {self.log[-2000:]}")


class KeeperPair:
    """Both keepers of a host, and the log that they share."""

    def __init__(self, host: Host) -> None:
        service = host.service
        self.service = service
        other = service.folder / "rmp-b.toml"
        shutil.copytree(service.folder / "keeper", service.folder / "keeper-b")
        text = service.config.read_text()
        text = text.replace('"keeper/operator.sock"', '"keeper-b/operator.sock"')
        text = text.replace('keeper = "keeper" ', 'keeper = "keeper-b" ')
        other.write_text(
            text.replace('keeper = "run/keeper.sock"', 'keeper = "run/keeper-b.sock"')
        )
        first, second = (service.folder / each for each in SOCKETS)
        self.a = OneKeeper(service, service.config, first, "keeper-a")
        self.b = OneKeeper(service, other, second, "keeper-b")
        self.checkpoints = list[bytes]()
        self.config = load(service.config)
        self.key = load_log_key(self.config.paths.keeper)

    def leader(self) -> OneKeeper:
        return self.a if self.a.leads() else self.b

    def other(self, keeper: OneKeeper) -> OneKeeper:
        return self.b if keeper is self.a else self.a

    def epoch(self) -> int:
        """Return how often a keeper has taken the log over, as the record says."""
        with closing(log_of(self.config).open()) as log, log.reading() as txn:
            found = bytes(txn.get(LogTable.META, log_epoch.KEY) or b"")
        return log_epoch.decode(found).number

    def keep_checkpoint(self) -> None:
        """Keep what an auditor would be sent now."""
        with Journal(log_of(self.config)) as log:
            self.checkpoints.append(log.checkpoint(self.key))

    def verify(self, folder: Path) -> list[dict[str, object]]:
        """Export the log, see that it extends every checkpoint that was kept; return its leaves."""
        with Journal(log_of(self.config)) as log:
            note = log.checkpoint(self.key)
            with log.snapshot() as seen:
                size = read_checkpoint(note).size
                reasons = ((reason_path(at), sealed) for at, sealed in seen.reasons(size))
                export(seen, note, folder, reasons)
                leaves = [json.loads(entry) for entry in seen.entries(0, size)]
            key = verifier_key(self.key, log.origin)
        for kept in (None, *self.checkpoints):
            assert verify(folder, key, kept).findings == []
        return leaves

    def close(self) -> None:
        self.a.close()
        self.b.close()


SERVED = (Part.MILTER, Part.COURIER)
