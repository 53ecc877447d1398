"""The store's keys are others, and who writes meanwhile waits only for the finish."""

import re
import time
from collections.abc import Iterator

import pytest
from rotating_case import WritingOn, without_chores

from rmp_milter.store.format.keys import read_index_keys
from testbed.doctor import Doctor
from testbed.host import Host
from testbed.service import Part

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LINES = "Patient : CLEFS Jeanne\nNé le : 30/01/1959\n"
URGENT = "Demande : urgence\nPatient : CLEF Jeane\nÂge : environ 67\nMotif : inconsciente\n"
KEYS = {
    "metadata": "milter/metadata.key",
    "index": "milter/index.key",
    "outbox": "shared/outbox.key",
}


@pytest.fixture
def host() -> Iterator[Host]:
    with without_chores(by_library=True) as host:
        yield host


def test_nobody_is_put_off_while_it_is_prepared(host: Host) -> None:
    paul = host.doctor("Dr Paul CLE", "paul@cabinet.test")
    lab = host.doctor("Dr Lab CLE", "lab@cabinet.test", "biologiste")
    host.ask(paul, paul.pgp_mime(f"Demande : création\n{LINES}Consentement : oui\n"))
    letters: list[bytes] = []

    def letter_of(number: int) -> bytes:
        time.sleep(0.2)  # the dossier is to be read at the end
        letters.append(lab.pgp_mime(f"{LINES}\nLettre {number}.\n"))
        return letters[-1]

    depositing = WritingOn(host, lab, letter_of)
    depositing.start()
    try:
        for which, place in KEYS.items():
            file = host.service.folder / place
            old = read_index_keys(file)
            prepared(host, lab, depositing, which)
            finished(host, which)
            assert read_index_keys(file) != old
            depositing.go_on()
    finally:
        depositing.ended.set()
        depositing.join()
    assert depositing.refused == []

    assert host.stored()["entries"] == depositing.taken
    for letter in (letters[0], letters[depositing.taken - 1]):
        assert host.send(lab, letter).accepted  # a retry: it is done
        other = b"Message-ID: <other@cabinet.test>\r"
        assert host.send(lab, re.sub(rb"(?m)^Message-ID:.*$", other, letter)).code == 550
    assert host.stored()["entries"] == depositing.taken
    read = host.exchange(paul, paul.pgp_mime(f"Demande : dossier\n{LINES}"))
    words = "\n".join(each.text for each in read)
    assert all(f"Lettre {number}." in words for number in range(depositing.taken))
    assert is_found_in_an_emergency(host, lab)
    assert b"the store is sound" in host.service.rmp("store", "check").stdout


def prepared(host: Host, lab: Doctor, depositing: WritingOn, which: str) -> None:
    depositing.go_on()
    before = depositing.put_off
    said = host.service.rmp("key", "rotate", which).stdout.decode()
    assert f"rmp key rotate {which} --finish" in said
    assert is_found_in_an_emergency(host, lab)
    depositing.go_on()
    assert depositing.put_off == before


def finished(host: Host, which: str) -> None:
    host.service.stop(Part.MILTER, Part.COURIER)
    said = host.service.rmp("key", "rotate", which, "--finish").stdout.decode()
    assert "anew and verified" in said
    host.service.start(Part.MILTER, Part.COURIER)
    host.service.wait_ready()


def is_found_in_an_emergency(host: Host, lab: Doctor) -> bool:
    (listed, *_) = host.ask(lab, lab.pgp_mime(URGENT))
    return "CLEFS Jeanne" in listed.text
