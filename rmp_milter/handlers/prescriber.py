"""The prescripteur: who he is, and the copy that he gets of what he asked for."""

import re
from collections.abc import Iterator

import msgspec

from rmp_milter.certificates import usable
from rmp_milter.handlers.filing import Shelved
from rmp_milter.handlers.steps import Asked, Notice, View
from rmp_milter.identity import fold
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Enclosure, Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, bullet_list, day, document_titles, full_name
from rmp_milter.model import Doctor, Patient

_RPPS = re.compile(r"(?<!\d)\d(?:[ .]?\d){10}(?!\d)", re.ASCII)
_MAIL = re.compile(r"[^\s<>(),;:]+@[^\s<>(),;:]+[^\s<>(),;:.]")
_TITLES = frozenset(
    {"DR", "DOCTEUR", "DOCTEURE", "PR", "PROFESSEUR", "PROFESSEURE", "M", "MR", "MME", "MLLE"}
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
    """Return who is meant by an RPPS number, a mail address, or a name.

    What two of them say must agree; a name must be all of one enrolled doctor's and no
    other's: a copy that goes to somebody of the same name cannot be taken back.
    """
    doctor = _named(said, view) if said else None
    if doctor is None:
        return Prescriber(said)
    if doctor.doctor_id == asked.doctor.doctor_id:
        return Prescriber(said, doctor)
    if not usable(doctor.certificate, asked.at):
        return Prescriber(said, doctor, lacks_key=True)
    return Prescriber(said, doctor, copy_to=doctor)


def _named(said: str, view: View) -> Doctor | None:
    ways = list(_by_number_or_address(said, view))
    found = ways or list(_by_name(said, view))
    first = found[0] if found else None
    if first is None or first.patient_of:
        return None
    return first if all(each == first for each in found) else None


def _by_number_or_address(said: str, view: View) -> Iterator[Doctor | None]:
    for number in _RPPS.findall(said):
        yield view.doctor_by_rpps(re.sub(r"\D", "", number))
    for address in _MAIL.findall(said):
        yield view.doctor_by_mail(address)


def _by_name(said: str, view: View) -> Iterator[Doctor]:
    wanted = _name_words(said)
    return (
        each
        for each in view.doctors()
        if wanted and not each.patient_of and _name_words(each.name) == wanted
    )


def _name_words(name: str) -> list[str]:
    """Return the words of a name in an order of their own, without titles before it."""
    words = fold(name).split()
    while words and words[0] in _TITLES:
        words = words[1:]
    return sorted(words)


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
