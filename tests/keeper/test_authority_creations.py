"""A creation: one dossier of one mail, and of one patient."""

import pytest
from keeper_case import PDF, event
from little_host import (
    ALICE,
    CODE,
    OTHER_PATIENT,
    PATIENT,
    LittleHost,
    Mail,
    asking,
)

from rmp_milter.calls.protocol.filing import Create, Resealed
from rmp_milter.calls.protocol.leaves import Record, Recorded
from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.authority.ground import DOSSIER

pytestmark = pytest.mark.promise(number=21)


def creation(host: LittleHost, patient: str = OTHER_PATIENT) -> Mail:
    return host.mail(ALICE, asking("création", "Consentement : oui", patient=patient))


def test_a_creation_that_was_tried_twice_makes_one_dossier(host: LittleHost) -> None:
    mail = creation(host)
    first, second = host.made(mail), host.made(mail)
    assert first.dossier_id != second.dossier_id
    reader = host.mail(ALICE, asking("dossier", patient=OTHER_PATIENT))
    taken, late = (Record(event("dossier"), reader.by(each)) for each in (second, first))
    assert isinstance(host.ask(taken).reply, Recorded)
    assert host.ask(late).failed.why is Why.UNENTITLED
    assert host.ask(Create(mail.by(), event("creation"))).failed.why is Why.REPLAYED


def test_two_mails_create_one_dossier_of_a_patient(host: LittleHost) -> None:
    kept = host.create()
    assert host.ask(Record(event("dossier"), host.mail(ALICE, asking("dossier")).by(kept)))
    for patient in (PATIENT, PATIENT + "NIR : 1 59 01 75 116 001 08\r\n"):
        request = Create(creation(host, patient).by(), event("creation"))
        assert host.ask(request).failed.why is Why.UNENTITLED


def test_a_creations_own_documents_are_filed_before_it_is_committed(host: LittleHost) -> None:
    text = asking("création", "Consentement : oui", f"Code : {CODE}")
    mail = host.mail(ALICE, text, files=[("a.pdf", PDF)])
    kept = host.made(mail)
    request = host.reseal(mail, kept, [mail.sender.certificate])
    assert isinstance(host.ask(request).reply, Resealed)
    with host.desk.journal.own() as own:
        assert own.known.read(DOSSIER + kept.dossier_id) is None
    other = host.mail(ALICE, text, files=[("a.pdf", PDF)])
    assert host.ask(host.reseal(other, kept)).failed.why is Why.UNENTITLED


@pytest.mark.parametrize(
    "lines", [(), ("Consentement : non",), ("Consentement : oui", "Patient : DURAND Zoé")]
)
def test_without_consent_or_with_two_patients_nothing_is_created(
    host: LittleHost, lines: tuple[str, ...]
) -> None:
    mail = host.mail(ALICE, asking("création", *lines))
    assert host.ask(Create(mail.by(), event("creation"))).failed.why is Why.UNENTITLED


def test_only_doctors_create(host: LittleHost) -> None:
    host.enrol(ALICE, is_doctor=False)
    request = Create(creation(host).by(), event("creation"))
    assert host.ask(request).failed.why is Why.UNENTITLED
