"""Receipts: what a depositor is told of what was taken, and how often he wants to hear."""

from collections.abc import Sequence

import msgspec

from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.model import Entry, Patient, ReceiptLine, Receipts
from rmp_milter.handlers.asking.case import Case
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import (
    birth_date,
    bullet_list,
    day,
    document_titles,
    full_name,
)


class Taken(msgspec.Struct, frozen=True):
    """One entry that was taken, for the patient as the sender wrote him."""

    patient: Patient
    entry: Entry
    prescriber: str = ""  # a sentence on him, or nothing


def receipt(
    case: Case, taken: Sequence[Taken]
) -> tuple[Letter | None, tuple[ReceiptLine, ...]]:
    """Return the letter or the lines of the daily digest, as the depositor wants it."""
    wanted = case.doctor.receipts
    if wanted is Receipts.EACH:
        return receipt_letter(case, taken), ()
    if wanted is Receipts.NONE:
        return None, ()
    author = case.doctor.doctor_id
    return None, tuple(
        ReceiptLine(author, case.at, receipt_line(each, case.language)) for each in taken
    )


def receipt_letter(case: Case, taken: Sequence[Taken]) -> Letter:
    """Return the receipt of one mail, in paragraphs where it is of several patients."""
    if len(taken) == 1:
        subject = text("subject-filed", case.language, patient=full_name(taken[0].patient))
    else:
        subject = text("subject-filed-several", case.language, count=str(len(taken)))
    words = "\n".join(_paragraph(each, case) for each in taken)
    if case.parcels:
        words += "\n" + text("filed-apart", case.language)
    return Letter(subject=subject, text=words)


def _paragraph(taken: Taken, case: Case) -> str:
    entry, language = taken.entry, case.language
    words = text(
        "filed",
        language,
        date=day(entry.received_at, case.clock),
        patient=full_name(taken.patient),
        birth_date=birth_date(taken.patient),
        documents=bullet_list(_titles(entry, language)),
        onglet=entry.onglet.value,
        reason=entry.onglet_reason,
    )
    return words + (f"\n{taken.prescriber}\n" if taken.prescriber else "")


def receipt_line(taken: Taken, language: Language) -> str:
    """Return the same in the digest's form, some lines long."""
    entry = taken.entry
    words = text(
        "receipt-line",
        language,
        patient=full_name(taken.patient),
        birth_date=birth_date(taken.patient),
        onglet=entry.onglet.value,
        documents="\n".join(f"      {title}" for title in _titles(entry, language)),
    )
    return words + (f"\n      {taken.prescriber}" if taken.prescriber else "")


def digest_letter(lines: Sequence[ReceiptLine], language: Language, clock: Clock) -> Letter:
    """Return the daily digest."""
    found: list[str] = []
    for line in lines:
        head = day(line.at, clock)
        found += [*([f"\n{head}"] if f"\n{head}" not in found else []), f"  - {line.text}"]
    words = text("digest", language, count=str(len(lines))) + "\n".join(found) + "\n"
    return Letter(subject=text("subject-digest", language), text=words)


def _titles(entry: Entry, language: Language) -> list[str]:
    return [title for each in entry.documents for title in document_titles(each, language)]
