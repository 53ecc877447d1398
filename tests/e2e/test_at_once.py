"""Two mails for one dossier at one moment: of what the one changes, the other is decided anew.

A deposit is held between milter and keeper, sealed and not yet committed, until the other mail
is answered. Whatever that was, nothing is filed for who no longer may read it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from clinic import Clinic
from keeper_proxy import KeeperProxy
from test_deposit import pending

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.filing import Reseal
from rmp_milter.cli.stores import open_store
from rmp_milter.config import load
from rmp_milter.dossier.cards import dossier_card
from rmp_milter.dossier.model import Doctor as Enrolled
from rmp_milter.dossier.model import Dossier, NumberedEntry
from testbed.doctor import Doctor
from testbed.sending import Reply as Heard

pytestmark = pytest.mark.integration

SECONDS = 30


class Stored:
    """A patient's dossier as the store has it, with its entries and who treats him."""

    def __init__(self, clinic: Clinic, lines: str) -> None:
        name = lines.split()[2]
        with open_store(load(clinic.host.service.config)) as store, store.snapshot() as view:
            (self.dossier,) = (
                each for each in view.dossiers() if each.patient.birth_name == name
            )
            self.entries = view.entries(self.dossier.dossier_id)
            treating = view.doctor(self.dossier.treating)
        assert treating is not None
        self.treating: Enrolled = treating
        self.dossier: Dossier
        self.entries: tuple[NumberedEntry, ...]


@pytest.fixture
def pair(clinic: Clinic) -> tuple[Doctor, Doctor]:
    """Two doctors whom no other test changes."""
    number = next(clinic.names)
    return (
        clinic.host.doctor(f"Dr Prime SIMUL{number}", f"prime{number}@cabinet.test"),
        clinic.host.doctor(f"Dr Second SIMUL{number}", f"second{number}@cabinet.test"),
    )


@pytest.fixture
def renewed(pair: tuple[Doctor, Doctor], clinic: Clinic) -> Iterator[Doctor]:
    """The first of the pair with another key, the service's certificate in hand."""
    with Doctor(pair[0].name, pair[0].mail) as same:
        same.import_key(clinic.host.service.certificate)
        yield same


def while_sealed(clinic: Clinic, lines: str, meanwhile: Callable[[], object]) -> int:
    """Send a deposit, do something when it is sealed; return how often that was."""
    sealed, go, times = threading.Event(), threading.Event(), list[int]()

    def passing(request: Request, reply: Reply | None) -> bool:
        if isinstance(request, Reseal) and reply is not None:
            times.append(len(times))
            sealed.set()
            return go.wait(SECONDS)
        return True

    heard: list[Heard] = []
    mail = clinic.lab.pgp_mime(f"{lines}Document : biologie\n\nAu même moment.\n")
    with closing(KeeperProxy(clinic.host.service.keeper_socket)) as proxy:
        proxy.passing = passing
        sending = threading.Thread(
            target=lambda: heard.append(clinic.host.send(clinic.lab, mail))
        )
        sending.start()
        try:
            assert sealed.wait(SECONDS), clinic.host.service.all_logs()
            meanwhile()
        finally:
            go.set()
            sending.join(SECONDS)
    (reply,) = heard
    assert reply.accepted, clinic.host.service.all_logs()
    clinic.host.settle()
    return len(times)


def last_read_by(stored: Stored) -> set[str]:
    """Return whose packets the last entry has."""
    document = stored.entries[-1].entry.documents[0]
    return {each.fingerprint for each in document.standing}


def test_a_deposit_beside_nothing_is_sealed_once(
    clinic: Clinic, pair: tuple[Doctor, Doctor]
) -> None:
    lines = clinic.patient()
    clinic.create(lines, by=pair[0])
    assert while_sealed(clinic, lines, lambda: None) == 1
    stored = Stored(clinic, lines)
    assert last_read_by(stored) == {pair[0].fingerprint.lower()}
    assert stored.entries[-1].entry.under == dossier_card(stored.dossier.card).revision


@pytest.mark.promise(number=9)
def test_a_deposit_that_meets_a_takeover_is_sealed_for_the_new_medecin_traitant_alone(
    clinic: Clinic, pair: tuple[Doctor, Doctor]
) -> None:
    former, new = pair
    lines = clinic.patient()
    code = clinic.create(lines, by=former)
    text = f"Demande : médecin traitant\n{lines}Code : {code}\nConsentement : oui\n"
    assert while_sealed(clinic, lines, lambda: clinic.host.ask(new, new.pgp_mime(text))) == 2
    stored = Stored(clinic, lines)
    assert stored.treating.mail == new.mail
    assert len(stored.entries) == 1
    assert last_read_by(stored) == {new.fingerprint.lower()}
    assert stored.entries[-1].entry.under == dossier_card(stored.dossier.card).revision
    read = clinic.host.ask(new, new.pgp_mime("Demande : dossier\n" + lines), 2)
    assert "Au même moment." in read[-1].text


@pytest.mark.promise(number=9)
def test_a_deposit_that_meets_a_new_key_is_sealed_for_that_one(
    clinic: Clinic, pair: tuple[Doctor, Doctor], renewed: Doctor
) -> None:
    old, _ = pair
    lines = clinic.patient()
    clinic.create(lines, by=old)
    text = f"Demande : nouvelle clé\nEmpreinte : {renewed.fingerprint.upper()}\n"
    mail = old.pgp_mime(text, {"nouvelle.asc": renewed.certificate})

    def changed() -> None:
        before = clinic.host.postfix.collected.count(old.mail)
        assert clinic.host.send(old, mail).accepted
        clinic.host.postfix.wait_mail(old.mail, before + 2, SECONDS)

    assert while_sealed(clinic, lines, changed) == 2
    stored = Stored(clinic, lines)
    assert len(stored.entries) == 1
    assert last_read_by(stored) == {renewed.fingerprint.lower()}
    read = clinic.host.ask(renewed, renewed.pgp_mime("Demande : dossier\n" + lines), 2)
    assert "Au même moment." in read[-1].text


def test_a_deposit_that_meets_a_closure_waits_as_for_a_patient_without_a_dossier(
    clinic: Clinic, pair: tuple[Doctor, Doctor]
) -> None:
    treating, _ = pair
    lines = clinic.patient()
    code = clinic.create(lines, by=treating)
    waiting = len(pending(clinic))
    text = f"Demande : clôture\n{lines}Code : {code}\n"
    end = treating.pgp_mime(text)
    assert while_sealed(clinic, lines, lambda: clinic.host.ask(treating, end)) == 1
    stored = Stored(clinic, lines)
    assert stored.dossier.closure is not None
    assert stored.entries == ()
    assert len(pending(clinic)) == waiting + 1


def test_after_all_of_it_the_store_is_sound(clinic: Clinic) -> None:
    assert b"the store is sound" in clinic.host.service.rmp("store", "check").stdout
