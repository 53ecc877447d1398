from pathlib import Path

import pytest
from store_case import (
    KEYS,
    MAP_BYTES,
    NOW,
    a_deposit,
    a_doctor,
    a_mail,
    a_patient,
    changed,
    full_store,
    some_key_packets,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.dossier.model import Sheet
from rmp_milter.store import Store, StoreError
from rmp_milter.store.lmdb_outbox import LmdbOutbox

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
    "waits",
    "BAUM",
    "baum",
    "mutuelle",
    "attestation",
    "Wackenheim",
    "Strasbourg",
    "Lilas",
    "U-ABCD",
    "patient@home.example",
    f"{77:040x}",
    f"{1:040x}",
)


def write_it_all(folder: Path) -> None:
    with (
        full_store(folder) as store,
        LmdbOutbox.open(folder, KEYS.outbox, MAP_BYTES, clock=lambda: NOW) as outbox,
    ):
        dossier_id = with_dossier(store)
        entry = a_deposit(dossier_id, b"ciphertext")
        store.commit(Changes(entries=(entry,), outbox=(a_mail(),), bounced=(2,)), NOW)
        outbox.sent(1)
        outbox.failed(3, "relay refused", NOW)
        sheet = Sheet(used_name="BAUM", insurer="mutuelle", mail="patient@home.example")
        update = changed(store, dossier_id, "baum ludivine", sheet=sheet)
        once = (Once(value=b"attestation", expires=NOW + 9),)
        store.commit(
            Changes(updates=(update,), doctors=(a_patient(dossier_id),), once=once), NOW
        )
        doctor = a_doctor(9, account="zebulon9")
        store.commit(Changes(doctors=(doctor,)), NOW)
        store.commit(Changes(removed_doctors=(doctor.doctor_id,)), NOW)


@pytest.mark.promise(number=3)
def test_no_identity_is_in_the_files(folder: Path) -> None:
    write_it_all(folder)
    files = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"ciphertext" in files  # a body is there as it was given
    found = [word for word in IDENTITIES if word.encode() in files]
    found += [word for word in IDENTITIES if word.encode("utf-16-le") in files]
    assert found == []


@pytest.mark.promise(number=3)
def test_a_duplicate_digest_cannot_be_looked_up_without_the_index_key(folder: Path) -> None:
    write_it_all(folder)
    assert bytes([1]) * 32 not in (folder / "data.mdb").read_bytes()


@pytest.mark.promise(number=3)
def test_rows_and_key_packets_do_not_show_which_documents_belong_together(
    store: Store,
) -> None:
    """Each body by itself is in clear; what one reader gets is one patient's."""
    entry = a_deposit(with_dossier(store), b"one", b"two")
    documents = [body.document_id for body in entry.bodies]
    key_packets = tuple(some_key_packets(document_id) for document_id in documents)
    mail = a_mail(*documents)
    store.commit(Changes(entries=(entry,), outbox=(mail,), key_packets=key_packets), NOW)
    environment = store._environment
    with environment.reading() as txn:
        readers = [bytes(key[16:]) for key, _ in txn.cursor(environment.tables["envelopes"])]
        rows = b"".join(
            bytes(key) for key, _ in txn.cursor(environment.tables["outbox_bodies"])
        )
    assert len(set(readers)) == 2
    assert not any(document_id in rows for document_id in documents)


@pytest.mark.promise(number=4)
def test_errors_name_tables_and_identifiers_only(store: Store) -> None:
    doctor = a_doctor()
    store.commit(Changes(doctors=(doctor,)), NOW)
    environment = store._environment
    with environment.writing() as txn:
        txn.put(doctor.doctor_id, b"damaged" * 20, db=environment.tables["doctors"])
    with store.snapshot() as view, pytest.raises(StoreError) as error:
        view.doctor_by_mail(doctor.mail)
    expected = f"record {doctor.doctor_id.hex()} of table doctors does not open"
    assert str(error.value) == expected
