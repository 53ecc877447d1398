"""The prescripteur: who he is, and the copy that he gets of what he asked for."""

import msgspec

from rmp_milter.certificates import usable
from rmp_milter.dossier.model import Doctor, Patient
from rmp_milter.handlers.asking.steps import Asked, Notice, View
from rmp_milter.handlers.filing.filing import Shelved
from rmp_milter.handlers.people.colleagues import colleague
from rmp_milter.mail.catalogue.text import Language
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


def prescriber_of(said: str, asked: Asked, view: View) -> Prescriber:
    """Return who is meant, and whether a copy can be sent to him."""
    doctor = colleague(said, view) if said else None
    if doctor is None:
        return Prescriber(said)
    if doctor.doctor_id == asked.doctor.doctor_id:
        return Prescriber(said, doctor)
    if not usable(doctor.certificate, asked.at):
        return Prescriber(said, doctor, lacks_key=True)
    return Prescriber(said, doctor, copy_to=doctor)


def prescriber_line(prescriber: Prescriber, asked: Asked, language: Language) -> str:
    """Return what the receipt says of the prescriber: nothing of the patient's dossier."""
    if not prescriber.said:
        return ""
    doctor = prescriber.doctor
    if doctor is None:
        return text("prescriber-unknown", language, said=prescriber.said)
    if doctor.doctor_id == asked.doctor.doctor_id:
        return text("prescriber-self", language)
    key = "prescriber-no-key" if prescriber.lacks_key else "prescriber-copy"
    return text(key, language, name=doctor.name)


def copy_notice(
    asked: Asked, copy_to: Doctor, patient: Patient, shelved: Shelved, language: Language
) -> Notice:
    """Return the prescriber's copy: the documents, readable by him, and no further right."""
    entry = shelved.entry
    titles = [title for each in entry.documents for title in document_titles(each, language)]
    words = text(
        "prescriber-letter",
        language,
        author=asked.doctor.name,
        date=day(entry.received_at),
        patient=full_name(patient),
        birth_date=birth_date(patient),
        documents=bullet_list(titles),
    )
    enclosures = _enclosures(shelved)
    subject = text("subject-prescriber", language, patient=full_name(patient))
    letter = Letter(subject, words, b"", enclosures, (asked.doctor.certificate,))
    return Notice(copy_to, letter)


def _enclosures(shelved: Shelved) -> tuple[Enclosure, ...]:
    return tuple(
        Enclosure(number=1, entry=shelved.entry, document=document, packets=packets)
        for document, packets in zip(shelved.entry.documents, shelved.copies, strict=True)
    )
