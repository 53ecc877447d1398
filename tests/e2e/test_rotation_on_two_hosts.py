"""Another key of the store of two hosts on three servers, one host forgotten, then a promotion."""

import shutil
from collections.abc import Iterator

import pytest

from testbed.service import Part
from testbed.two_hosts import TwoHosts
from testbed.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.soak]

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
KEY = "milter/metadata.key"


@pytest.fixture
def house() -> Iterator[TwoHosts]:
    with TwoHosts() as house:
        yield house


def rotate(house: TwoHosts, *more: str) -> str:
    return house.services[0].rmp("key", "rotate", "metadata", *more).stdout.decode()


def test_a_forgotten_host_files_nothing_and_the_promoted_standby_has_all(
    house: TwoHosts,
) -> None:
    first, forgotten = house.services
    port = house.hosts[1].postfix.smtp_port
    doctor = house.hosts[0].doctor("Dr Paul ESSAI", "paul@cabinet.test")

    def deposit(words: str) -> int:
        text = f"{WHO}Document : biologie\n\n{words}\n"
        return doctor.send(port, doctor.pgp_mime(text)).code

    creation = f"Demande : création\n{WHO}Consentement : oui\n"
    house.hosts[0].send(doctor, doctor.pgp_mime(creation))
    house.settle()  # either host's courier answers
    house.cluster.primary.run_sql(rotate(house, "--sql"))
    assert "rmp key rotate metadata --finish" in rotate(house)
    assert deposit("Pendant.") == 250
    house.settle()

    first.stop(Part.MILTER, Part.COURIER)
    rotate(house, "--finish")
    assert deposit("Trop tard.") == 451
    house.cluster.primary.run_sql(rotate(house, "--sql"))
    assert deposit("Beaucoup trop tard.") == 451
    wait_until(lambda: not forgotten.running(Part.MILTER), 20, "the forgotten milter's end")

    forgotten.stop(Part.COURIER)
    shutil.copy(first.folder / KEY, forgotten.folder / KEY)
    house.wait_ready()
    house.cluster.wait_followed()
    house.cluster.primary.kill()
    house.cluster.promote()
    house.wait_ready()
    assert doctor.send(port, doctor.pgp_mime(f"Demande : consultation\n{WHO}")).code == 250
    house.settle()
    texts = [doctor.read(raw).text for raw in house.mailbox(doctor.mail)]
    assert any("1 document(s)" in text for text in texts)
    assert any("Pendant." in text for text in texts)
    assert not any("rop tard." in text for text in texts)
    assert "the store is sound" in first.rmp("store", "check").stdout.decode()
