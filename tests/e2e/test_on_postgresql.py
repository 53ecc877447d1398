"""A service whose store is a PostgreSQL server: moved there, at work, and moved back."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from clinic import Clinic, clinic_on
from restored import Patient, patient, rmp
from states import doctor_id, tries_of
from test_abuse import NO_ACCESS, SENDER_CODES, TOO_MANY, WRONG_CODES, told

from rmp_milter.dossier.model import Fault
from testbed.host import Host
from testbed.postgres import PrivatePostgres
from testbed.processes import is_listening
from testbed.sending import Reply
from testbed.service import Part, Settings
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import LiteralString

pytestmark = pytest.mark.integration

STORE = (Part.MILTER, Part.COURIER)


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres({"fsync": "on"}) as server:
        server.run_sql("CREATE ROLE root LOGIN")  # who all three processes are here
        yield server


def engine(name: str) -> Settings:
    return {("store", "engine"): f'"{name}"'}


def on(server: PrivatePostgres) -> Settings:
    return {
        **engine("postgresql"),
        ("store", "host"): f'"{server.folder}"',
        ("store", "database"): '"postgres"',
        ("rules", "wrong_codes"): str(WRONG_CODES),
        ("rules", "sender_codes"): str(SENDER_CODES),
    }


@pytest.fixture(scope="module")
def clinic(server: PrivatePostgres) -> Iterator[Clinic]:
    host = Host(on(server), by_library=True)
    service = host.service
    server.run_sql(service.rmp("store", "init", "--sql").stdout.decode())
    said = service.rmp("store", "move").stdout.decode()
    assert "moved from lmdb to postgresql" in said
    with host:
        yield clinic_on(host)


def stop(clinic: Clinic) -> None:
    clinic.host.service.stop(*STORE)


def start(clinic: Clinic) -> None:
    clinic.host.service.start(*STORE)
    clinic.host.service.wait_ready()


def assert_whole_circuit(clinic: Clinic, whose: Patient, text: str, before: int = 1) -> None:
    """Have a letter filed behind others, and read by another doctor who was given the code."""
    letter = clinic.lab.pgp_mime(
        f"{whose.lines}Document : biologie\n\n{text}\n", {"a.pdf": b"%PDF"}
    )
    assert clinic.host.send(clinic.lab, letter).accepted
    answers = clinic.host.ask(
        clinic.anne,
        clinic.anne.pgp_mime(f"Demande : dossier\n{whose.lines}Code : {whose.codes[-1]}\n"),
        before + 2,  # the list, what was there, and this
    )
    assert any(text in answer.text for answer in answers)


def test_mails_are_filed_and_answered(clinic: Clinic, server: PrivatePostgres) -> None:
    whose = patient(clinic, clinic.paul)
    assert_whole_circuit(clinic, whose, "Hémoglobine 14,1 g/dl.")
    assert server.run_sql("SELECT count(*) FROM rmp.entries").strip() != "0"


def test_a_server_that_is_started_anew_loses_no_mail(
    clinic: Clinic, server: PrivatePostgres
) -> None:
    whose = patient(clinic, clinic.paul)
    letter = clinic.lab.pgp_mime(f"{whose.lines}Document : biologie\n\nPotassium 4,1.\n")
    server.stop(signal.SIGQUIT)
    replies = list[Reply]()
    sending = threading.Thread(
        target=lambda: replies.append(clinic.host.send(clinic.lab, letter))
    )
    sending.start()
    server.launch()
    sending.join(60)
    assert [reply.accepted for reply in replies] == [True]
    assert_whole_circuit(clinic, whose, "Ferritine 55 µg/l.", before=2)


LIES_STILL = """
SELECT count(*) FROM pg_stat_activity
WHERE state = 'idle in transaction' AND state_change < clock_timestamp() - interval '0.5 s'
"""


def test_mails_that_wait_for_the_keeper_hold_no_moment_of_the_store(
    clinic: Clinic, server: PrivatePostgres
) -> None:
    """As many as there may be would keep an emergency from its first look."""
    keeper = clinic.host.service.pids_of(Part.KEEPER)
    mails = [clinic.lab.pgp_mime(f"Demande : aide\n\n{each}\n") for each in range(4)]
    with ThreadPoolExecutor(len(mails)) as senders, asking(server) as asked:
        for pid in keeper:
            os.kill(pid, signal.SIGSTOP)
        try:
            sent = [senders.submit(clinic.host.send, clinic.lab, mail) for mail in mails]
            time.sleep(2)
            assert not any(each.done() for each in sent)
            assert asked(LIES_STILL) == 0
        finally:
            for pid in keeper:
                os.kill(pid, signal.SIGCONT)
        assert all(each.result(60).accepted for each in sent)


@contextmanager
def asking(server: PrivatePostgres) -> Iterator[Callable[[LiteralString], object]]:
    """Give what asks the server for one value, by one connection: who waits asks often."""
    where = {"host": str(server.folder), "dbname": "postgres", "user": "postgres"}
    with psycopg.connect(**where, autocommit=True) as open_, open_.cursor() as cursor:

        def asked(statement: LiteralString) -> object:
            (value,) = cursor.execute(statement).fetchone() or (None,)
            return value

        yield asked


def test_a_second_courier_sends_beside_the_first_and_when_that_was_killed(
    clinic: Clinic, server: PrivatePostgres
) -> None:
    service, whose = clinic.host.service, patient(clinic, clinic.paul)
    first = service._running.pop(Part.COURIER)
    service.start(Part.COURIER)
    service.wait_ready()
    first.kill()
    first.wait()
    held = "SELECT count(*) FROM rmp.leases WHERE until > now()"
    with asking(server) as asked:
        wait_until(lambda: asked(held) == 0, 40, "the end of its leases")
    assert_whole_circuit(clinic, whose, "Créatinine 80 µmol/l.")


@pytest.fixture
def second(server: PrivatePostgres, clinic: Clinic) -> Iterator[Host]:
    """Another host's Postfix and milter, on the same store and with the same keeper."""
    way = json.dumps([str(clinic.host.service.keeper_socket)])
    host = Host({**on(server), ("milter", "keepers"): way}, by_library=True)
    try:
        host.service.start(Part.MILTER)
        wait_until(lambda: is_listening(host.service.milter_socket), 60, "the second milter")
        host.postfix.start()
        yield host
    finally:
        host.close()


@pytest.mark.promise(number=6)
def test_a_crowd_of_wrong_codes_through_two_milters_counts_as_through_one(
    clinic: Clinic, second: Host
) -> None:
    lines, notices = clinic.patient(), len(told(clinic))
    clinic.create(lines, code="JzbV7kQ2")
    texts = [f"Demande : dossier\n{lines}Code : Faux{number}\n" for number in range(20)]
    ways = (clinic.host, second) * 10
    mails = [(way, clinic.lab.pgp_mime(text)) for way, text in zip(ways, texts, strict=True)]
    before = clinic.host.postfix.collected.count(clinic.lab.mail)
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda each: each[0].send(clinic.lab, each[1]), mails))
    assert {reply.code for reply in replies} == {250}
    answers = clinic.host.answers(clinic.lab, 20, after=before)
    assert sum(NO_ACCESS in each.text for each in answers) == SENDER_CODES
    assert sum(TOO_MANY in each.text for each in answers) == 20 - SENDER_CODES
    sender = doctor_id(clinic.host.service, clinic.lab.mail)
    assert tries_of(clinic.host.service, Fault.SENDER, sender) == SENDER_CODES
    assert len(told(clinic)) == notices + 1


@contextmanager
def all_turns_held(server: PrivatePostgres) -> Iterator[None]:
    """Hold every place, as a host does that stands still."""
    take = (
        "SELECT pg_advisory_lock(hashtext('rmp rmp tries'), n) FROM generate_series(0, 255) n"
    )
    with psycopg.connect(host=str(server.folder), dbname="postgres", autocommit=True) as held:
        held.execute(take)
        yield


def test_an_emergency_passes_all_who_wait_for_a_turn_that_does_not_come(
    clinic: Clinic, server: PrivatePostgres
) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    lab, anne = clinic.lab, clinic.anne
    mails = [
        lab.pgp_mime(f"Demande : dossier\n{lines}Code : Faux{number}\n") for number in range(30)
    ]
    urgent = anne.pgp_mime(f"Demande : urgence\nMotif : coma\n{lines}")
    before = clinic.host.postfix.collected.count(lab.mail)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with ThreadPoolExecutor(len(mails)) as pool:
        with all_turns_held(server), asking(server) as asked:
            sent = [pool.submit(clinic.host.send, lab, mail) for mail in mails]
            wait_until(lambda: asked(waiting) != 0, 40, "who waits")
            answer, *_ = clinic.host.ask(anne, urgent)
            assert "accès en urgence" in answer.subject
            assert not any(each.done() for each in sent)
        assert {each.result().code for each in sent} == {250}
    assert len(clinic.host.answers(lab, len(mails), after=before)) == len(mails)


def test_the_host_sees_it_as_any_other(clinic: Clinic) -> None:
    code, found = rmp(clinic, "store", "check")
    assert (code, found["findings"]) == (0, [])
    _, stats = rmp(clinic, "store", "stats")
    assert stats["entries"] == found["counts"]["entries"]
    status, said = rmp(clinic, "status")
    assert said
    assert status == 0, said
    outbox = clinic.host.service.rmp("outbox", "list", check=False)
    assert outbox.returncode == 0


def test_a_backup_of_it_needs_no_server(clinic: Clinic) -> None:
    service = clinic.host.service
    place = service.root / "backups"
    service.rmp("backup", str(place))
    (backup,) = (each for each in place.iterdir() if each.is_dir())
    assert (backup / "store" / "data.mdb").stat().st_size > 0
    service.rmp("backup", "verify", str(backup))


def test_it_goes_back_to_a_file_with_all_that_came(clinic: Clinic) -> None:
    service, whose = clinic.host.service, patient(clinic, clinic.paul)
    stop(clinic)
    service.configure(engine("lmdb"))
    assert b"moved from postgresql to lmdb" in service.rmp("store", "move").stdout
    start(clinic)
    assert_whole_circuit(clinic, whose, "Glycémie 0,95 g/l.")
    assert rmp(clinic, "store", "check")[0] == 0
