"""What systemd hears: at a real datagram socket, as sd_notify(3) says it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmp_milter.linux.notify import Notifier


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)  # noqa: FBT003 -- the library's own form
        yield manager


def told(manager: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(manager.recv(1000))
        except BlockingIOError:
            return found


def environment(manager: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.getsockname(), **more}


def test_each_state_is_a_datagram(heard: socket.socket) -> None:
    notifier = Notifier(environment(heard, WATCHDOG_USEC="3000000"))
    notifier.ready()
    notifier.alive()
    notifier.alive()  # not due yet
    notifier.stopping()
    assert told(heard) == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
    assert notifier.pause == 1.0


def test_no_child_speaks_for_us(heard: socket.socket) -> None:
    given = environment(heard, WATCHDOG_USEC="3000000", WATCHDOG_PID=str(os.getpid()))
    assert Notifier(given).pause == 1.0
    assert given == {}


@pytest.mark.parametrize("address", ["", "/no/such/socket"])
def test_where_nobody_listens_nothing_happens(address: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address})
    notifier.ready()
    notifier.alive()
    assert not notifier.pause


def test_an_abstract_address_begins_with_an_at() -> None:
    name = f"rmp-notify-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert manager.recv(100) == b"READY=1"


@pytest.mark.parametrize(("microseconds", "pid"), [("", ""), ("no", ""), ("3000000", "1")])
def test_a_watchdog_that_is_not_ours_hears_nothing(
    heard: socket.socket, microseconds: str, pid: str
) -> None:
    notifier = Notifier(environment(heard, WATCHDOG_USEC=microseconds, WATCHDOG_PID=pid))
    notifier.alive()
    assert not notifier.pause
    assert told(heard) == []
