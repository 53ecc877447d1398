"""A service with two addresses: what goes to both does its work once and loses none."""

from collections.abc import Iterator

import pytest

from testbed.doctor import Doctor
from testbed.host import ADDRESS, Host

pytestmark = pytest.mark.integration

OTHER = "dossiers@rmp.test"
LINES = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host(others=(OTHER,), by_library=True) as made:
        yield made


@pytest.fixture(scope="module")
def doctor(host: Host) -> Doctor:
    made = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
    host.ask(made, made.pgp_mime(f"Demande : création\n{LINES}Consentement : oui\n"))
    return made


def send(host: Host, doctor: Doctor, mail: bytes, *recipients: str) -> tuple[int, int]:
    """Send to these recipients; return the reply's code and how many documents it brought."""
    before = host.stored()["documents"]
    reply = doctor.send(host.postfix.smtp_port, mail, recipients=recipients)
    return reply.code, host.stored()["documents"] - before


def test_either_address_takes_mail(host: Host, doctor: Doctor) -> None:
    for address in (ADDRESS, OTHER):
        assert send(host, doctor, doctor.pgp_mime(f"{LINES}\nVoici.\n"), address) == (250, 1)


def test_both_in_one_envelope_are_one_mail(host: Host, doctor: Doctor) -> None:
    mail = doctor.pgp_mime(f"{LINES}\nVoici.\n")
    assert send(host, doctor, mail, ADDRESS, OTHER) == (250, 1)
    assert send(host, doctor, mail, OTHER, ADDRESS) == (250, 0)


def test_a_relay_that_parts_them_hears_that_the_second_changed_nothing(
    host: Host, doctor: Doctor
) -> None:
    mail = doctor.pgp_mime(f"{LINES}\nVoici.\n")
    assert send(host, doctor, mail, ADDRESS) == (250, 1)
    before = host.stored()["documents"]
    reply = doctor.send(host.postfix.smtp_port, mail, recipients=(OTHER,))
    assert reply.code == 550
    assert "cette copie n'a rien change" in reply.text
    assert host.stored()["documents"] == before
