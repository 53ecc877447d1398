"""After a copy was put back, of the keeper or of the store: emergencies go on, the rest waits.

What differs is named with the command that helps; the host accepts it; what was erased or
removed stays so. One host, three times.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from email.policy import default

import aged_doctor
import pytest
from clinic import Clinic, small_clinic
from restored import (
    WHY,
    WITNESSES,
    Patient,
    findings,
    milter_log,
    patient,
    put_back,
    rmp,
    saved,
    stopped,
)
from states import open_store

from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.model import Closure
from rmp_milter.dossier.revisions import revised
from testbed.doctor import Doctor

pytestmark = pytest.mark.integration

READ, NOBODY = "Cet accès en urgence", "Anticoagulants"
SETTINGS = {
    ("milter", "chores_seconds"): "1",
    ("audit", "alerts"): '["garde@chu.test"]',
}


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    with small_clinic(SETTINGS, by_library=False) as clinic:
        yield clinic


def rpps_of(clinic: Clinic, doctor: Doctor) -> str:
    with open_store(clinic.host.service) as store, store.snapshot() as view:
        found = view.doctor_by_mail(doctor.mail)
    assert found is not None
    return found.rpps


def enrolled(clinic: Clinic, name: str, mail: str) -> Doctor:
    """Enrol a doctor and change his entry: his card is not the first one any more."""
    doctor = clinic.host.doctor(name, mail)
    clinic.host.service.rmp("doctor", "set", mail, "--profession", "médecin urgentiste")
    return doctor


def test_a_keeper_from_an_older_copy(clinic: Clinic) -> None:
    taken, untouched, gone = (patient(clinic, clinic.paul) for _ in range(3))
    left = clinic.host.doctor("Dr Marc PARTI", "marc@cabinet.test")
    assert untouched.reads(left, untouched.codes[0])  # so the keeper has seen his card
    assert findings(clinic) == []
    copy = saved(clinic, "keeper")
    erased(clinic, gone)
    clinic.host.service.rmp("doctor", "remove", left.mail)
    nina = enrolled(clinic, "Dr Nina NOUVELLE", "nina@cabinet.test")
    new = patient(clinic, nina)
    for each, doctor in ((new, nina), (taken, clinic.anne)):
        if doctor is clinic.anne:
            each.take_over(doctor)
        each.recode(doctor)
        assert each.reads(clinic.lab, each.codes[-1])
    put_back(clinic, "keeper", copy)

    assert READ in new.emergency(nina)
    assert READ in taken.emergency(clinic.paul)
    assert READ in taken.emergency(clinic.anne)
    assert taken.deferred(clinic.anne, "dossier")
    assert taken.deferred(clinic.lab, "dossier", f"Code : {taken.codes[-1]}\n")
    assert new.deferred(nina, "nouveau code")
    assert "rmp store check" in milter_log(clinic)
    assert untouched.reads(clinic.lab, untouched.codes[-1])

    found = " ".join(findings(clinic))
    for name in (taken.name, new.name, f"RPPS {rpps_of(clinic, nina)}"):
        assert name in found
    assert untouched.name not in found
    assert "further on than the keeper knows: rmp store relearn" in found

    status, shown = rmp(clinic, "store", "relearn")
    assert (status, shown["accepted"], shown["store_is_older"]) == (0, False, False)
    assert (shown["erased"], shown["missing"]) == (1, 1)
    assert {taken.name, new.name} <= {*shown["ahead"]}
    assert taken.deferred(clinic.anne, "dossier")
    status, shown = rmp(clinic, "store", "relearn", "--accept")
    assert (status, shown["accepted"], shown["refused"]) == (0, True, [])
    assert findings(clinic) == []
    for each in (taken, new):
        assert each.reads(clinic.lab, each.codes[-1])
        assert not each.reads(clinic.lab, each.codes[0])
    new.recode(nina)
    accesses = new.ask(nina, "accès").text
    assert "après la restauration d'une copie" in " ".join(accesses.split())


def erased(clinic: Clinic, gone: Patient) -> None:
    """Have a dossier's time be over, and erase it as the host does."""
    now = int(time.time())
    with open_store(clinic.host.service) as store:
        with store.snapshot() as view:
            dossier = view.dossier(bytes.fromhex(gone.reference))
        assert dossier is not None
        closed = revised(dossier, closure=Closure(now, now))
        store.commit(Changes(updates=(DossierUpdate(closed),)), now)
    clinic.host.service.rmp("dossier", "erase", gone.reference)


def rekeyed(clinic: Clinic, doctor: Doctor) -> Doctor:
    """Return the same doctor with another key, which the host has entered."""
    service = clinic.host.service
    renewed = Doctor(doctor.name, doctor.mail, doctor.service)
    file = service.root / "renewed.asc"
    file.write_bytes(renewed.certificate)
    service.rmp("doctor", "rekey", doctor.mail, "--key", str(file), *WITNESSES)
    renewed.import_key(service.certificate)
    return renewed


class Past:
    """What a store has forgotten that was put back from an older copy."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic, self.host = clinic, clinic.host
        self.taken, self.gone, self.calm = (patient(clinic, clinic.paul) for _ in range(3))
        self.maria = clinic.host.doctor("Dr Maria CHANGE", "maria@cabinet.test")
        self.hers = patient(clinic, self.maria)
        self.left = clinic.host.doctor("Dr Luc PARTI", "luc@cabinet.test")
        self.aged = aged_doctor.enrolled(clinic.host, 90, "Dr Vieille CLE", "vieille@cab.test")
        copy = saved(clinic, "store")
        self.taken.take_over(clinic.anne)
        self.taken.recode(clinic.anne)
        assert self.taken.reads(clinic.lab, self.taken.codes[-1])
        self.late = clinic.host.doctor("Dr Tard VENU", "tard@cabinet.test")
        self.lost = patient(clinic, self.late)
        erased(clinic, self.gone)
        self.rmp("doctor", "remove", self.left.mail)
        for _ in range(2):  # the second one shows the keeper who he is now
            assert clinic.host.ask(self.aged, self.aged.pgp_mime("Demande : aide\n\n"))
        self.renewed = rekeyed(clinic, self.maria)
        assert self.hers.ask(self.renewed, "dossier", answers=2)
        put_back(clinic, "store", copy)

    def rmp(self, *arguments: str) -> str:
        return self.host.service.rmp(*arguments, check=False).stdout.decode()

    def emergencies_go_on(self) -> None:
        clinic = self.clinic
        assert READ in self.taken.emergency(clinic.paul)
        assert READ in self.taken.emergency(clinic.anne)
        assert READ in self.hers.emergency(clinic.anne)  # though Maria cannot be told of it
        assert "a notice is lost" in milter_log(clinic)
        assert READ in self.taken.emergency(self.aged)  # by a copy that his mail brings
        assert "Anticoagulants" not in self.gone.emergency(clinic.anne)
        for doctor in (self.maria, self.renewed, self.left):
            assert clinic.rejection(doctor, self.calm.mail(doctor, "urgence", WHY))

    def the_rest_waits(self) -> None:
        clinic = self.clinic
        assert self.taken.deferred(clinic.paul, "dossier")
        assert self.taken.deferred(clinic.lab, "dossier", f"Code : {self.taken.codes[0]}\n")
        assert self.gone.deferred(clinic.paul, "dossier")
        assert self.hers.deferred(self.renewed, "dossier")  # not refused as a stranger
        assert self.hers.deferred(self.aged, "dossier", f"Code : {self.hers.codes[0]}\n")
        assert self.calm.reads(clinic.lab, self.calm.codes[0])
        (alert, *_) = self.host.postfix.wait_mail("garde@chu.test", 1)
        assert "rmp store check" in message_from_bytes(alert, policy=default).get_content()

    def all_is_named(self) -> None:
        found = " ".join(findings(self.clinic))
        assert f"{self.taken.name} is older than the one in force: rmp store relearn" in found
        assert f"{self.gone.name} is of what was erased or removed: rmp dossier erase" in found
        assert "the keeper knows 1 dossiers and 1 persons that this store has not" in found
        assert self.calm.name not in found
        assert self.taken.name in self.rmp("check", "--no-postfix")

    def close(self) -> None:
        self.renewed.close()
        self.aged.close()


@pytest.fixture(scope="module")
def past(clinic: Clinic) -> Iterator[Past]:
    with closing(Past(clinic)) as past:
        yield past


def test_a_store_from_an_older_copy_is_refused_and_named(past: Past) -> None:
    past.emergencies_go_on()
    past.the_rest_waits()
    past.all_is_named()


def test_a_store_from_an_older_copy_is_accepted_by_two(past: Past) -> None:
    clinic, taken, gone = past.clinic, past.taken, past.gone
    assert "Codes and keys of that time open again" in past.rmp("store", "relearn")
    assert rmp(clinic, "store", "relearn", "--accept")[0] == 2
    assert taken.deferred(clinic.paul, "dossier")
    status, said = rmp(clinic, "store", "relearn", "--accept", *WITNESSES)
    assert (status, said["accepted"]) == (1, True)
    assert said["gone"] == [f"RPPS {rpps_of(clinic, past.left)}", gone.name]
    assert taken.ask(clinic.paul, "dossier", answers=2)
    assert taken.reads(clinic.lab, taken.codes[0])
    assert past.hers.ask(past.maria, "dossier", answers=2)

    assert gone.deferred(clinic.paul, "dossier")
    past.rmp("dossier", "erase", gone.reference)
    past.rmp("doctor", "remove", past.left.mail)
    assert findings(clinic) == []
    clinic.host.service.enrol(past.late, 77)
    clinic.host.service.enrol(past.left, 78)
    assert clinic.create(past.lost.lines, by=past.late)


def test_a_log_begun_anew(clinic: Clinic) -> None:
    changed = patient(clinic, clinic.paul)
    changed.recode(clinic.paul)
    assert changed.reads(clinic.lab, changed.codes[-1])
    folder = clinic.host.service.folder / "keeper"
    with stopped(clinic, "keeper"):
        (folder / "log").rename(folder / "log before")
        (folder / "log.state").rename(folder / "log.state before")
        clinic.host.service.rmp("access", "begin", "rmp.test/rmp-2")
    assert READ in changed.emergency(clinic.anne)
    assert changed.deferred(clinic.paul, "dossier")
    assert changed.name in " ".join(findings(clinic))
    status, said = rmp(clinic, "store", "relearn", "--accept")
    assert (status, said["accepted"], said["store_is_older"]) == (0, True, False)
    assert findings(clinic) == []
    assert changed.reads(clinic.lab, changed.codes[-1])
    assert not changed.reads(clinic.lab, changed.codes[0])
