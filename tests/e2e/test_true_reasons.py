"""True reasons: what the machine lacks, whose clock is wrong, a key that was prolonged."""

import os
import resource
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from aged_doctor import (
    DAY,
    AgedDoctor,
    enrolled,
    known_copy,
    put_back,
    weakly_enrolled,
    with_field,
)
from clinic import PARIS

from rmp_milter.calls.protocol.message import Event
from rmp_milter.certificates import ends_at, read_certificate
from rmp_milter.keeper.log.journal import Journal
from testbed.doctor import Doctor
from testbed.host import Host
from testbed.service import Part
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

DSI = "dsi@chu.test"
HELP = "Demande : aide\n\n"
LINES = "Patient : HORLOGE Jean\nNé le : 30/01/1959\n"
EMERGENCY = f"Demande : urgence\nMotif : patient inconscient aux urgences\n{LINES}"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    settings = {("milter", "chores_seconds"): "1", ("audit", "alerts"): f'["{DSI}"]'}
    with Host(settings) as host:
        yield host


@pytest.fixture(scope="module", autouse=True)
def paul(host: Host) -> Doctor:
    """Return the médecin traitant of the one patient."""
    doctor = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
    host.ask(doctor, doctor.pgp_mime(f"Demande : création\n{LINES}Consentement : oui\n"))
    return doctor


@pytest.fixture(scope="module")
def anne(host: Host) -> Doctor:
    return host.doctor("Dr Anne AUTRE", "anne@clinique.test")


@pytest.fixture(scope="module")
def aged(host: Host) -> Iterator[AgedDoctor]:
    with enrolled(host, 90, "Dr Vieille CLE", "vieille@cabinet.test") as doctor:
        yield doctor


@pytest.fixture
def expired(host: Host, aged: AgedDoctor) -> AgedDoctor:
    """Return a doctor of whom the directory has a copy that expired."""
    put_back(host, aged, aged.keyring.expired)
    return aged


def in_a_line(words: str) -> str:
    return " ".join(words.split())


# A key that is weak


def test_a_weak_key_that_is_enrolled_is_heard_in_an_emergency_only_and_told_why(
    host: Host,
) -> None:
    with weakly_enrolled(host, 91, "Dr Faible CLE", "faible@cabinet.test") as doctor:
        (refused,) = host.ask(doctor, doctor.signed_inside(HELP))
        assert "Votre clé est trop faible" in in_a_line(refused.text)
        answers = host.exchange(doctor, doctor.signed_inside(EMERGENCY))
        assert "accès en urgence" in answers[0].subject
        assert known_copy(host, doctor) == read_certificate(doctor.keyring.weak).binary
        (answer,) = host.ask(doctor, doctor.pgp_mime(HELP))  # with what he has now
        assert "Votre clé prolongée" in in_a_line(answer.text)
        assert known_copy(host, doctor) != read_certificate(doctor.keyring.weak).binary


# A key that was prolonged


def autocrypt(doctor: Doctor) -> str:
    data = b64encode(read_certificate(doctor.certificate).binary).decode()
    folded = "\r\n ".join(data[at : at + 70] for at in range(0, len(data), 70))
    return f"Autocrypt: addr={doctor.mail}; prefer-encrypt=mutual; keydata=\r\n {folded}"


def test_an_attached_copy_prolongs_the_key_and_the_answer_goes_to_it(
    host: Host, expired: AgedDoctor
) -> None:
    mail = expired.pgp_mime(HELP)  # Thunderbird attaches the key unasked
    (answer,) = host.ask(expired, mail)
    end = ends_at(known_copy(host, expired), int(time.time()))
    until = time.strftime("%d/%m/%Y", time.localtime(end))
    assert end > time.time() + 600 * DAY
    assert "Votre clé prolongée jusqu'au" in in_a_line(answer.text)
    assert until[3:] in answer.text
    with Journal(host.service.folder / "keeper" / "log") as log, log.snapshot() as seen:
        last = [leaf for leaf in seen.entries(0, len(log)) if b'"cle"' in leaf]
    assert expired.fingerprint.encode() in last[-1]
    (again,) = host.ask(expired, expired.pgp_mime(HELP))
    assert "prolongée" not in again.text


def test_an_autocrypt_field_prolongs_it_and_an_emergency_is_answered(
    host: Host, expired: AgedDoctor
) -> None:
    answers = host.exchange(
        expired, with_field(expired.signed_inside(EMERGENCY), [autocrypt(expired)])
    )
    assert "Votre clé prolongée jusqu'au" in in_a_line(answers[0].text)
    assert "accès en urgence" in answers[0].subject


def test_two_autocrypt_fields_are_none(host: Host, expired: AgedDoctor) -> None:
    field = autocrypt(expired)
    reply = host.send(expired, with_field(expired.signed_inside(HELP), [field, field]))
    assert reply.code == 550


def test_an_older_copy_and_another_key_prolong_nothing_and_it_is_said_what_does(
    host: Host, expired: AgedDoctor, anne: Doctor
) -> None:
    before = known_copy(host, expired)
    for key in (expired.keyring.expired, anne.certificate):
        reply = host.send(expired, expired.signed_inside(HELP, {"key.asc": key}))
        assert reply.code == 550
        assert "prolongez-la" in reply.text
        assert "Joindre ma cle publique" in reply.text
    reply = host.send(expired, expired.signed_inside(EMERGENCY, {"key.asc": anne.certificate}))
    assert "votre cle publique jointe" in reply.text
    assert known_copy(host, expired) == before


def test_without_a_newer_copy_it_is_refused_and_an_emergency_says_so(
    host: Host, expired: AgedDoctor
) -> None:
    assert "expiree" in host.send(expired, expired.signed_inside(HELP)).text
    reply = host.send(expired, expired.signed_inside(EMERGENCY))
    assert reply.code == 550
    assert "votre demande d'urgence n'a rien ouvert" in reply.text


def test_a_colleagues_mail_does_not_prolong_it(
    host: Host, expired: AgedDoctor, anne: Doctor
) -> None:
    before = known_copy(host, expired)
    (answer,) = host.ask(anne, anne.pgp_mime(HELP, {"key.asc": expired.certificate}))
    assert "prolongée" not in answer.text
    assert known_copy(host, expired) == before


def test_a_patients_own_key_is_prolonged_as_well(host: Host, paul: Doctor) -> None:
    with AgedDoctor("Jean HORLOGE", "jean@patient.test") as patient:
        patient.keyring.prolong(int(time.time()) - 7 * DAY, 700)
        patient.import_key(host.service.certificate)
        asked = f"Demande : clé du patient\n{LINES}Courriel : {patient.mail}\n"
        host.ask(paul, paul.pgp_mime(asked, {"cle-de-jean.asc": patient.certificate}))
        host.answers(patient)
        put_back(host, patient, patient.keyring.expired)
        wish = "Demande : dossier\n"
        assert host.send(patient, patient.signed_inside(wish)).code == 550
        answer, *_ = host.ask(patient, patient.pgp_mime(wish))
        assert "prolongée jusqu'au" in in_a_line(answer.text)


def test_a_mail_that_prolongs_it_may_change_what_its_sender_is_as_well(
    host: Host, expired: AgedDoctor, anne: Doctor
) -> None:
    """Two changes of one person by one mail: the next mail finds him as both have left him."""
    days = datetime.now(PARIS).strftime("Du : %d/%m/%Y\nAu : %d/%m/%Y\n")
    named = f"Demande : remplacement\nService : rmp@rmp.test\nRemplaçant : {anne.mail}\n{days}"
    answer, *_ = host.ask(expired, expired.pgp_mime(named))
    assert "prolongée jusqu'au" in in_a_line(answer.text)
    assert anne.name in answer.text
    (again,) = host.ask(expired, expired.pgp_mime(HELP))
    assert "prolongée" not in again.text


# Clocks


@contextmanager
def clock_at(doctor: AgedDoctor, moment: int) -> Iterator[None]:
    doctor.keyring.at = moment
    try:
        yield
    finally:
        doctor.keyring.at = 0


@pytest.fixture
def early(host: Host, aged: AgedDoctor) -> AgedDoctor:
    """Return a doctor whose key is in order, and whose clock can be set."""
    put_back(host, aged, aged.certificate)
    return aged


@pytest.mark.parametrize("hours", [36, 24 * 10])
def test_a_signature_of_the_future_stops_no_emergency_and_is_told_otherwise(
    host: Host, early: AgedDoctor, hours: int
) -> None:
    with clock_at(early, int(time.time()) + hours * 3600):
        emergency, ordinary = early.pgp_mime(EMERGENCY), early.pgp_mime(HELP)
    assert "accès en urgence" in host.exchange(early, emergency)[0].subject
    (letter,) = host.ask(early, ordinary)
    said = in_a_line(letter.text)
    assert "l'horloge du service qui retarde" in said
    assert "Ce message porte une signature du" in said


def test_a_clock_that_is_behind_puts_off_all_but_emergencies(
    host: Host, early: AgedDoctor, anne: Doctor
) -> None:
    later = int(time.time()) + 7200
    event = Event(int(time.time()), "liste", b"", "10000000000", "ab" * 20, "x@x.test")
    with Journal(host.service.folder / "keeper" / "log") as log:
        log.append(event, later)
    with clock_at(early, later):
        emergency, ordinary = early.pgp_mime(EMERGENCY), early.pgp_mime(HELP)
    assert host.send(early, ordinary).code == 451
    wait_until(
        lambda: "the machine: clock-behind" in host.service.log(Part.MILTER),
        10,
        "the alert",
    )
    (told,) = host.postfix.wait_mail(DSI, 1, 10)
    assert b"rmp check" in message_from_bytes(told).get_payload(decode=True)
    assert "accès en urgence" in host.exchange(early, emergency)[0].subject
    assert b"access log was written" in host.service.rmp("check", check=False).stdout
    # Somebody whose clock agrees with ours: it was the log's that ran ahead.
    host.ask(anne, anne.pgp_mime(HELP))
    host.ask(early, ordinary)


# What the machine lacks


@contextmanager
def little(host: Host, part: Part, which: int, room: int) -> Iterator[None]:
    """Let the processes of a part have only so much more of something than they have."""
    pids = host.service.pids_of(part)
    before = {pid: resource.prlimit(pid, which) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, which, (used(pid, which) + room, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            if Path(f"/proc/{pid}").exists():
                resource.prlimit(pid, which, limits)


def used(pid: int, which: int) -> int:
    if which == resource.RLIMIT_NOFILE:
        return max(int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()) + 1
    pages = Path(f"/proc/{pid}/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def few_descriptors(host: Host, part: Part, room: int) -> AbstractContextManager[None]:
    return little(host, part, resource.RLIMIT_NOFILE, room)


@pytest.mark.parametrize(
    ("part", "room"),
    # Without any the milter takes no connection, and Postfix waits half a minute for it.
    [(Part.MILTER, 2), (Part.KEEPER, 0), (Part.KEEPER, 1)],
)
def test_a_process_without_descriptors_puts_mails_off(
    host: Host, anne: Doctor, part: Part, room: int
) -> None:
    mail = anne.pgp_mime(EMERGENCY)
    with few_descriptors(host, part, room):
        heard = host.send(anne, mail)
        assert heard.accepted or heard.code == 451, heard
    host.service.wait_ready()
    assert host.send(anne, mail).accepted  # the keeper's workers began anew meanwhile
    host.settle()


@pytest.mark.parametrize("part", [Part.MILTER, Part.KEEPER])
def test_a_process_without_memory_puts_mails_off(host: Host, anne: Doctor, part: Part) -> None:
    mail = anne.pgp_mime(EMERGENCY, {"a.bin": os.urandom(3_000_000)})
    with little(host, part, resource.RLIMIT_AS, 8 << 20):
        heard = host.send(anne, mail)
        assert heard.accepted or heard.code == 451, heard
    host.service.wait_ready()
    assert host.send(anne, mail).accepted
    host.settle()


def test_an_answer_waits_for_a_courier_without_descriptors(host: Host, anne: Doctor) -> None:
    host.settle()
    before = host.postfix.collected.count(anne.mail)
    with few_descriptors(host, Part.COURIER, 0):
        assert host.send(anne, anne.pgp_mime(HELP)).accepted
        time.sleep(1)  # it may have tried by then; what follows holds either way
    host.settle()
    assert host.postfix.collected.count(anne.mail) == before + 1


def test_the_host_is_told_that_mails_were_put_off(host: Host, anne: Doctor) -> None:
    with few_descriptors(host, Part.MILTER, 1):
        assert host.send(anne, anne.pgp_mime(HELP)).code == 451
    wait_until(
        lambda: "the machine: shortage" in host.service.log(Part.MILTER), 10, "the alert"
    )
