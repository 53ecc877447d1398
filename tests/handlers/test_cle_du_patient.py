"""The patient's own key, enrolled by the médecin traitant."""

from collections.abc import Sequence

import pytest
from handlers_case import (
    DEMO,
    JEAN,
    LAB,
    NEXT_CARD,
    NEXT_PERSON,
    OTHER,
    World,
    asked,
    body,
    dossier,
    entry,
    play_certificates,
    play_usable,
    refusal_of,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.authority import PatientKey
from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.certificates import Certificate, CertificateError
from rmp_milter.dossier.model import Doctor, Onglet
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import cle_du_patient, depot
from rmp_milter.handlers.asking.case import Case

LINES = (
    "Demande : clé du patient\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"
    "Courriel : jean@famille.example\n"
)
FILED = (entry(1, Onglet.SYNTHESE, "Résumé"), entry(2, Onglet.IMAGERIE, "Radio"))


@pytest.fixture(autouse=True)
def keys_are_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(data: bytes) -> Certificate:
        if data == b"damaged":
            raise CertificateError("unreadable")
        known = {each.certificate: each for each in (DEMO, OTHER, LAB)}
        name = known[data].fingerprint if data in known else data.decode()
        return Certificate(data, name, (name,), (), "", 0)

    def usable(data: bytes, _at: int) -> bool:
        return data != b"expired"

    play_certificates(monkeypatch, read, usable)
    play_usable(monkeypatch, usable)


def enrol(keys: Sequence[bytes], text: str = LINES, by: Doctor = DEMO) -> Case:
    mail = asked(text, by=by)
    return replace(mail, opened=replace(mail.opened, keys=tuple(keys)))


def refusal(mail: Case, world: World | None = None) -> str:
    return refusal_of(cle_du_patient.handle, mail, world or World([dossier()])).text


def enrolled(world: World, key: bytes = b"jean1") -> Doctor:
    outcome, _ = run(cle_du_patient.handle, enrol([key]), world)
    (patient,) = outcome.effects.doctors
    world.known[patient.doctor_id] = patient
    return patient


def test_the_patient_becomes_a_standing_reader_of_all_there_is() -> None:
    mail = enrol([DEMO.certificate, b"jean1"])
    outcome, (release, amend) = run(cle_du_patient.handle, mail, World([dossier()], FILED))
    (patient,) = outcome.effects.doctors
    assert amend.wish == PatientKey(patient.doctor_id, b"jean1")
    assert (amend.event, amend.by) == (release.event, release.by)
    (update,) = outcome.effects.updates
    assert (update.dossier.card, patient.card) == (NEXT_CARD, NEXT_PERSON)
    assert patient.patient_of == dossier().dossier_id
    said = (patient.profession, patient.name, patient.rpps, patient.mail)
    assert said == ("patient", "DUPONT Jean", "", "jean@famille.example")
    assert isinstance(release, Release)
    assert isinstance(release.way_in, ByCustody)
    assert release.readers == (b"jean1",)
    assert release.event.proof == "signature+custody"
    wanted = [document.document_id for each in FILED for document in each.entry.documents]
    assert [each.document_id for each in outcome.effects.key_packets] == wanted
    assert {each.fingerprint for each in outcome.effects.key_packets} == {"jean1"}


def test_he_is_welcomed_with_a_letter_to_his_key() -> None:
    outcome, _ = run(cle_du_patient.handle, enrol([b"jean1"]), World([dossier()]))
    (notice,) = outcome.effects.notices
    assert notice.reader == outcome.effects.doctors[0]
    assert notice.is_new
    assert "Demande : [mot de la liste]" in notice.letter.text
    assert "JEAN 1" in outcome.letter.text


def test_later_documents_are_sealed_to_him_too() -> None:
    world = World([dossier()])
    patient = enrolled(world)
    mail = asked("Patient : DUPONT Jean\nNé le : 30/01/1959\n", by=LAB, bodies=[body()])
    _, (reseal,) = run(depot.handle, mail, world)
    assert reseal.readers == (DEMO.certificate, patient.certificate)


def test_a_second_enrolment_replaces_the_first_which_is_told() -> None:
    world = World([dossier()])
    first = enrolled(world)
    outcome, _ = run(cle_du_patient.handle, enrol([b"jean2"]), world)
    (second,) = outcome.effects.doctors
    assert (second.doctor_id, second.revision) == (first.doctor_id, 1)
    welcome, told = outcome.effects.notices
    assert welcome.reader == second
    assert told.reader == first


def test_the_same_key_again_opens_what_it_missed() -> None:
    world = World([dossier()], FILED)
    enrolled(world)
    outcome, _ = run(cle_du_patient.handle, enrol([b"jean1"]), world)
    assert len(outcome.effects.key_packets) == 2
    assert len(outcome.effects.notices) == 1


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [DEMO.certificate],
        [OTHER.certificate],
        [b"damaged"],
        [b"jean1", b"jean2"],
        [b"jean1", b"expired"],
    ],
)
def test_exactly_one_usable_key_that_is_no_doctors(keys: Sequence[bytes]) -> None:
    assert refusal(enrol(keys)) == "patient-key-needed"


def test_a_key_that_cannot_be_used_hears_why() -> None:
    assert refusal(enrol([b"expired"])) == "patient-key-unusable-expired"
    assert refusal(enrol([DEMO.certificate, b"expired"])) == "patient-key-unusable-expired"
    assert refusal(enrol([b"jean1", b"damaged"]), World()) == "no-access"


@pytest.mark.parametrize("mail", ["", "Courriel : chez lui\n"])
def test_his_address_is_needed(mail: str) -> None:
    lines = LINES.replace("Courriel : jean@famille.example\n", mail)
    assert refusal(enrol([b"jean1"], lines)) == "patient-mail-needed"


def test_address_and_key_are_his_alone() -> None:
    lines = LINES.replace("jean@famille.example", OTHER.mail)
    assert refusal(enrol([b"jean1"], lines)) == "patient-key-taken"
    world = World([dossier(), dossier(replace(JEAN, first_names="Luc"), number=8)])
    enrolled(world)
    luc = LINES.replace("Jean", "Luc").replace("jean@", "luc@")
    assert refusal(enrol([b"jean1"], luc), world) == "patient-key-taken"


def test_it_is_for_the_treating_doctor_by_signature() -> None:
    assert refusal(enrol([b"jean1"], by=OTHER)) == "no-access"
    assert refusal(enrol([b"jean1"], by=OTHER), World()) == "no-access"
    mail = enrol([b"jean1"])
    unsigned = replace(mail, sender=replace(mail.sender, proof=Proof.ACCOUNT))
    assert refusal(unsigned) == "signature-needed"
