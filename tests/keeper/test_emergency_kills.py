"""A worker killed with -9 on the way of an emergency: no packet without its leaf."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from keeper_case import DIGEST, DOSSIER, HEADER, LETTER, encrypted, event, opening, raw_leaves
from keeper_gpg import Gpg
from openpgp.composed import SignedSecretKey
from test_server import Running, start, until

from rmp_milter.calls import wire
from rmp_milter.calls.client import KeeperDown
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol import (
    ByCustody,
    Create,
    Created,
    Event,
    Opened,
    Release,
    Released,
    Reseal,
    Resealed,
    SealedDocument,
    ToReseal,
)
from rmp_milter.dossier.emergency import reference_of
from rmp_milter.keeper import worker
from rmp_milter.keeper.desk import dossiers
from rmp_milter.keeper.desk.desk import Desk, write_leaf
from rmp_milter.keeper.log.journal import Journal

URGENCE = "Demande : urgence\r\nPatient : DUPONT Jean\r\nMotif : coma\r\n"
DOCUMENT = b"document-16bytes"
Dying = Callable[[Path, pytest.MonkeyPatch], None]


def once(folder: Path) -> None:
    """Die by kill -9, the first time only."""
    if not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)


def before_the_leaf(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def dying(desk: Desk, said: Event, now: int, reason: str = "") -> int:
        if said.action == "urgence":
            once(folder)
        return write_leaf(desk, said, now, reason)

    patch.setattr(dossiers, "write_leaf", dying)


def behind_the_leaf(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def dying(desk: Desk, said: Event, now: int, reason: str = "") -> int:
        index = write_leaf(desk, said, now, reason)
        if said.action == "urgence":
            once(folder)
        return index

    patch.setattr(dossiers, "write_leaf", dying)


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


def opened(running: Running, gpg: Gpg, text: str) -> Opened:
    request, data = opening([encrypted(gpg, text.encode())], entity=False)
    with Memory() as memory:
        memory.write(data)
        reply, _ = running.client.expect(Opened, request, memory.fd)
    return reply


def emergency(running: Running, gpg: Gpg) -> Release:
    """Make a dossier of one document; return what its emergency asks for."""
    (body,) = opened(running, gpg, HEADER + LETTER).bodies
    made, _ = running.client.expect(Created, Create(DIGEST, DOSSIER, event("creation")))
    item = ToReseal(DOCUMENT, body.container, body.digest, body.held)
    reseal = Reseal(DIGEST, DOSSIER, made.public_key, (item,), (), event("depot"))
    resealed, _ = running.client.expect(Resealed, reseal)
    sealed = SealedDocument(DOCUMENT, body.container, body.digest, resealed.items[0].sealed_key)
    way = ByCustody(made.slots.custody, opened(running, gpg, URGENCE).held_reason)
    said = msgspec.structs.replace(event("urgence"), reference=reference_of(DIGEST))
    return Release(DIGEST, DOSSIER, way, (sealed,), (gpg.public("bob@x.fr"),), said)


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
