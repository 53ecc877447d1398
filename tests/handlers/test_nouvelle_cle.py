"""A doctor's new key, signed with the one before: one key, everything written anew for it."""

from typing import Any

import pytest
from handlers_case import (
    DEMO,
    NEXT_PERSON,
    NOON,
    OTHER,
    World,
    asked,
    credential_reader,
    dossier,
    entry,
    play_certificates,
    refusal_of,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.authority import NewKey
from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.certificates import Certificate, CertificateError
from rmp_milter.dossier.model import Closure, Credential, Doctor, Onglet
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import nouvelle_cle
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome

NEW, NEWER = b"new " * 10, b"newer " * 10
FILED = (
    entry(1, Onglet.SYNTHESE, "Résumé", [DEMO]),
    entry(2, Onglet.IMAGERIE, "Radio", [DEMO]),
)


def read(data: bytes) -> Certificate:
    """Read a certificate of this file: its fingerprint is made of its first word."""
    if data == b"noise":
        raise CertificateError("unreadable")
    word = data.split()[0].decode()
    known = {b"certificate of " + each.name.encode(): each for each in (DEMO, OTHER)}
    fingerprint = known[data].fingerprint if data in known else word.encode().hex()
    if word == "prolonged":
        fingerprint = DEMO.fingerprint
    return Certificate(data, fingerprint, (f"id {fingerprint}",), (), "ed25519", 0)


def newer(present: bytes, copy: bytes, _at: int) -> bytes | None:
    """Return a copy that is newer than the present one."""
    return copy if copy.startswith(b"prolonged") and copy != present else None


@pytest.fixture(autouse=True)
def played_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    play_certificates(monkeypatch, read, lambda data, _at: not data.startswith(b"expired"))
    monkeypatch.setattr(nouvelle_cle, "read_credential", credential_reader(read))
    monkeypatch.setattr(nouvelle_cle, "prolonged", newer)


def mail(
    *keys: bytes, by: Doctor = DEMO, proof: Proof = Proof.SIGNATURE, named: str = ""
) -> Case:
    """Return the request; the fingerprint is the last key's unless another is ``named``."""
    request = asked("Demande : nouvelle clé\n", by=by, proof=proof)
    said = named or (read(keys[-1]).fingerprint if keys and keys[-1] != b"noise" else "ab")
    request = replace(request, header=replace(request.header, fingerprint=said, problems=()))
    return replace(request, opened=replace(request.opened, keys=keys))


def changed(request: Case, world: World | None = None) -> tuple[Outcome, list[Any]]:
    return run(nouvelle_cle.handle, request, world or World([dossier()], FILED))


def refusal(request: Case, world: World | None = None) -> str:
    known = world or World([dossier()], FILED)
    return refusal_of(nouvelle_cle.handle, request, known).text


def test_the_directory_has_the_new_key_in_the_next_revision() -> None:
    (doctor,) = changed(mail(NEW))[0].effects.doctors
    assert (doctor.certificate, doctor.fingerprint) == (NEW, b"new".hex())
    assert doctor.key_ids == (f"id {b'new'.hex()}",)
    assert (doctor.revision, doctor.card) == (DEMO.revision + 1, NEXT_PERSON)


def test_every_dossier_that_he_treats_is_written_anew_each_with_a_leaf() -> None:
    empty = World([dossier(number=8), dossier(number=9), dossier(number=7, treating=OTHER)])
    empty.filed = FILED
    outcome, requests = changed(mail(NEW), empty)
    amend, *releases = requests
    assert isinstance(amend, Amend)
    assert amend.wish == NewKey(NEW)
    assert [each.certificate for each in amend.by.persons] == [DEMO.certificate]
    assert all(isinstance(each, Release) for each in releases)
    assert [each.event.dossier_id[0] for each in releases] == [8, 9]
    assert {type(each.way_in) for each in releases} == {ByCustody}
    assert {each.readers for each in releases} == {(NEW,)}
    assert {each.event.action for each in releases} == {"cle"}
    assert {each.event.proof for each in releases} == {"signature+custody"}
    assert {each.fingerprint for each in outcome.effects.key_packets} == {b"new".hex()}
    assert len(outcome.effects.key_packets) == 4


def test_a_closed_dossier_is_left_as_it_is() -> None:
    closed = replace(dossier(), closure=Closure(NOON, NOON + 1))
    assert changed(mail(NEW), World([closed], FILED))[0].effects.key_packets == ()


def test_a_dossier_without_documents_is_not_opened() -> None:
    assert [type(each) for each in changed(mail(NEW), World([dossier()]))[1]] == [Amend]


def test_the_old_key_is_told_of_the_new_one() -> None:
    (notice,) = changed(mail(NEW))[0].effects.notices
    assert notice.reader == DEMO
    assert "prévenez tout de suite" in notice.letter.text


def test_the_present_key_beside_the_new_one_does_not_disturb() -> None:
    outcome, _ = changed(mail(DEMO.certificate, b"noise", b"expired key", NEW))
    assert outcome.effects.doctors[0].certificate == NEW


def test_the_present_key_prolonged_is_a_new_one_where_no_other_is_there() -> None:
    outcome, _ = changed(mail(DEMO.certificate, b"prolonged key"))
    assert outcome.effects.doctors[0].certificate == b"prolonged key"
    outcome, _ = changed(mail(b"prolonged key", NEW))
    assert outcome.effects.doctors[0].certificate == NEW
    outcome, _ = changed(mail(b"prolonged key", NEW, named=DEMO.fingerprint))
    assert outcome.effects.doctors[0].certificate == b"prolonged key"


def test_the_present_key_may_be_named_since_a_newer_copy_was_taken_up_by_then() -> None:
    outcome, sent = changed(mail(DEMO.certificate))
    assert outcome.effects.doctors[0].certificate == DEMO.certificate
    assert any(isinstance(each, Release) for each in sent)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ((), "key-missing"),
        ((b"expired key", b"noise"), "key-missing"),
        ((NEW, b"new again"), "key-several"),
        ((OTHER.certificate,), "key-taken"),
    ],
)
def test_exactly_one_usable_new_key_of_nobody(keys: tuple[bytes, ...], text: str) -> None:
    assert refusal(mail(*keys)) == text


def test_a_key_that_cannot_be_used_hears_why() -> None:
    assert refusal(mail(b"expired key")) == "key-unusable-expired"
    assert refusal(mail(NEW, b"expired key")) == "key-unusable-expired"
    assert refusal(mail(b"expired key", NEW, named="ab" * 20)) == "key-differs"


def test_of_several_keys_the_one_that_is_named_counts() -> None:
    outcome, _ = changed(mail(NEWER, DEMO.certificate, NEW))
    assert outcome.effects.doctors[0].certificate == NEW


def test_a_key_that_a_client_encloses_unasked_changes_nothing() -> None:
    refused = refusal_of(nouvelle_cle.handle, mail(NEW, named="ab" * 20), World([dossier()]))
    assert refused.text == "key-differs"
    assert refused.facts["fingerprint"] == " ".join(["ABAB"] * 10)


def test_a_key_with_a_subkey_of_somebody_elses_is_taken() -> None:
    world = World()
    world.known[OTHER.doctor_id] = replace(OTHER, key_ids=(f"id {b'new'.hex()}",))
    assert refusal(mail(NEW), world) == "key-taken"


# Who has several certificates

CARD = b"a card's"
SEVERAL = replace(DEMO, credentials=(Credential(CARD, read(CARD).fingerprint),))


def knowing(*known: Doctor) -> World:
    world = World([dossier()], FILED)
    world.known |= {each.doctor_id: each for each in known}
    return world


def test_the_others_stay_and_he_is_found_by_them() -> None:
    (doctor,) = changed(mail(NEW, by=SEVERAL), knowing(SEVERAL))[0].effects.doctors
    assert doctor.certificate == NEW
    assert doctor.credentials == SEVERAL.credentials
    assert doctor.key_ids == (f"id {b'new'.hex()}", f"id {b'a'.hex()}")


def test_a_key_that_he_has_already_is_no_new_one() -> None:
    assert refusal(mail(CARD, by=SEVERAL), knowing(SEVERAL)) == "key-held"


def test_a_certificate_that_another_has_beside_is_taken() -> None:
    theirs = replace(OTHER, credentials=(Credential(NEW, read(NEW).fingerprint),))
    assert refusal(mail(NEW), knowing(theirs)) == "key-taken"


def test_an_account_changes_no_key() -> None:
    assert refusal(mail(NEW, proof=Proof.ACCOUNT)) == "signature-needed"


def test_a_patient_with_a_key_may_change_his_own() -> None:
    world = World([dossier()], FILED)
    patient = replace(OTHER, doctor_id=b"p" * 16, rpps="", patient_of=dossier().dossier_id)
    world.known[patient.doctor_id] = patient
    outcome, (_, release) = changed(mail(NEW, by=patient), world)
    assert release.by.dossier == dossier().card
    assert len(outcome.effects.key_packets) == 2


def test_very_many_documents_are_left_to_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nouvelle_cle, "MOST_DOCUMENTS", 1)
    assert refusal(mail(NEW)) == "key-much"
