"""A store with something in every table, and all that is found in it by values that are known."""

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace
from rotation_case import keys_in
from store_case import (
    DAY,
    NOW,
    a_doctor,
    a_new_dossier,
    a_patient,
    a_strike,
    filled,
    some_key_packets,
)

from rmp_milter.dossier.changes import Changes, Once
from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.dossier.model import Doctor, Fault, Locum
from rmp_milter.dossier.search_terms import family_words_of, terms_of
from rmp_milter.store import Store
from rmp_milter.store.engines import Engine
from rmp_milter.store.store import LmdbStore
from rmp_milter.store.surface import Snapshot

Found = dict[str, object]

TRAITS = ("trait 0", "trait 1", "another name", "closed 0", "closed 1", "with a key")
WAITING_TRAITS = ("waits", "waits too", "in vain")
DIGESTS = (bytes([0]) * 32, bytes([1]) * 32)
ONCE = Once(value=b"attestation 1", expires=NOW + 3650 * DAY)
SUBJECTS = (b"one", b"two")


def filled_throughout(store: Store) -> None:
    """Fill every table, and have every kind of link lead to somebody."""
    filled(store)
    principal, locum = a_doctor(31), a_doctor(32)
    days = Locum(locum.doctor_id, "2026-01-01", "2026-02-01", NOW)
    new = a_new_dossier("with a key")
    patient = a_patient(new.dossier.dossier_id, 78)
    people = (replace(principal, locums=(days,)), locum, patient)
    store.commit(Changes(dossiers=(new,), doctors=people, once=(ONCE,)), NOW)
    store.commit(Changes(strikes=(a_strike(b"two", NOW + 1),)), NOW + 1)


def store_in(home: Path) -> LmdbStore:
    return LmdbStore.open(home / "store", keys_in(home), map_bytes=0)


def found_in(home: Path, engine: Engine | None = None) -> Found:
    """Return all that the store's surface shows to who knows what to look for."""
    store = engine.open(keys_in(home)) if engine else store_in(home)
    with store, store.snapshot() as view:
        return {
            **_people(view),
            **_dossiers(view),
            **_marks(view),
            **_emergencies(view),
        }


def _people(view: Snapshot) -> Found:
    doctors = list(view.doctors())
    return {
        "doctors": doctors,
        "by what is his": [_found_by(view, each) for each in doctors],
        "by name": {each.name: _ids(view.doctors_named(each.name)) for each in doctors},
        "principals": {e.doctor_id: _ids(view.principals_of(e.doctor_id)) for e in doctors},
        "lines": {e.doctor_id: view.receipt_lines(e.doctor_id) for e in doctors},
    }


def _found_by(view: Snapshot, doctor: Doctor) -> list[Doctor | None]:
    return [
        view.doctor_by_mail(doctor.mail),
        view.doctor_by_rpps(doctor.rpps),
        view.doctor_by_account(doctor.account),
        *(view.doctor_by_fingerprint(each) for each in sorted(fingerprints_of(doctor))),
        *(view.doctor_by_key_id(each) for each in doctor.key_ids),
        view.patient_of(doctor.patient_of) if doctor.patient_of else None,
    ]


def _ids(doctors: Iterable[Doctor]) -> set[bytes]:
    return {each.doctor_id for each in doctors}


def _dossiers(view: Snapshot) -> Found:
    dossiers = list(view.dossiers())
    terms = {term for each in dossiers for term in terms_of(each)}
    entries = {each.dossier_id: view.entries(each.dossier_id) for each in dossiers}
    documents = {
        document.document_id
        for numbered in entries.values()
        for each in numbered
        for document in each.entry.documents
    }
    return {
        "dossiers": dossiers,
        "entries": entries,
        "bodies": {each: bytes(view.body(each) or b"") for each in documents},
        "packets": {
            (each, number): view.key_packets(each, some_key_packets(each, number).fingerprint)
            for each in documents
            for number in range(3)
        },
        "by trait": {
            each: {one.dossier_id for one in view.dossiers_by_traits([each])} for each in TRAITS
        },
        "by doctor": {
            each.treating: {one.dossier_id for one in view.dossiers_of(each.treating)}
            for each in dossiers
        },
        "by term": {each: set(view.term_holders(each)) for each in terms},
        "words": view.words_held(w for each in dossiers for w in family_words_of(each)),
        "closed": list(view.closed_dossiers(NOW + 2 * DAY)),
        "waiting": list(view.waiting()),
        "waiting by trait": {
            each: {one.waiting_id for one in view.waiting_by_traits([each])}
            for each in WAITING_TRAITS
        },
        "over": {each.waiting_id for each in view.waiting_expired(NOW + 99 * DAY, 99)},
    }


def _marks(view: Snapshot) -> Found:
    return {
        "seen": [view.seen(each) for each in (*DIGESTS, b"never" * 6)],
        "once": [view.happened(each) for each in (ONCE.value, b"never")],
        "tallies": [view.tally(Fault.SENDER, each) for each in (*SUBJECTS, b"never")],
    }


def _emergencies(view: Snapshot) -> Found:
    references = [f"U-ABCD-{number:04}" for number in range(3)]
    return {
        "emergencies": {each.reference: each for each in view.emergencies()},
        "open": {each.reference: each for each in view.open_emergencies()},
        "by reference": [view.emergency(each) for each in references],
        "letters": view.postal(),
    }
