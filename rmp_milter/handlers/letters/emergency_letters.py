"""What is written about an emergency access: to who asked, the médecin traitant, the patient."""

from collections.abc import Sequence
from datetime import date
from textwrap import fill

import msgspec

from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.emergency import reference_of
from rmp_milter.dossier.model import Doctor, Dossier, Onglet, PatientTold, PostalLetter
from rmp_milter.dossier.rules import Relation
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Notice
from rmp_milter.handlers.letters.index import dossier_letter, files_of, in_index_order
from rmp_milter.handlers.sight.seen import SEES_ALL, Seen
from rmp_milter.handlers.sight.table import table_of
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Enclosure, Letter
from rmp_milter.mail.outgoing.narrow import WIDTH
from rmp_milter.mail.outgoing.wording import birth_date, day, full_name, short, told_minute

_HOUR = 3600
_NUMBER = 20  # characters of a telephone number: two stand on a line, and none begins it
_SMALL = 24  # months below which an age is said in months


def emergency_letter(
    case: Case,
    dossier: Dossier,
    relation: Relation,
    visible: Sequence[Seen],
    enclosed: Sequence[Enclosure],
) -> Letter:
    """Return the answer in the order of need; what is owed for it stands at the end.

    Who the patient is, which résumé to open first and where it is, whom to call: that is
    seen without turning a page. Then the table of documents, then the justification.
    """
    treating = case.view.doctor(dossier.treating)
    ordered = in_index_order(visible)
    head = [
        _patient_words(case, dossier),
        *(_first_words(case, each) for each in ordered[:1]),
        *([_treating_words(case, dossier, treating)] if treating else []),
        _count_words(case, ordered),
    ]
    letter = dossier_letter(
        *(dossier, "", visible, enclosed, case.at, case.language),
        table=table_of(dossier, visible),
        clock=case.clock,
        head="\n".join(head),
        closed=case.closed,
    )
    masked = "" if relation in SEES_ALL else text("emergency-masked", case.language) + "\n\n"
    return msgspec.structs.replace(
        letter,
        subject=text("subject-emergency", case.language, patient=full_name(dossier.patient)),
        text=f"{letter.text}\n{masked}{_formalities(case)}",
    )


def _patient_words(case: Case, dossier: Dossier) -> str:
    """Return who the patient is: names, age, sex, day of birth."""
    patient, sheet, language = dossier.patient, dossier.sheet, case.language
    name = text("emergency-patient", language, patient=full_name(patient))
    if sheet.used_name:
        name += text("emergency-used-name", language, name=sheet.used_name)
    born = text(
        f"emergency-born-{sheet.sex}" if sheet.sex else "emergency-born",
        language,
        age=age(patient.birth_date, day_of(case.at, case.clock), language),
        birth_date=birth_date(patient),
    )
    return f"{_in_lines(name)}\n{born}\n"


def age(born: str, today: str, language: Language) -> str:
    """Return how old somebody is; in months below two years, in days below a month.

    Both days are ISO.
    """
    first, last = date.fromisoformat(born), date.fromisoformat(today)
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    if months >= _SMALL:
        return text("age-years", language, count=str(months // 12))
    if months > 0:
        return text("age-months", language, count=str(months))
    return text("age-days", language, count=str(max(0, (last - first).days)))


def _first_words(case: Case, first: Seen) -> str:
    """Return what to open first: the newest résumé, which is sent right behind the index."""
    summary = first.onglet is Onglet.SYNTHESE and not first.replaced_by
    form = case.doctor.reply_form
    words = text(
        "emergency-summary" if summary else "emergency-no-summary",
        case.language,
        number=str(first.number),
        day=day(first.filed.entry.received_at, case.clock),
        where=text(f"emergency-where-{form.value}", case.language),
    )
    return f"{words}\n"


def _treating_words(case: Case, dossier: Dossier, treating: Doctor) -> str:
    """Return who can be called, by the numbers of the sheet if it holds any."""
    words = text("emergency-treating", case.language, treating=treating.name)
    numbers = [
        short(each, _NUMBER) for each in (dossier.sheet.phone, dossier.sheet.mobile) if each
    ]
    lines = [_in_lines(words)]
    if numbers:
        either = text("emergency-or", case.language).join(numbers)
        lines.append(_in_lines(text("emergency-reached", case.language, phone=either)))
    return "\n".join(lines) + "\n"


def _count_words(case: Case, ordered: Sequence[Seen]) -> str:
    documents = files_of(ordered, case.language)
    facts = {"entries": str(len(ordered)), "documents": str(documents)}
    return text("emergency-count", case.language, **facts) + "\n"


def _formalities(case: Case) -> str:
    return text(
        "emergency-next",
        case.language,
        at=told_minute(case.at, case.clock, case.language),
        until=told_minute(
            case.at + case.bounds.justify_hours * _HOUR, case.clock, case.language
        ),
        reference=reference_of(case.act),
    )


def _in_lines(words: str) -> str:
    return fill(words, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def treating_notice(
    case: Case, treating: Doctor, dossier: Dossier, reference: str, told: PatientTold
) -> Notice:
    """Tell the médecin traitant, without anything medical."""
    words = text(
        "emergency-notice",
        case.language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        doctor=case.doctor.name,
        rpps=case.doctor.rpps,
        at=told_minute(case.at, case.clock, case.language),
        reference=reference,
        told=text(f"emergency-told-{told.value}", case.language),
    )
    return Notice(
        treating, Letter(subject=text("subject-notice", case.language), text=words), urgent=True
    )


def patient_notice(case: Case, patient: Doctor, dossier: Dossier, reference: str) -> Notice:
    """Tell a patient who has a key of his own."""
    letter = patient_letter(case, dossier, reference)
    return Notice(
        patient,
        Letter(subject=text("subject-notice", case.language), text=letter.text),
        urgent=True,
    )


def patient_letter(case: Case, dossier: Dossier, reference: str) -> PostalLetter:
    """Return the letter that the host posts to a patient: nothing medical stands in it."""
    words = text(
        "emergency-letter",
        case.language,
        doctor=case.doctor.name,
        at=told_minute(case.at, case.clock, case.language),
        reference=reference,
    )
    name = dossier.patient.first_names, dossier.sheet.used_name or dossier.patient.birth_name
    return PostalLetter(
        letter_id=case.new_id(),
        reference=reference,
        at=case.at,
        name=(" ".join(name),),
        address=dossier.sheet.address,
        text=words,
    )
