from pathlib import Path

import pytest
from store_case import (
    KEYS,
    MAP_BYTES,
    NOW,
    a_deposit,
    a_doctor,
    a_mail,
    full_store,
    with_dossier,
)

from rmp_milter.changes import Changes
from rmp_milter.store import Outbox, Store, StoreError

IDENTITIES = (
    "WACKENHEIM",
    "Ludivine",
    "wackenheim",
    "1950-02-03",
    "2500275",
    "Zebulon",
    "zebulon",
    "Quincampoix",
    "10000000001",
    "cabinet.example",
    "généraliste",
    "compte-rendu",
    "Imagerie",
    "radio",
    "application/pdf",
    "rmp.example",
    "key packet",
    "relay refused",
    f"{1:040x}",
)


def write_it_all(folder: Path) -> None:
    with (
        full_store(folder) as store,
        Outbox.open(folder, KEYS.outbox, MAP_BYTES, clock=lambda: NOW) as outbox,
    ):
        dossier_id = with_dossier(store)
        entry = a_deposit(dossier_id, b"ciphertext")
        store.commit(Changes(entries=(entry,), outbox=(a_mail(),), bounced=(2,)), NOW)
        outbox.sent(1)
        outbox.failed(3, "relay refused", NOW)
        doctor = a_doctor(9, account="zebulon9")
        store.commit(Changes(doctors=(doctor,)), NOW)
        store.commit(Changes(removed_doctors=(doctor.doctor_id,)), NOW)


def test_no_identity_is_in_the_files(folder: Path) -> None:
    write_it_all(folder)
    files = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"ciphertext" in files  # a body is there as it was given
    found = [word for word in IDENTITIES if word.encode() in files]
    found += [word for word in IDENTITIES if word.encode("utf-16-le") in files]
    assert found == []


def test_a_duplicate_digest_cannot_be_looked_up_without_the_index_key(folder: Path) -> None:
    write_it_all(folder)
    assert bytes([1]) * 32 not in (folder / "data.mdb").read_bytes()


def test_errors_name_tables_and_identifiers_only(store: Store) -> None:
    doctor = a_doctor()
    store.commit(Changes(doctors=(doctor,)), NOW)
    environment = store._environment
    with environment.writing() as txn:
        txn.put(doctor.doctor_id, b"damaged" * 20, db=environment.tables.doctors)
    with store.snapshot() as view, pytest.raises(StoreError) as error:
        view.doctor_by_mail(doctor.mail)
    expected = f"record {doctor.doctor_id.hex()} of table doctors does not open"
    assert str(error.value) == expected
