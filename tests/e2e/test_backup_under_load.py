"""A backup made while mails come in, put back where nothing is left of the service."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clinic import Clinic, small_clinic
from restored import Patient, patient
from states import named, open_store

from testbed.service import SEPARATE
from testbed.waiting import wait_until

pytestmark = pytest.mark.integration

BACKUPS, WRITERS, FEWEST = 2, 2, 2
"""So few show a first backup and one more; a long campaign has thrice that."""


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    with small_clinic({}) as clinic:
        yield clinic


class Load:
    """Mails that come in one behind the other in several threads: deposits, and new codes."""

    def __init__(self, clinic: Clinic, writers: int) -> None:
        self.clinic = clinic
        self.patients = [patient(clinic, clinic.paul) for _ in range(writers)]
        self.taken = [0] * writers
        self.renewed = 0
        self._end = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        acts: list[Callable[[], None]] = [self._renew_codes]
        acts += [self._depositing(number) for number in range(len(self.taken))]
        threads = [threading.Thread(target=act) for act in acts]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            self._end.set()
            for each in threads:
                each.join(60)

    def _depositing(self, number: int) -> Callable[[], None]:
        def deposit() -> None:
            lines = self.patients[number].lines
            while not self._end.is_set():
                text = f"{lines}Document : biologie\n\nNuméro {self.taken[number]}.\n"
                reply = self.clinic.host.send(self.clinic.lab, self.clinic.lab.pgp_mime(text))
                self.taken[number] += reply.accepted

        return deposit

    def _renew_codes(self) -> None:
        """Have one dossier's card change again and again, each next one shown to the keeper."""
        paul, lines = self.clinic.paul, self.patients[0].lines
        while not self._end.is_set():
            mail = paul.pgp_mime(f"Demande : nouveau code\n{lines}")
            self.renewed += self.clinic.host.send(paul, mail).accepted

    def reaches(self, more: int) -> bool:
        """Wait until so many more of each kind were taken."""
        wanted = [each + more for each in (*self.taken, self.renewed)]
        for _ in range(600):
            if all(a >= b for a, b in zip((*self.taken, self.renewed), wanted, strict=True)):
                return True
            self._end.wait(0.1)
        return False


def entries_of(clinic: Clinic, whose: Patient) -> int:
    with open_store(clinic.host.service) as store:
        dossier = named(store, whose.birth_name)
        with store.snapshot() as view:
            return len(view.entries(dossier.dossier_id))


def made(clinic: Clinic, folder: Path) -> dict[str, object]:
    second = int(time.time())
    wait_until(lambda: time.time() > second + 1, 5, "another second, by which it is named")
    done = clinic.host.service.rmp(
        "backup", str(folder), "--keys", str(folder.with_name("keys")), "--json"
    )
    said = json.loads(done.stdout)
    assert isinstance(said, dict)
    return said


@pytest.mark.parametrize("times", [1, pytest.param(3, marks=pytest.mark.soak)])
def test_all_that_was_acknowledged_before_is_there_again(clinic: Clinic, times: int) -> None:
    service, load = clinic.host.service, Load(clinic, WRITERS * times)
    folder, note = service.root / "backups", service.root / "checkpoint"
    note.write_bytes(service.rmp("access", "checkpoint").stdout)
    with load.running():
        for _ in range(BACKUPS * times):
            assert load.reaches(FEWEST * times)
            before, said = [*load.taken], made(clinic, folder)
            assert (said["sound"], said["findings"]) == (True, [])
        assert load.reaches(1)
    for part in SEPARATE:
        service.kill(part)
    shutil.rmtree(service.folder)

    at = ("--keys", str(folder.with_name("keys")))
    asked = service.rmp("restore", str(folder), *at, check=False)
    assert (asked.returncode, service.folder.exists()) == (2, False)
    done = json.loads(
        service.rmp("restore", str(folder), *at, "--checkpoint", str(note), "--json").stdout
    )
    assert (done["left"], done["missing"]) == ([], [])
    assert "are of one moment" in done["said"][0]
    service.start()
    service.wait_ready()

    checked = json.loads(service.rmp("store", "check", "--json").stdout)
    assert (checked["sound"], checked["notes"]) == (True, [])
    for whose, taken in zip(load.patients, before, strict=True):
        assert entries_of(clinic, whose) >= 1 + taken
    export, vkey = str(service.root / "export"), service.rmp("access", "key").stdout.decode()
    service.rmp("access", "export", export)
    service.rmp("access", "verify", export, "--vkey", vkey.strip(), "--checkpoint", str(note))
    answer = load.patients[1].ask(clinic.paul, "dossier", answers=2)
    assert "biologie" in answer.text
    clinic.host.settle()
