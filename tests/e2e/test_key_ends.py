"""A key that ends: its owner is told before, nothing is refused after, nothing stays closed."""

import json
import time
from collections.abc import Iterator
from email import message_from_bytes

import pytest
from aged_doctor import DAY, AgedDoctor, put_back

from testbed.doctor import Doctor
from testbed.host import Host

pytestmark = pytest.mark.integration

DSI = "dsi@chu.test"
HELP = "Demande : aide\n\n"
LINES = "Patient : ECHEANCE Jeanne\nNé le : 30/01/1959\n"
OTHER_LINES = "Patient : VALIDE Louise\nNé le : 30/01/1960\n"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    # The rounds are this module's own: the milter's would be first, now and then.
    settings = {("milter", "chores_seconds"): "3600", ("audit", "alerts"): f'["{DSI}"]'}
    with Host(settings) as host:
        yield host


def a_round(host: Host, at: int = 0) -> dict[str, int]:
    when = ("--at", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))) if at else ()
    return dict(json.loads(host.service.rmp("chores", "--json", *when).stdout))


def in_a_line(words: str) -> str:
    return " ".join(words.split())


def ending(host: Host, number: int, days: int) -> AgedDoctor:
    """Return a doctor whose key ends in so many days."""
    name = f"Dr Nombre {number}"
    doctor = AgedDoctor(name, f"n{number}@cabinet.test")
    doctor.keyring.prolong(int(time.time()) - 7 * DAY, days + 7)
    host.service.enrol(doctor, number)
    return doctor


def test_each_is_told_once_of_each_stage(host: Host) -> None:
    with ending(host, 71, 45) as doctor, ending(host, 72, 200) as later:
        assert a_round(host)["key_letters"] == 1
        assert a_round(host)["key_letters"] == 0
        (letter,) = host.answers(doctor)
        assert "RMP : votre clé expire le" in letter.subject
        assert "prolongez cette clé" in in_a_line(letter.text)
        ahead = int(time.time())
        told = [
            a_round(host, ahead + days * DAY)["key_letters"] for days in (10, 16, 30, 39, 40)
        ]
        assert told == [0, 1, 0, 1, 0]
        assert len(host.answers(doctor, 3)) == 3
        assert host.postfix.collected.count(later.mail) == 0
        listed = json.loads(host.service.rmp("doctor", "list", "--expiring", "--json").stdout)
        assert [each["mail"] for each in listed] == [doctor.mail]
        table = host.service.rmp("doctor", "list", "--expiring", "300").stdout.decode()
        assert (doctor.mail in table, later.mail in table) == (True, True)
        for mail in (doctor.mail, later.mail):
            host.service.rmp("doctor", "remove", mail)


@pytest.fixture(scope="module")
def anne(host: Host) -> Doctor:
    """Return a laboratory's doctor, who files for patients of others."""
    return host.doctor("Dr Anne AUTRE", "anne@labo.test")


def deposit(lines: str) -> str:
    return f"Demande : dépôt\n{lines}Document : CR biologie\n\nLa lettre de {lines[10:18]}.\n"


def test_what_comes_while_a_key_is_over_opens_by_the_prolonged_one(
    host: Host, anne: Doctor
) -> None:
    valid = host.doctor("Dr Paul DEMO", "paul@cabinet.test")
    with ending(host, 73, 700) as treating:
        for doctor, lines in ((treating, LINES), (valid, OTHER_LINES)):
            host.ask(
                doctor, doctor.pgp_mime(f"Demande : création\n{lines}Consentement : oui\n")
            )
        put_back(host, treating, treating.keyring.expired)

        receipts = [
            host.ask(anne, anne.pgp_mime(deposit(lines)))[0] for lines in (LINES, OTHER_LINES)
        ]
        words = [
            each.text.replace("ECHEANCE Jeanne", "X").replace("VALIDE Louise", "X")
            for each in receipts
        ]
        assert words[0].replace("30/01/1959", "") == words[1].replace("30/01/1960", "")

        assert a_round(host)["keys_over"] == 1
        (alert,) = host.postfix.wait_mail(DSI, 1, 20)
        said = message_from_bytes(alert).get_payload(decode=True)
        assert b"rmp doctor list --expiring 0" in said
        assert b"ECHEANCE" not in said
        (listed,) = json.loads(
            host.service.rmp("doctor", "list", "--expiring", "0", "--json").stdout
        )
        assert (listed["over"], listed["treats"]) == (True, 1)

        (answer,) = host.ask(treating, treating.pgp_mime(HELP))  # brings the prolonged key
        assert "Votre clé prolongée" in in_a_line(answer.text)
        read = host.exchange(treating, treating.pgp_mime(f"Demande : dossier\n{LINES}"))
        assert any("La lettre de ECHEANCE" in each.text for each in read)
        assert a_round(host)["keys_over"] == 0
