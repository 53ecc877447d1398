"""Values and stores for the tests of this folder."""

import hashlib
import os
from pathlib import Path

from msgspec.structs import replace

from rmp_milter.dossier.changes import (
    Adoption,
    Changes,
    DossierUpdate,
    NewBody,
    NewDossier,
    NewEntry,
    NewKeyPackets,
    NewWaiting,
)
from rmp_milter.dossier.model import (
    BodySlice,
    Closure,
    CodeSlot,
    Consent,
    Container,
    Doctor,
    Document,
    Dossier,
    Emergency,
    Entry,
    Fault,
    Onglet,
    OutgoingMail,
    PartName,
    Patient,
    PostalLetter,
    ReceiptLine,
    Slice,
    Slots,
    Strike,
    Waiting,
)
from rmp_milter.store import Store, StoreFailed, StoreKeys
from rmp_milter.store.store import LmdbStore, create

KEYS = StoreKeys(metadata=b"m" * 32, index=b"i" * 32, outbox=b"o" * 32)
MAP_BYTES = 256 << 20
NOW = 1_700_000_000
DAY = 86_400


def new_id() -> bytes:
    return os.urandom(16)


def make_store(folder: Path, map_bytes: int = MAP_BYTES) -> LmdbStore:
    create(folder, KEYS, map_bytes=map_bytes)
    return LmdbStore.open(folder, KEYS, map_bytes=map_bytes)


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
            code=CodeSlot(salt=b"s" * 16, nonce=b"n" * 12, sealed=b"c" * 48, folded=True),
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


def the_dossier(store: Store, dossier_id: bytes) -> Dossier:
    """Return a dossier that must be there, as it is stored now."""
    with store.snapshot() as view:
        dossier = view.dossier(dossier_id)
    assert dossier is not None
    return dossier


def changed(store: Store, dossier_id: bytes, *traits: str, **fields: object) -> DossierUpdate:
    """The next state of a stored dossier."""
    old = the_dossier(store, dossier_id)
    new = replace(old, revision=old.revision + 1, **fields)
    return DossierUpdate(dossier=new, trait_keys=traits)


def close(store: Store, dossier_id: bytes) -> None:
    closure = Closure(at=NOW, erase_at=NOW + DAY)
    store.commit(Changes(updates=(changed(store, dossier_id, closure=closure),)), NOW)


def a_patient(dossier_id: bytes, number: int = 77) -> Doctor:
    doctor = a_doctor(number)
    return replace(doctor, name="Ludivine WACKENHEIM", rpps="", patient_of=dossier_id)


def a_waiting(
    *bodies: bytes, traits: tuple[str, ...] = ("waits",), days: int = 30
) -> NewWaiting:
    deposit = a_deposit(new_id(), *bodies)
    waiting = Waiting(
        waiting_id=new_id(),
        patient=a_dossier().patient,
        entry=deposit.entry,
        received_at=NOW,
        expires_at=NOW + days * DAY,
    )
    return NewWaiting(waiting=waiting, trait_keys=traits, bodies=deposit.bodies)


def an_adoption(new: NewWaiting, dossier_id: bytes) -> Adoption:
    documents = tuple(
        replace(each, sealed_key=b"a" * 81) for each in new.waiting.entry.documents
    )
    return Adoption(
        waiting_id=new.waiting.waiting_id,
        dossier_id=dossier_id,
        entry=replace(new.waiting.entry, documents=documents),
    )


def some_key_packets(document_id: bytes, number: int = 1) -> NewKeyPackets:
    packet = f"late key packet {number}".encode()
    return NewKeyPackets(document_id=document_id, fingerprint=f"{number:040x}", packet=packet)


def a_strike(subject: bytes = b"s" * 16, at: int = NOW, fault: Fault = Fault.SENDER) -> Strike:
    return Strike(fault=fault, subject=subject, at=at)


def a_line(doctor: Doctor, at: int = NOW) -> ReceiptLine:
    return ReceiptLine(doctor_id=doctor.doctor_id, at=at, text="radio de Mme Wackenheim")


def an_emergency(
    dossier_id: bytes, number: int = 1, *, at: int = NOW, doctor_id: bytes = b"z" * 16
) -> Emergency:
    return Emergency(
        reference=f"U-ABCD-{number:04}",
        dossier_id=dossier_id,
        doctor_id=doctor_id,
        at=at,
        leaf=number,
    )


def a_letter(number: int = 1, at: int = NOW) -> PostalLetter:
    return PostalLetter(
        letter_id=new_id(),
        reference=f"U-ABCD-{number:04}",
        at=at,
        name=("Madame", "Ludivine WACKENHEIM"),
        address="3 rue des Lilas, 67000 Strasbourg",
        text="Un médecin a consulté votre dossier en urgence.",
    )


def usable(store: Store) -> bool:
    """Whether the store can still be read: one that has failed refuses every use."""
    try:
        with store.snapshot():
            return True
    except StoreFailed:
        return False


def full_store(folder: Path) -> LmdbStore:
    """A store with two records at least in every table."""
    store = make_store(folder)
    filled(store)
    return store


def filled(store: Store) -> None:
    """Put two records at least into every table."""
    doctors = (a_doctor(1, account="zebulon"), a_doctor(2))
    new = tuple(a_new_dossier(f"trait {number}") for number in range(2))
    named = a_new_dossier("another name", dossier=a_dossier(name="BAUM"))
    entries = tuple(
        a_deposit(dossier.dossier.dossier_id, os.urandom(100 + number), os.urandom(9000))
        for dossier in new
        for number in range(3)
    )
    referred = entries[0].bodies[0].document_id
    mails = tuple(a_mail(referred) for _ in range(6))
    store.commit(Changes(doctors=doctors, dossiers=new, entries=entries, outbox=mails), NOW)
    store.commit(Changes(dossiers=(named,)), NOW)
    for number in range(2):
        store.commit(Changes(digest=bytes([number]) * 32), NOW + number)
    store.commit(
        Changes(
            key_packets=(some_key_packets(referred, 1), some_key_packets(referred, 2)),
            strikes=(a_strike(b"one"), a_strike(b"two")),
            receipts=tuple(a_line(doctor) for doctor in doctors),
            emergencies=tuple(
                an_emergency(new[0].dossier.dossier_id, number) for number in range(2)
            ),
            postal=(a_letter(1), a_letter(2)),
            waiting=(
                a_waiting(b"deposit one"),
                a_waiting(b"deposit two", traits=("waits too",)),
            ),
        ),
        NOW,
    )
    for number in range(2):
        _give_up_a_body(store, NOW + number)
    _erase_a_dossier(store)
    for number in range(2):
        close(store, with_dossier(store, f"closed {number}"))


def _give_up_a_body(store: Store, now: int) -> None:
    """Leave an orphan, and a row that needs it."""
    lost = a_waiting(b"in vain")
    mail = a_mail(lost.bodies[0].document_id)
    store.commit(Changes(waiting=(lost,), outbox=(mail,)), now)
    store.commit(Changes(expired=(lost.waiting.waiting_id,)), now)


def _erase_a_dossier(store: Store) -> None:
    dossier_id = with_dossier(store, "to be erased")
    entry = a_deposit(dossier_id, b"to be erased")
    doctors = (a_patient(dossier_id),)
    store.commit(Changes(entries=(entry,), doctors=doctors), NOW)
    close(store, dossier_id)
    store.commit(Changes(erased=(dossier_id,)), NOW)
