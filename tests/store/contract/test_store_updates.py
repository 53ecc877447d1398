"""Dossiers and doctors changed: revisions, links that move, what must never change."""

import threading

import pytest
from contract_case import clean, refused
from msgspec.structs import replace
from store_case import (
    NOW,
    a_deposit,
    a_doctor,
    a_new_dossier,
    a_patient,
    changed,
    close,
    new_id,
    some_key_packets,
    the_dossier,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.model import (
    Doctor,
    Dossier,
    Locum,
    Mask,
    Onglet,
    Patient,
    Receipts,
    Refiling,
    Sheet,
)
from rmp_milter.store import Conflict, Store, StoreError
from rmp_milter.store.engines import Engine


def dossiers_by(store: Store, *traits: str) -> list[bytes]:
    with store.snapshot() as view:
        return sorted(dossier.dossier_id for dossier in view.dossiers_by_traits(traits))


def dossiers_of(store: Store, doctor_id: bytes) -> list[Dossier]:
    with store.snapshot() as view:
        return list(view.dossiers_of(doctor_id))


def test_all_that_is_decided_about_a_dossier_is_kept(store: Store, engine: Engine) -> None:
    dossier_id = with_dossier(store)
    update = changed(
        store,
        dossier_id,
        sheet=Sheet(used_name="BAUM", sex="F", mail="z@cabinet.example"),
        masks=(Mask(number=1, by=new_id(), at=NOW),),
        opposed=(new_id(),),
        refilings=(Refiling(number=1, onglet=Onglet.BIOLOGIE, by=new_id(), at=NOW),),
        seen=4,
    )
    store.commit(Changes(updates=(update,)), NOW)
    assert the_dossier(store, dossier_id) == update.dossier
    assert clean(engine)


def test_a_change_of_medecin_traitant_moves_the_dossier(store: Store, engine: Engine) -> None:
    dossier_id, treating = with_dossier(store), new_id()
    former = the_dossier(store, dossier_id).treating
    update = changed(store, dossier_id, treating=treating)
    store.commit(Changes(updates=(update,)), NOW)
    assert dossiers_of(store, former) == []
    assert dossiers_of(store, treating) == [update.dossier]
    assert clean(engine)


def test_new_look_up_keys_replace_the_old_and_none_keep_them(
    store: Store, engine: Engine
) -> None:
    dossier_id = with_dossier(store, "old", "both")
    store.commit(Changes(updates=(changed(store, dossier_id, seen=1),)), NOW)
    assert dossiers_by(store, "old") == [dossier_id]
    store.commit(Changes(updates=(changed(store, dossier_id, "both", "new"),)), NOW)
    assert dossiers_by(store, "old") == []
    assert dossiers_by(store, "both") == dossiers_by(store, "new") == [dossier_id]
    assert clean(engine)


def test_an_update_of_another_revision_is_a_conflict(store: Store) -> None:
    dossier_id = with_dossier(store)
    old = the_dossier(store, dossier_id)
    for revision in (0, 2, 17):
        update = DossierUpdate(dossier=replace(old, revision=revision, seen=9))
        assert refused(store, Changes(updates=(update,))) == "dossier"
    assert the_dossier(store, dossier_id) == old


def test_an_update_of_no_dossier_is_a_conflict(store: Store) -> None:
    unknown = replace(a_new_dossier().dossier, revision=1)
    assert refused(store, Changes(updates=(DossierUpdate(dossier=unknown),))) == "dossier"


def test_of_many_updates_at_once_one_is_written(store: Store, engine: Engine) -> None:
    dossier_id = with_dossier(store)
    update, start = changed(store, dossier_id, seen=1), threading.Barrier(8)
    told: list[str] = []

    def run() -> None:
        start.wait()
        try:
            store.commit(Changes(updates=(update,)), NOW)
        except Conflict as conflict:
            told.append(conflict.reason)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["dossier"] * 7
    assert the_dossier(store, dossier_id).revision == 1
    assert clean(engine)


@pytest.mark.parametrize("fields", [{"public_key": b"q" * 32}, {"created_at": NOW + 1}])
def test_what_never_changes_cannot_be_changed(store: Store, fields: dict[str, object]) -> None:
    dossier_id = with_dossier(store)
    with pytest.raises(StoreError, match="never change"):
        store.commit(Changes(updates=(changed(store, dossier_id, **fields),)), NOW)


def test_two_updates_of_one_dossier_at_once_are_refused(store: Store) -> None:
    update = changed(store, with_dossier(store), seen=1)
    with pytest.raises(StoreError, match="at once"):
        store.commit(Changes(updates=(update, update)), NOW)


def test_nothing_is_added_to_a_dossier_that_was_closed_meanwhile(store: Store) -> None:
    dossier_id = with_dossier(store)
    close(store, dossier_id)
    assert refused(store, Changes(entries=(a_deposit(dossier_id, b"x"),))) == "dossier"
    assert store.stats()["documents"] == 0


def test_a_closed_dossier_can_be_opened_again(store: Store) -> None:
    dossier_id = with_dossier(store)
    close(store, dossier_id)
    store.commit(Changes(updates=(changed(store, dossier_id, closure=None),)), NOW)
    store.commit(Changes(entries=(a_deposit(dossier_id, b"x"),)), NOW)
    assert store.stats()["entries"] == 1


# Doctors


def test_a_doctors_new_fields_are_kept(store: Store) -> None:
    locum = Locum(doctor_id=new_id(), first="2023-11-01", last="2023-11-08", declared_at=NOW)
    doctor = replace(a_doctor(), receipts=Receipts.DAILY, hprim=True, locums=(locum,))
    store.commit(Changes(doctors=(doctor,)), NOW)
    with store.snapshot() as view:
        assert view.doctor(doctor.doctor_id) == doctor


@pytest.mark.parametrize("revision", [1, 2])
def test_a_new_doctor_has_revision_0(store: Store, revision: int) -> None:
    doctor = replace(a_doctor(), revision=revision)
    assert refused(store, Changes(doctors=(doctor,))) == "doctor"


@pytest.mark.parametrize("revision", [0, 2])
def test_a_doctor_changed_meanwhile_is_a_conflict(store: Store, revision: int) -> None:
    doctor = a_doctor()
    store.commit(Changes(doctors=(doctor,)), NOW)
    update = replace(doctor, name="Dr Autre", revision=revision)
    assert refused(store, Changes(doctors=(update,))) == "doctor"
    store.commit(Changes(doctors=(replace(update, revision=1),)), NOW)


def enrolled_patient(store: Store, dossier_id: bytes) -> Doctor:
    patient = a_patient(dossier_id)
    store.commit(Changes(doctors=(patient,)), NOW)
    return patient


def test_a_patient_with_a_key_is_found_by_his_dossier(store: Store, engine: Engine) -> None:
    dossier_id, other = with_dossier(store, "a"), with_dossier(store, "b")
    patient = enrolled_patient(store, dossier_id)
    with store.snapshot() as view:
        assert view.patient_of(dossier_id) == patient
        assert view.patient_of(other) is None
        assert view.patient_of(b"") is None
        assert view.doctor_by_rpps("") is None
        assert view.doctor_by_fingerprint(patient.fingerprint) == patient
    assert clean(engine)


def test_a_dossier_has_one_patient(store: Store) -> None:
    dossier_id = with_dossier(store)
    old = enrolled_patient(store, dossier_id)
    another = a_patient(dossier_id, 78)
    assert refused(store, Changes(doctors=(another,))) == "doctor"
    store.commit(Changes(doctors=(another,), removed_doctors=(old.doctor_id,)), NOW)
    with store.snapshot() as view:
        assert view.patient_of(dossier_id) == another


def test_a_patient_needs_his_dossier_which_may_be_new(store: Store) -> None:
    new = a_new_dossier("new")
    patient = a_patient(new.dossier.dossier_id)
    with pytest.raises(StoreError, match="does not exist"):
        store.commit(Changes(doctors=(patient,)), NOW)
    store.commit(Changes(doctors=(patient,), dossiers=(new,)), NOW)


def test_two_patients_without_rpps_do_not_share_one(store: Store) -> None:
    for number in (1, 2):
        dossier_id = with_dossier(store, f"{number}")
        store.commit(Changes(doctors=(a_patient(dossier_id, number),)), NOW)
    assert store.stats()["doctors"] == 2


# Key packets written later


def test_key_packets_are_found_by_document_and_reader(store: Store, engine: Engine) -> None:
    entry = a_deposit(with_dossier(store), b"one", b"two")
    one, two = (body.document_id for body in entry.bodies)
    first = some_key_packets(one, 0xABC)
    store.commit(Changes(entries=(entry,), key_packets=(first, some_key_packets(two))), NOW)
    with store.snapshot() as view:
        assert view.key_packets(one, first.fingerprint.upper()) == first.packet
        assert view.key_packets(two, first.fingerprint) == b""
        assert view.key_packets(new_id(), first.fingerprint) == b""
        assert view.key_packets(b"", "") == view.key_packets(b"z" * 600, "x") == b""
    assert clean(engine)


def test_new_key_packets_take_the_place_of_the_readers_old_ones(
    store: Store, engine: Engine
) -> None:
    entry = a_deposit(with_dossier(store), b"one")
    old = some_key_packets(entry.bodies[0].document_id)
    new = replace(old, packet=b"newer", fingerprint=old.fingerprint.upper())
    store.commit(Changes(entries=(entry,), key_packets=(old,)), NOW)
    store.commit(Changes(key_packets=(new,)), NOW)
    with store.snapshot() as view:
        assert view.key_packets(old.document_id, old.fingerprint) == b"newer"
    assert store.stats()["key_packets"] == 1
    assert clean(engine)


def test_key_packets_need_their_body(store: Store) -> None:
    with pytest.raises(StoreError, match="not stored"):
        store.commit(Changes(key_packets=(some_key_packets(new_id()),)), NOW)


# Reads for commands


def test_every_dossier_and_its_last_entry_can_be_read(store: Store) -> None:
    dossier_id, other = with_dossier(store, "a"), with_dossier(store, "b")
    for kind in ("one", "two"):
        store.commit(Changes(entries=(a_deposit(dossier_id, kind=kind),)), NOW)
    with store.snapshot() as view:
        assert {each.dossier_id for each in view.dossiers()} == {dossier_id, other}
        assert view.last_entry(dossier_id) == view.entries(dossier_id)[1]
        assert view.last_entry(b"") is None
        assert view.last_entry(other) is None


def test_a_person_is_erased_from_the_old_look_up_keys(store: Store, engine: Engine) -> None:
    """A patient renamed: the old name leads nowhere, and a new patient may have it."""
    dossier_id = with_dossier(store, "old name")
    patient = Patient("BAUM", "Ludivine", "1950-02-03")
    update = changed(store, dossier_id, "new name", patient=patient)
    store.commit(Changes(updates=(update,)), NOW)
    store.commit(Changes(dossiers=(a_new_dossier("old name"),)), NOW)
    assert dossier_id not in dossiers_by(store, "old name")
    assert clean(engine)
