"""What a host lives through: no courier, a full disk, an answer that comes back."""

import os
import random
import resource
from pathlib import Path

import pytest
from clinic import Clinic

from rmp_milter.cli.processes import NICE
from testbed.host import Host
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

LINES = "Patient : PLEIN Disque\nNé le : 30/01/1959\n\n"
HELP = "Demande : aide\n\n"


def noise(size: int, seed: int) -> bytes:
    """Return bytes that no client can compress, the same each time."""
    return random.Random(seed).randbytes(size)  # noqa: S311 -- filling, no secret


@pytest.mark.promise(number=7)
def test_a_full_disk_defers_and_loses_nothing() -> None:
    with Host(by_library=True) as host:
        doctor, service = host.doctor("Dr Paul DEMO", "paul@cabinet.test"), host.service
        host.ask(
            doctor,
            doctor.pgp_mime(f"Demande : création\n{LINES.rstrip()}\nConsentement : oui\n\n"),
        )
        for seed in (1, 2):
            text = f"{LINES}{seed}\n"  # the same one within a second would be a replay
            host.ask(doctor, doctor.partitioned(text, {"a.bin": noise(1_500_000, seed)}))
        before = host.stored()
        # More than the mail, which lies in files of memory, and less than the store with it.
        limit_files(service.pids_of(Part.MILTER), service.folder / "store" / "data.mdb")
        mail = doctor.partitioned(LINES, {"b.bin": noise(1_500_000, 3)})
        reply = host.send(doctor, mail)
        assert reply.code == 451
        wait_until(lambda: not service.running(Part.MILTER), 10, "the end of the milter")
        assert "the store failed" in service.log(Part.MILTER)
        assert service.rmp("store", "check").returncode == 0
        assert host.stored() == before
        service.start(Part.MILTER)
        service.wait_ready()
        host.ask(doctor, mail)
        assert host.stored()["documents"] == before["documents"] + 1


def limit_files(pids: list[int], file: Path) -> None:
    """Let no file of these processes grow beyond the present size of ``file``."""
    size = file.stat().st_size
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))


def test_the_courier_gives_way_to_the_milter(clinic: Clinic) -> None:
    parts = (Part.KEEPER, Part.MILTER, Part.COURIER)
    pids = {part: clinic.host.service.pids_of(part)[0] for part in parts}
    nice = {part: os.getpriority(os.PRIO_PROCESS, pid) for part, pid in pids.items()}
    assert nice[Part.MILTER] == nice[Part.KEEPER] == os.getpriority(os.PRIO_PROCESS, 0)
    assert nice[Part.COURIER] >= NICE


@pytest.mark.promise(number=7)
def test_an_answer_waits_for_the_courier_and_comes_once(clinic: Clinic) -> None:
    host = clinic.host
    before = host.postfix.collected.count(clinic.anne.mail)
    host.service.kill(Part.COURIER)
    assert host.send(clinic.anne, clinic.anne.pgp_mime(HELP)).accepted
    assert len(host.outbox()) == 1
    host.service.start(Part.COURIER)
    host.settle()
    assert len(host.answers(clinic.anne, after=before)) == 1


def test_an_answer_that_comes_back_is_noticed(clinic: Clinic) -> None:
    host = clinic.host
    gone = host.doctor("Dr Parti SANSADRESSE", "parti@unreachable.test")
    assert host.send(gone, gone.pgp_mime(HELP)).accepted
    wait_until(lambda: states(clinic) == ["bounced"], 20, "the bounce")
    wait_until(lambda: host.postfix.queue_ids() == [], 20, "an empty queue")
    assert "automatic" in host.service.log(Part.MILTER)


def states(clinic: Clinic) -> list[object]:
    return [row["state"] for row in clinic.host.outbox()]


def test_answers_go_on_while_the_milter_is_away(clinic: Clinic) -> None:
    host = clinic.host
    before = host.postfix.collected.count(clinic.anne.mail)
    assert host.send(clinic.anne, clinic.anne.pgp_mime(HELP)).accepted
    host.service.kill(Part.MILTER)
    assert len(host.answers(clinic.anne, after=before)) == 1
    reply = host.send(clinic.anne, clinic.anne.pgp_mime(HELP))
    assert reply.code == 451
    host.service.start(Part.MILTER)
    host.service.wait_ready()


def test_no_address_of_the_service_is_delivered_past_the_milter(clinic: Clinic) -> None:
    postfix = clinic.host.postfix
    mail = clinic.lab.clear("remis sans milter")
    reply = clinic.lab.send(postfix.reinject_port, mail)
    assert reply.accepted
    wait_until(lambda: len(postfix.queue_ids()) == 1, 10, "the mail in the queue")
    assert postfix.mailbox("rmp@rmp.test") == []
    postfix.delete_queue()
