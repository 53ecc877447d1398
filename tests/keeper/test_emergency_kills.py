"""A worker killed with -9 on the way of an emergency: no packet without its leaf."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from dossier_case import URGENCE, Deposit
from keeper_case import raw_leaves
from keeper_gpg import Gpg
from little_host import BOB
from openpgp.composed import SignedSecretKey
from test_server import OutsideHost, Running, start, until

from rmp_milter.calls import wire
from rmp_milter.calls.client import KeeperDown
from rmp_milter.calls.protocol import Event, Release, Released
from rmp_milter.keeper import worker
from rmp_milter.keeper.desk import entitled
from rmp_milter.keeper.desk.desk import Desk, write_leaf
from rmp_milter.keeper.log.journal import Journal

Dying = Callable[[Path, pytest.MonkeyPatch], None]


def once(folder: Path) -> None:
    """Die by kill -9, the first time only."""
    if not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)


def before_the_leaf(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def dying(desk: Desk, said: Event, *more: Any, **others: Any) -> int:  # noqa: ANN401 -- as they come
        if said.action == "urgence":
            once(folder)
        return write_leaf(desk, said, *more, **others)

    patch.setattr(entitled, "write_leaf", dying)


def behind_the_leaf(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def dying(desk: Desk, said: Event, *more: Any, **others: Any) -> int:  # noqa: ANN401 -- as they come
        index = write_leaf(desk, said, *more, **others)
        if said.action == "urgence":
            once(folder)
        return index

    patch.setattr(entitled, "write_leaf", dying)


def before_the_reply(folder: Path, patch: pytest.MonkeyPatch) -> None:
    send = wire.send

    def dying(connection: socket.socket, message: bytes, fd: int | None) -> None:
        if msgspec.msgpack.decode(message)["type"] == "Released":
            once(folder)
        send(connection, message, fd)

    patch.setattr(worker.wire, "send", dying)


@pytest.fixture
def running(
    request: pytest.FixtureRequest,
    service: SignedSecretKey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Running]:
    with monkeypatch.context() as patch:
        request.param(tmp_path, patch)
        keeper = start(service, tmp_path)  # a fork: its workers have the patch
    yield keeper
    keeper.stop()


def emergency(running: Running, gpg: Gpg) -> Release:
    """Make a dossier of one document; return what its emergency asks for."""
    host = OutsideHost(gpg, running)
    return Deposit(host).release(host.mail(BOB, URGENCE))


def emergencies(folder: Path) -> tuple[int, int]:
    """Return how many leaves of an emergency there are, and how many sealed reasons."""
    with Journal(folder / "log") as log, log.snapshot() as seen:
        found = [leaf for leaf in raw_leaves(log) if b'"action":"urgence"' in leaf]
        return len(found), len(list(seen.reasons(len(log))))


@pytest.mark.parametrize(
    ("running", "left"),
    [(before_the_leaf, 0), (behind_the_leaf, 1), (before_the_reply, 1)],
    indirect=["running"],
)
@pytest.mark.promise(number=8)
def test_a_kill_on_the_way_leaves_no_packet_without_its_leaf_and_one_leaf_in_the_end(
    running: Running, gpg: Gpg, left: int
) -> None:
    request = emergency(running, gpg)
    with pytest.raises(KeeperDown):
        running.client.call(request)
    assert emergencies(running.folder) == (left, left)
    until(lambda: len(running.workers()) == 2)
    reply, _ = running.client.expect(Released, request)
    assert reply.packets[0][0]
    assert emergencies(running.folder) == (1, 1)
