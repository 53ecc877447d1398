"""Values and stores for the tests of this folder."""

import hashlib
import os
from pathlib import Path

from rmp_milter.changes import Changes, NewBody, NewDossier, NewEntry
from rmp_milter.model import (
    BodySlice,
    CodeSlot,
    Consent,
    Container,
    Doctor,
    Document,
    Dossier,
    Entry,
    Onglet,
    OutgoingMail,
    PartName,
    Patient,
    Slice,
    Slots,
)
from rmp_milter.store import Store, StoreKeys, create

KEYS = StoreKeys(metadata=b"m" * 32, index=b"i" * 32, outbox=b"o" * 32)
MAP_BYTES = 256 << 20
NOW = 1_700_000_000
DAY = 86_400


def new_id() -> bytes:
    return os.urandom(16)


def make_store(folder: Path, map_bytes: int = MAP_BYTES) -> Store:
    create(folder, KEYS, map_bytes=map_bytes)
    return Store.open(folder, KEYS, map_bytes=map_bytes)


def a_doctor(number: int = 1, doctor_id: bytes = b"", account: str = "") -> Doctor:
    return Doctor(
        doctor_id=doctor_id or new_id(),
        name=f"Dr Zebulon Quincampoix {number}",
        rpps=f"{10_000_000_000 + number}",
        mail=f"Zebulon{number}@Cabinet.example",
        profession="médecin généraliste",
        certificate=b"certificate of Zebulon",
        fingerprint=f"{number:040x}",
        key_ids=(f"{number:016x}", f"{number + 0xABC000:016x}"),
        account=account,
        added_at=NOW,
    )


def a_dossier(treating: bytes = b"t" * 16, name: str = "WACKENHEIM") -> Dossier:
    return Dossier(
        dossier_id=new_id(),
        public_key=b"p" * 32,
        patient=Patient(
            birth_name=name, first_names="Ludivine", birth_date="1950-02-03", nir="2500275"
        ),
        treating=treating,
        slots=Slots(
            code=CodeSlot(salt=b"s" * 16, nonce=b"n" * 12, sealed=b"c" * 48),
            custody=b"u" * 80,
        ),
        consent=Consent(doctor_id=treating, stated_at=NOW, text_version="1"),
        created_at=NOW,
    )


def a_document(body: bytes | memoryview, name: str = "radio-wackenheim.pdf") -> Document:
    return Document(
        document_id=new_id(),
        container=Container.FILE,
        digest=hashlib.sha256(body).digest(),
        size=len(body),
        sealed_key=b"k" * 81,
        parts=(PartName(name=name, media_type="application/pdf", size=3),),
    )


def an_entry(*documents: Document, kind: str = "compte-rendu") -> Entry:
    return Entry(
        received_at=NOW,
        author=b"t" * 16,
        author_name="Dr Zebulon Quincampoix",
        document_type=kind,
        onglet=Onglet.IMAGERIE,
        onglet_reason="type",
        documents=documents,
    )


def a_deposit(dossier_id: bytes, *bodies: bytes, kind: str = "compte-rendu") -> NewEntry:
    documents = tuple(a_document(body) for body in bodies)
    pairs = zip(documents, bodies, strict=True)
    return NewEntry(
        dossier_id=dossier_id,
        entry=an_entry(*documents, kind=kind),
        bodies=tuple(NewBody(document_id=d.document_id, data=b) for d, b in pairs),
    )


def a_mail(*documents: bytes, recipient: str = "zebulon@cabinet.example") -> OutgoingMail:
    references = (
        BodySlice(packets=b"key packet", document_id=d, armor=True) for d in documents
    )
    return OutgoingMail(
        recipient=recipient,
        message_id=f"<{new_id().hex()}@rmp.example>",
        pieces=(Slice(data=b"Subject: RMP\r\n\r\n"), *references, Slice(data=b"end\r\n")),
    )


def a_new_dossier(
    *traits: str, dossier: Dossier | None = None, seen: tuple[bytes, ...] = ()
) -> NewDossier:
    return NewDossier(dossier=dossier or a_dossier(), trait_keys=traits, seen=seen)


def with_dossier(store: Store, *traits: str) -> bytes:
    """Commit a dossier and return its identifier."""
    new = a_new_dossier(*(traits or ("wackenheim ludivine 1950-02-03",)))
    store.commit(Changes(dossiers=(new,)), NOW)
    return new.dossier.dossier_id


def full_store(folder: Path) -> Store:
    """A store with two records at least in every table."""
    store = make_store(folder)
    doctors = (a_doctor(1, account="zebulon"), a_doctor(2))
    new = tuple(a_new_dossier(f"trait {number}") for number in range(2))
    entries = tuple(
        a_deposit(dossier.dossier.dossier_id, os.urandom(100 + number), os.urandom(9000))
        for dossier in new
        for number in range(3)
    )
    referred = entries[0].bodies[0].document_id
    mails = tuple(a_mail(referred) for _ in range(6))
    store.commit(Changes(doctors=doctors, dossiers=new, entries=entries, outbox=mails), NOW)
    for number in range(2):
        store.commit(Changes(digest=bytes([number]) * 32), NOW + number)
    return store
