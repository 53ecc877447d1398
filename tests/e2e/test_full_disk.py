"""A host whose disk is really full: mails wait, it is said why, and room is all that it needs."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rmp_milter.keeper.log.journal import Journal
from testbed.doctor import Doctor
from testbed.host import Host
from testbed.service import Part
from testbed.small_disk import MAY_MOUNT, WHY_NOT, SmallDisk
from testbed.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not MAY_MOUNT, reason=WHY_NOT)]

LINES = "Patient : PLEIN Disque\nNé le : 30/01/1959\n"
CREATION = f"Demande : création\n{LINES}Consentement : oui\n\n"
FULL = "its disk is full"
MEGABYTE = 1 << 20


def noise(size: int, seed: int) -> bytes:
    """Return bytes that no client can compress, the same each time."""
    return random.Random(seed).randbytes(size)  # noqa: S311 -- filling, no secret


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host(by_library=True) as host:
        yield host


@pytest.fixture(scope="module")
def doctor(host: Host) -> Doctor:
    paul = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
    host.ask(paul, paul.pgp_mime(CREATION))
    return paul


@contextmanager
def on_a_small_disk(host: Host, part: str, room: int, *run: Part) -> Iterator[SmallDisk]:
    """Have a part's folder lie on a disk with so much room, for as long as the block.

    What ``run`` names runs in it; the three processes, each by itself, if nothing is named.
    """
    folder = host.service.folder / part
    host.service.stop()
    taken = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    with SmallDisk(folder, taken + room) as disk:
        host.service.start(*run)
        host.service.wait_ready()
        yield disk
        host.service.stop()


def said(host: Host, *command: str) -> str:
    """Return what a command prints; it finds something, so its status is not 0."""
    return host.service.rmp(*command, check=False).stdout.decode()


@pytest.mark.promise(number=7)
def test_mails_wait_while_the_stores_disk_is_full_and_room_is_all_it_needs(
    host: Host, doctor: Doctor
) -> None:
    mail = doctor.partitioned(LINES, {"a.bin": noise(1_500_000, 1)})
    with on_a_small_disk(host, "store", 3 * MEGABYTE, Part.SERVE) as disk:

        def log() -> str:
            return host.service.log(Part.SERVE)

        before = host.stored()
        disk.fill(left=MEGABYTE)
        reply = host.send(doctor, mail)
        assert (reply.code, reply.text[:5]) == (451, "4.3.0")
        assert "indisponible pour le moment" in reply.text
        assert f"the store failed: store full: {FULL}" in log()
        assert f"{disk.folder}: its file system is full" in said(host, "check", "--no-postfix")
        assert f"{disk.folder}: its file system is full" in said(host, "status")
        assert host.service.rmp("store", "check").stdout.endswith(b"the store is sound\n")
        wait_until(lambda: "milter ended with status 75" in log(), 20, "the milter's end")
        assert host.stored() == before
        disk.make_room()
        host.service.wait_ready()  # by the supervisor, not by us
        host.ask(doctor, mail)
        assert host.stored()["documents"] == before["documents"] + 1


@pytest.mark.promise(number=8)
def test_no_key_leaves_the_keeper_while_its_log_cannot_be_written(
    host: Host, doctor: Doctor
) -> None:
    question = f"Demande : consultation\n{LINES}\n"
    with on_a_small_disk(host, "keeper", MEGABYTE) as disk:
        disk.fill()
        leaves = leaves_of(host)
        while host.send(doctor, doctor.pgp_mime(question)).accepted:
            assert leaves_of(host) > leaves  # in pages that were free within its file
            leaves = leaves_of(host)
        host.settle()
        mails = host.postfix.collected.count(doctor.mail)
        assert host.send(doctor, doctor.pgp_mime(question)).code == 451
        assert f"no call without its leaf: access log: {FULL}" in host.service.log(Part.KEEPER)
        assert f"{disk.folder}: its file system is full" in said(host, "check", "--no-postfix")
        assert f"{disk.folder}: its file system is full" in said(host, "status")
        assert leaves_of(host) == leaves
        assert host.postfix.collected.count(doctor.mail) == mails
        disk.make_room()
        host.ask(doctor, doctor.pgp_mime(question))
        assert leaves_of(host) > leaves


def leaves_of(host: Host) -> int:
    """Return how many leaves the access log has, read beside the keeper."""
    with Journal(host.service.folder / "keeper" / "log") as journal:
        return len(journal)
