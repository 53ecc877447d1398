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
from keeper_case import event, raw_leaves
from keeper_gpg import Gpg
from little_host import BOB, OTHER_PATIENT
from msgspec.structs import replace
from openpgp.composed import SignedSecretKey
from test_server import OutsideHost, Running, start, until

from rmp_milter.calls import wire
from rmp_milter.calls.client import KeeperDown
from rmp_milter.calls.protocol.leaves import ListedLeaf, RecordedList, RecordList
from rmp_milter.calls.protocol.message import Event
from rmp_milter.calls.protocol.releasing import Release, Released
from rmp_milter.keeper import worker
from rmp_milter.keeper.authority.actions import LISTED
from rmp_milter.keeper.desk import entitled, shortlisting
from rmp_milter.keeper.desk.desk import Desk, write_leaf, write_leaves
from rmp_milter.keeper.log import writing
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


def before_the_list(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def dying(*given: Any) -> tuple[int, ...]:  # noqa: ANN401 -- as they come
        once(folder)
        return write_leaves(*given)

    patch.setattr(shortlisting, "write_leaves", dying)


def within_the_list(folder: Path, patch: pytest.MonkeyPatch) -> None:
    put = writing.put

    def dying(*given: Any) -> writing.Written:  # noqa: ANN401 -- as they come
        written = put(*given)
        if given[1].action == LISTED:
            once(folder)
        return written

    patch.setattr(writing, "put", dying)


def behind_the_list(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def dying(*given: Any) -> tuple[int, ...]:  # noqa: ANN401 -- as they come
        numbers = write_leaves(*given)
        once(folder)
        return numbers

    patch.setattr(shortlisting, "write_leaves", dying)


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


def short_list(running: Running, gpg: Gpg) -> RecordList:
    """Make two dossiers; return the call that writes down that both were listed."""
    host = OutsideHost(gpg, running)
    known = (host.create(), host.create(patient=OTHER_PATIENT))
    leaf = event(LISTED)
    leaves = tuple(
        ListedLeaf(replace(leaf, dossier_id=each.dossier_id), each.card) for each in known
    )
    return RecordList(host.mail(BOB, URGENCE).by(), leaves)


def emergencies(folder: Path, action: str = "urgence") -> tuple[int, int]:
    """Return how many leaves of an emergency there are, and how many sealed reasons."""
    with Journal(folder / "log") as log, log.snapshot() as seen:
        found = [leaf for leaf in raw_leaves(log) if f'"action":"{action}"'.encode() in leaf]
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


@pytest.mark.parametrize(
    ("running", "left"),
    [(before_the_list, 0), (within_the_list, 0), (behind_the_list, 2)],
    indirect=["running"],
)
@pytest.mark.promise(number=8)
def test_a_kill_on_the_way_of_a_short_list_leaves_all_its_leaves_or_none_and_no_names(
    running: Running, gpg: Gpg, left: int
) -> None:
    request = short_list(running, gpg)
    with pytest.raises(KeeperDown):
        running.client.call(request)
    assert emergencies(running.folder, LISTED) == (left, left)
    until(lambda: len(running.workers()) == 2)
    reply, _ = running.client.expect(RecordedList, request)
    assert None not in reply.numbers
    assert emergencies(running.folder, LISTED) == (2, 2)
