"""The prescripteur: who he is, and the copy that he gets of what he asked for."""

import msgspec

from rmp_milter.credentials import usable
from rmp_milter.dossier.model import Doctor, Dossier, Patient
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Notice
from rmp_milter.handlers.filing.sealing import Shelved
from rmp_milter.handlers.people.colleagues import colleague
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Enclosure, Letter
from rmp_milter.mail.outgoing.wording import (
    birth_date,
    bullet_list,
    day,
    document_titles,
    full_name,
)


class Prescriber(msgspec.Struct, frozen=True):
    """What a header's word leads to: ``doctor`` is None unless one is surely meant.

    ``copy_to`` is who shall get a copy: not the sender himself, nor one whose key is of no
    use (then ``lacks_key``).
    """

    said: str = ""
    doctor: Doctor | None = None
    copy_to: Doctor | None = None
    lacks_key: bool = False


def prescriber_of(case: Case, said: str) -> Prescriber:
    """Return who is meant, and whether a copy can be sent to him."""
    doctor = colleague(said, case.view) if said else None
    if doctor is None:
        return Prescriber(said)
    if doctor.doctor_id == case.doctor.doctor_id:
        return Prescriber(said, doctor)
    if not usable(doctor.certificate, case.at):
        return Prescriber(said, doctor, lacks_key=True)
    return Prescriber(said, doctor, copy_to=doctor)


def prescriber_line(case: Case, prescriber: Prescriber) -> str:
    """Return what the receipt says of the prescriber: nothing of the patient's dossier."""
    if not prescriber.said:
        return ""
    doctor = prescriber.doctor
    if doctor is None:
        return text("prescriber-unknown", case.language, said=prescriber.said)
    if doctor.doctor_id == case.doctor.doctor_id:
        return text("prescriber-self", case.language)
    key = "prescriber-no-key" if prescriber.lacks_key else "prescriber-copy"
    return text(key, case.language, name=doctor.name)


def copy_notice(
    case: Case, copy_to: Doctor, patient: Patient, shelved: Shelved, dossier: Dossier | None
) -> Notice:
    """Return the prescriber's copy: the documents, readable by him, and no further right.

    ``dossier`` is where they were filed; None while they wait for one.
    """
    entry = shelved.entry
    titles = [
        title for each in entry.documents for title in document_titles(each, case.language)
    ]
    words = text(
        "prescriber-letter",
        case.language,
        author=case.doctor.name,
        date=day(entry.received_at, case.clock),
        patient=full_name(patient),
        birth_date=birth_date(patient),
        documents=bullet_list(titles),
    )
    if not all(shelved.copies):
        words += "\n" + text("prescriber-untranslated", case.language)
    enclosures = _enclosures(shelved, dossier.card if dossier else b"")
    subject = text("subject-prescriber", case.language, patient=full_name(patient))
    letter = Letter(subject, words, b"", enclosures, (case.doctor.certificate,))
    return Notice(copy_to, letter)


def _enclosures(shelved: Shelved, card: bytes) -> tuple[Enclosure, ...]:
    return tuple(
        Enclosure(1, shelved.entry, document, packets, shelved.owner, shelved.waits, card)
        for document, packets in zip(shelved.entry.documents, shelved.copies, strict=True)
    )
