"""Many of everything that a store holds and that no mail or chore of a test is about."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rmp_milter.dossier.changes import Changes, NewBody, NewDossier, NewWaiting
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import (
    Closure,
    Consent,
    Container,
    Doctor,
    Document,
    Dossier,
    Emergency,
    EmergencyState,
    Entry,
    Fault,
    Locum,
    Onglet,
    OutgoingMail,
    Patient,
    ReceiptLine,
    Slice,
    Slots,
    Strike,
    Waiting,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400
_BODY = b"a body"


def crowd(number: int, at: int) -> Changes:
    """Return ``number`` of everything as of ``at``: nothing of it is due.

    Doctors who are each other's locums; dossiers, half of them closed; deposits that fit none;
    ended emergencies; lines of the day; tries; mails that wait.
    """
    doctors = tuple(_doctor(each, number) for each in range(number))
    dossiers = tuple(_dossier(each, doctors[each], at) for each in range(number))
    return Changes(
        doctors=doctors,
        dossiers=tuple(NewDossier(each, trait_keys(each.patient)) for each in dossiers),
        waiting=tuple(_waiting(each, at) for each in range(number)),
        emergencies=tuple(_ended(each, at) for each in dossiers),
        receipts=tuple(ReceiptLine(each.doctor_id, at, "a line") for each in doctors),
        strikes=tuple(Strike(Fault.SENDER, each.doctor_id, at) for each in doctors),
        outbox=tuple(_mails(doctors, at)),
    )


def _id(kind: str, number: int) -> bytes:
    return hashlib.sha256(f"{kind} {number}".encode()).digest()[:16]


def _word(number: int) -> str:
    """Return a name that is nobody else's, and near to nobody's."""
    digits = hashlib.sha256(str(number).encode()).hexdigest()[:8]
    return "Z" + "".join(chr(ord("a") + int(digit, 16)) for digit in digits)


def _doctor(number: int, most: int) -> Doctor:
    locum = Locum(_id("doctor", (number + 1) % most), "2000-01-01", "2099-12-31", 0)
    return Doctor(
        doctor_id=_id("doctor", number),
        name=f"Dr {_word(number)}",
        rpps=f"9{number:010}",
        mail=f"{_word(number).lower()}@foule.example",
        profession="médecin généraliste",
        certificate=b"",
        fingerprint=_id("key", number).hex(),
        key_ids=(_id("key", number).hex()[:16],),
        locums=(locum,),
    )


def _patient(number: int) -> Patient:
    return Patient(_word(number), _word(number + 1), f"19{number % 90 + 10}-01-01")


def _dossier(number: int, treating: Doctor, at: int) -> Dossier:
    return Dossier(
        dossier_id=_id("dossier", number),
        public_key=b"p" * 32,
        patient=_patient(number),
        treating=treating.doctor_id,
        slots=Slots(code=None, custody=b"custody"),
        consent=Consent(treating.doctor_id, at, "1"),
        created_at=at,
        closure=Closure(at, at + 7000 * DAY) if number % 2 else None,
    )


def _waiting(number: int, at: int) -> NewWaiting:
    document = Document(
        document_id=_id("document", number),
        container=Container.ENTITY,
        digest=hashlib.sha256(_BODY).digest(),
        size=len(_BODY),
        sealed_key=b"sealed",
        parts=(),
    )
    entry = Entry(at, _id("doctor", 0), "Dr", "titre", Onglet.IMAGERIE, "type", (document,))
    patient = _patient(number + 1_000_000)
    waiting = Waiting(_id("waiting", number), patient, entry, at, at + 30 * DAY)
    return NewWaiting(waiting, trait_keys(patient), (NewBody(document.document_id, _BODY),))


def _ended(dossier: Dossier, at: int) -> Emergency:
    reference = f"U-{dossier.dossier_id.hex()[:16]}"
    state = EmergencyState.CLOSED
    return Emergency(reference, dossier.dossier_id, dossier.treating, at, 1, state)


def _mails(doctors: tuple[Doctor, ...], at: int) -> Iterator[OutgoingMail]:
    for number, doctor in enumerate(doctors):
        message_id = f"<{number}@foule.example>"
        yield OutgoingMail(doctor.mail, message_id, (Slice(b"mail"),), not_before=at + DAY)
