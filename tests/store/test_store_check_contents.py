"""Records that open in their place and yet contradict each other; the check must say so.

They are written with the store's own keys, as a fault of the milter's would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from store_case import (
    KEYS,
    NOW,
    a_deposit,
    a_doctor,
    a_line,
    a_patient,
    a_strike,
    a_waiting,
    close,
    new_id,
    some_key_packets,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import PartName, Patient, Sheet, Slots, StandingKey, Tally
from rmp_milter.store.check.whole import check
from rmp_milter.store.format.codecs import Codecs, key_packets_key, u32, u64
from rmp_milter.store.format.records import StoredDossier, StoredEntry, StoredKeyPackets

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.dossier.model import Document, Dossier
    from rmp_milter.store import Store

CODECS = Codecs(KEYS)


def put(store: Store, table: str, key: bytes, value: bytes) -> None:
    environment = store._environment
    with environment.writing() as txn:
        txn.put(key, value, db=environment.tables[table])


def delete(store: Store, table: str, key: bytes) -> None:
    environment = store._environment
    with environment.writing() as txn:
        txn.delete(key, db=environment.tables[table])


def first_key(store: Store, table: str) -> bytes:
    environment = store._environment
    with environment.reading() as txn:
        cursor = txn.cursor(environment.tables[table])
        assert cursor.first()
        return bytes(cursor.key())


def found(folder: Path, words: str) -> bool:
    return any(words in line for line in check(folder, KEYS).findings)


def stored_body(store: Store) -> bytes:
    entry = a_deposit(with_dossier(store), b"body")
    store.commit(Changes(entries=(entry,)), NOW)
    return entry.bodies[0].document_id


def test_key_packets_of_no_document(store: Store, folder: Path) -> None:
    key = key_packets_key(CODECS.blind, new_id(), "ab")
    sealed = CODECS.key_packets.seal(key, StoredKeyPackets(fingerprint="ab", packet=b""))
    put(store, "envelopes", key, sealed)
    assert found(folder, "belong to no document")
    assert found(folder, "table envelopes has 1 records where the ledger says 0")


def test_key_packets_for_another_reader(store: Store, folder: Path) -> None:
    envelope = some_key_packets(stored_body(store))
    store.commit(Changes(key_packets=(envelope,)), NOW)
    key = first_key(store, "envelopes")
    other = StoredKeyPackets(fingerprint="ab" * 20, packet=b"")
    put(store, "envelopes", key, CODECS.key_packets.seal(key, other))
    assert found(folder, f"key packets {key.hex()} are for another reader")


def test_a_waiting_deposit_without_its_body(store: Store, folder: Path) -> None:
    new = a_waiting(b"body")
    store.commit(Changes(waiting=(new,)), NOW)
    delete(store, "bodies", new.bodies[0].document_id)
    assert found(folder, f"body {new.bodies[0].document_id.hex()} is missing")


def test_a_document_that_waits_and_is_in_a_dossier(store: Store, folder: Path) -> None:
    new, dossier_id = a_waiting(b"body"), with_dossier(store)
    store.commit(Changes(waiting=(new,)), NOW)
    deposit = a_deposit(dossier_id, b"other")
    store.commit(Changes(entries=(deposit,)), NOW)
    rewrite_entry(store, dossier_id, new.waiting.entry.documents[0])
    assert found(folder, f"document {new.bodies[0].document_id.hex()} is in two places")


def test_a_body_given_up_that_belongs_to_an_entry(store: Store, folder: Path) -> None:
    document_id = stored_body(store)
    put(store, "orphans", document_id, u32(NOW))
    put(store, "orphans_due", u32(NOW) + document_id, b"")
    assert found(folder, "is given up and yet belongs to an entry")


def test_a_body_given_up_that_is_not_there(store: Store, folder: Path) -> None:
    put(store, "orphans", new_id(), u32(NOW))
    assert found(folder, "is given up and missing")
    assert found(folder, "table orphans_due lacks body")


@pytest.mark.parametrize("times", [(), (NOW, NOW - 1)])
def test_a_tally_that_nobody_writes(store: Store, folder: Path, times: tuple[int, ...]) -> None:
    store.commit(Changes(strikes=(a_strike(),)), NOW)
    key = first_key(store, "tallies")
    put(store, "tallies", key, CODECS.tallies.seal(key, Tally(times=times)))
    assert found(folder, "is empty or out of order")
    assert found(folder, "table tally_expiry has tally")


def test_receipt_lines_for_nobody_and_for_another(store: Store, folder: Path) -> None:
    doctor, stranger = a_doctor(1), a_doctor(2)
    store.commit(Changes(doctors=(doctor,)), NOW)
    for key in (stranger.doctor_id + u64(1), doctor.doctor_id + u64(1)):
        put(store, "receipts", key, CODECS.receipts.seal(key, a_line(stranger)))
    assert found(folder, "is for nobody")
    assert found(folder, "is for another")


def test_a_patient_of_no_dossier(store: Store, folder: Path) -> None:
    patient = a_patient(new_id())
    sealed = CODECS.doctors.seal(patient.doctor_id, patient)
    put(store, "doctors", patient.doctor_id, sealed)
    assert found(folder, f"doctor {patient.doctor_id.hex()} is the patient of no dossier")


def test_two_patients_of_one_dossier(store: Store, folder: Path) -> None:
    dossier_id = with_dossier(store)
    for number in (1, 2):
        patient = a_patient(dossier_id, number)
        sealed = CODECS.doctors.seal(patient.doctor_id, patient)
        put(store, "doctors", patient.doctor_id, sealed)
    assert found(folder, "have the same patient")


# Erased dossiers


def erased(store: Store) -> tuple[Dossier, Document]:
    dossier_id = with_dossier(store)
    store.commit(Changes(entries=(a_deposit(dossier_id, b"body"),)), NOW)
    close(store, dossier_id)
    store.commit(Changes(erased=(dossier_id,)), NOW)
    with store.snapshot() as view:
        dossier, entry = view.dossier(dossier_id), view.last_entry(dossier_id)
    assert dossier is not None
    assert entry is not None
    return dossier, entry.entry.documents[0]


def rewrite_dossier(store: Store, dossier: Dossier, *traits: bytes) -> None:
    stored = StoredDossier(dossier=dossier, traits=traits)
    sealed = CODECS.dossiers.seal(dossier.dossier_id, stored)
    put(store, "dossiers", dossier.dossier_id, sealed)


def rewrite_entry(store: Store, dossier_id: bytes, document: Document) -> None:
    """Have the dossier's one entry hold ``document``; the chain does not fit any more."""
    with store.snapshot() as view:
        entry = view.last_entry(dossier_id)
    assert entry is not None
    key = dossier_id + u32(1)
    changed = StoredEntry(previous=b"", entry=replace(entry.entry, documents=(document,)))
    put(store, "entries", key, CODECS.entries.seal(key, changed))


@pytest.mark.parametrize(
    "left",
    [
        {"patient": Patient("BAUM", "", "")},
        {"sheet": Sheet(phone="0102")},
        {"slots": Slots(code=None, custody=b"c")},
        {"slots": Slots(code=None, custody=b"", vitale=b"v")},
        {"card": b"card"},
    ],
)
@pytest.mark.promise(number=16)
def test_an_erased_dossier_that_still_has_keys_or_names(
    store: Store, folder: Path, left: dict[str, object]
) -> None:
    dossier, _ = erased(store)
    rewrite_dossier(store, replace(dossier, **left))
    assert found(folder, "is erased and still has keys or names")


def test_an_erased_dossier_that_is_still_found_by_its_traits(
    store: Store, folder: Path
) -> None:
    dossier, _ = erased(store)
    rewrite_dossier(store, dossier, b"t" * 32)
    put(store, "index", b"t" * 32 + dossier.dossier_id, b"")
    assert found(folder, "is erased and still has keys or names")


def test_an_erased_dossier_whose_patient_is_still_enrolled(store: Store, folder: Path) -> None:
    dossier, _ = erased(store)
    patient = a_patient(dossier.dossier_id)
    sealed = CODECS.doctors.seal(patient.doctor_id, patient)
    put(store, "doctors", patient.doctor_id, sealed)
    assert found(folder, "is erased and still has keys or names")


@pytest.mark.parametrize(
    "left",
    [
        {"sealed_key": b"k"},
        {"standing": (StandingKey("ab", b"packet"),)},
        {"parts": (PartName("radio.pdf", "application/pdf", 3),)},
    ],
)
@pytest.mark.promise(number=16)
def test_a_document_of_an_erased_dossier_that_still_has_keys_or_names(
    store: Store, folder: Path, left: dict[str, object]
) -> None:
    dossier, document = erased(store)
    rewrite_entry(store, dossier.dossier_id, replace(document, **left))
    assert found(folder, "of an erased dossier still has keys or names")


@pytest.mark.promise(number=16)
def test_a_body_of_an_erased_dossier_that_is_still_there(store: Store, folder: Path) -> None:
    _, document = erased(store)
    put(store, "bodies", document.document_id, b"body")
    assert found(folder, f"body {document.document_id.hex()} belongs to no entry")
