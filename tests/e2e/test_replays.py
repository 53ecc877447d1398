"""A mail that comes again: a retry does nothing, a replay is refused, no work is lost."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from clinic import PDF, Clinic

from testbed import gpg

pytestmark = pytest.mark.integration


def rewrapped(mail: bytes) -> bytes:
    """Return the same encrypted text under other outer headers, as an attacker sends it."""
    changed = re.sub(rb"(?m)^Message-ID:.*$", b"Message-ID: <other@attacker.test>\r", mail)
    changed = re.sub(rb"(?m)^Date:.*$", b"Date: Mon, 02 Nov 2026 10:00:00 +0000\r", changed)
    return b"X-Way: another\r\n" + changed


@pytest.mark.promise(number=7)
def test_a_retry_is_taken_and_does_nothing(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    mail = clinic.lab.pgp_mime(f"{lines}\nUne fois.\n", {"r.pdf": PDF})
    clinic.host.exchange(clinic.lab, mail)
    before = clinic.documents()
    answers = clinic.host.postfix.collected.count(clinic.lab.mail)
    retried = b"Received: from relay.test by mail.test; Mon, 02 Nov 2026\r\n" + mail
    assert clinic.host.send(clinic.lab, retried).accepted
    clinic.host.settle()
    assert clinic.documents() == before
    assert clinic.host.postfix.collected.count(clinic.lab.mail) == answers


@pytest.mark.promise(number=7)
def test_the_same_mail_several_times_at_once_is_taken_each_time_and_done_once(
    clinic: Clinic,
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    before = clinic.documents()
    mail = clinic.lab.pgp_mime(f"{lines}\nUne fois.\n", {"r.pdf": PDF})
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: clinic.host.send(clinic.lab, mail), range(6)))
    assert {reply.code for reply in replies} == {250}
    assert clinic.documents() == before + 1


def test_a_captured_deposit_in_another_wrapping_is_refused(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    mail = clinic.lab.pgp_mime(f"{lines}\nUne fois.\n", {"r.pdf": PDF})
    clinic.host.ask(clinic.lab, mail)
    reply = clinic.rejection(clinic.outsider, rewrapped(mail))
    assert reply.code == 550
    assert "a deja ete recu une fois" in reply.text


def test_a_captured_consultation_is_refused_and_sends_nothing(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines, code="JzbV7kQ2")
    mail = clinic.anne.pgp_mime(f"Demande : dossier\n{lines}Code : JzbV7kQ2\n")
    clinic.host.exchange(clinic.anne, mail)
    answers = clinic.host.postfix.collected.count(clinic.anne.mail)
    assert "5.7.7" in clinic.rejection(clinic.outsider, rewrapped(mail)).text
    clinic.host.settle()
    assert clinic.host.postfix.collected.count(clinic.anne.mail) == answers


def test_a_captured_text_with_other_documents_beside_it_is_refused(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    mail = clinic.lab.partitioned(f"{lines}\nUne fois.\n", {"r.pdf": PDF})
    clinic.host.ask(clinic.lab, mail)
    other = clinic.lab.partitioned(f"{clinic.patient()}\nAutre.\n", {"r.pdf": PDF * 2})
    armor = rb"-----BEGIN PGP MESSAGE-----.*?-----END PGP MESSAGE-----"
    (first,), (second,) = (re.findall(armor, each, re.DOTALL)[:1] for each in (mail, other))
    swapped = other.replace(second, first)
    assert swapped != other
    assert "a deja ete recu" in clinic.rejection(clinic.outsider, swapped).text


def test_a_refused_mail_can_be_written_again(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.refusal(clinic.lab, clinic.lab.pgp_mime("Patient : DUPONT Jean\n\nVoici.\n"))
    clinic.create(lines)
    before = clinic.documents()
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nVoici.\n"))
    clinic.host.ask(clinic.lab, clinic.lab.pgp_mime(f"{lines}\nVoici.\n"))
    assert clinic.documents() == before + 2


def test_the_services_address_twice_in_one_mail_does_its_work_once(clinic: Clinic) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    before = clinic.documents()
    mail = clinic.lab.pgp_mime(f"{lines}\nVoici.\n")
    twice = ("rmp@rmp.test", "RMP@rmp.test")
    assert clinic.lab.send(clinic.host.postfix.smtp_port, mail, recipients=twice).accepted
    assert clinic.documents() == before + 1


def test_a_copy_to_another_address_passes_whether_or_not_the_work_is_done(
    clinic: Clinic,
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    mail = clinic.lab.pgp_mime(f"{lines}\nVoici.\n")
    clinic.host.ask(clinic.lab, mail)
    both = ("archive@ailleurs.test", "rmp@rmp.test")
    before = clinic.host.postfix.collected.count("archive@ailleurs.test")
    reply = clinic.lab.send(clinic.host.postfix.smtp_port, mail, recipients=both)
    assert reply.accepted, reply
    assert len(clinic.host.postfix.wait_mail("archive@ailleurs.test", before + 1)) == before + 1


@pytest.mark.parametrize(("days", "taken"), [(2, True), (9, False)])
def test_what_was_signed_long_ago_is_refused(
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    taken: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    lines = clinic.patient()
    clinic.create(lines)
    real = gpg._ALWAYS

    def told(days_ago: int) -> None:
        moment = f"{datetime.now(UTC) - timedelta(days=days_ago):%Y%m%dT%H%M%S}"
        options = ("--faked-system-time", moment, "--ignore-time-conflict")
        monkeypatch.setattr(gpg, "_ALWAYS", (*real, *options, "--ignore-valid-from"))

    told(days_ago=30)
    address = f"lente{days}@cabinet.test"
    doctor = clinic.host.doctor("Dr Lente HORLOGE", address, by_library=False)
    told(days_ago=days)
    mail = doctor.pgp_mime(f"{lines}\nVoici.\n")
    monkeypatch.setattr(gpg, "_ALWAYS", real)
    if taken:
        clinic.host.ask(doctor, mail)
    else:
        assert "trop longtemps" in clinic.rejection(doctor, mail).text
