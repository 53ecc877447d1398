"""The three processes, started as systemd starts them: ready, alive, told to end."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from testbed.ready_rmp import Ready, Running
from testbed.service import Service

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PATIENCE = 60


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service(reinject_port=9)  # nobody sends anything
    try:
        yield service
    finally:
        service.close()


@contextmanager
def started(service: Service, process: str, manager: socket.socket) -> Iterator[Running]:
    told = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "600000"}
    with Path(os.devnull).open("wb") as nothing:
        running = begun(service, process, told, nothing)
        try:
            yield running
        finally:
            running.kill()
            running.wait(PATIENCE)


def begun(service: Service, process: str, told: dict[str, str], journal: BinaryIO) -> Running:
    """Start a process: the keeper by its own command, the others as forks, which is quicker."""
    arguments, environment = [process, "--config", str(service.config)], os.environ | told
    if process != "keeper":
        return Ready(arguments, environment, journal.fileno(), journal.fileno())
    command = [sys.executable, "-m", "rmp_milter.cli", *arguments]
    return subprocess.Popen(command, env=environment, stderr=journal)


def heard(manager: socket.socket, wanted: bytes) -> list[bytes]:
    """Return what is heard up to what is wanted."""
    found: list[bytes] = []
    while wanted not in found:
        found.append(manager.recv(1000))
    return found


@pytest.mark.parametrize("process", ["keeper", "milter", "courier"])
def test_what_systemd_hears(service: Service, process: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)
        with started(service, process, manager) as running:
            heard(manager, b"READY=1")
            heard(manager, b"WATCHDOG=1")
            heard(manager, b"WATCHDOG=1")
            running.terminate()
            heard(manager, b"STOPPING=1")
            assert running.wait(PATIENCE) == 0


@pytest.mark.parametrize("process", ["keeper", "milter", "courier"])
def test_who_cannot_start_is_not_ready_and_says_why_as_an_error(
    service: Service, process: str, tmp_path: Path
) -> None:
    files = {"keeper": "keeper/service.key", "milter": "milter/index.key"}
    (service.config.parent / files.get(process, "courier/dkim.key")).unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)  # noqa: FBT003 -- the library's own form
        log = tmp_path / "journal"
        with log.open("wb") as journal:
            status = os.fstat(journal.fileno())
            told = {
                "NOTIFY_SOCKET": manager.getsockname(),
                "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}",
            }
            assert begun(service, process, told, journal).wait(PATIENCE) == 1
        assert any(line.startswith("<3>") for line in log.read_text().splitlines())
        with pytest.raises(BlockingIOError):
            manager.recv(1000)
