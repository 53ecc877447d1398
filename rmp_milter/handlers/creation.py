"""Création: a doctor opens a consenting patient's dossier and becomes médecin traitant.

Whether it may be created is judged in :mod:`~.way_in.creation_rules`.
"""

from collections.abc import Iterator

from rmp_milter.calls.protocol.answering import CODE_MARK
from rmp_milter.calls.protocol.filing import Create
from rmp_milter.dossier.changes import Adoption, NewDossier
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Consent, Dossier, Entry, Patient
from rmp_milter.dossier.weak_codes import guessable
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Filing, Outcome
from rmp_milter.handlers.filing.adoption import adopt_waiting
from rmp_milter.handlers.filing.sealing import file_bodies
from rmp_milter.handlers.way_in.admission import spent
from rmp_milter.handlers.way_in.creation_rules import admitted
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Attachment, Letter
from rmp_milter.mail.outgoing.sheet_words import sheet_words
from rmp_milter.mail.outgoing.slip import SLIP_NAME, code_slip
from rmp_milter.mail.outgoing.spelling import SPELLED_MARKS
from rmp_milter.mail.outgoing.wording import (
    birth_date,
    bullet_list,
    day,
    document_titles,
    full_name,
)


def handle(case: Case) -> Outcome:
    """Create the dossier, file what came with the mail or waited, give the doctor the code."""
    patient = admitted(case)
    dossier, held_code = _create(case, patient)
    readers = (case.doctor,)
    filings: tuple[Filing, ...] = ()
    if case.opened.bodies:
        filings = (file_bodies(case, dossier, readers, authority(case, dossier)),)
    adoptions = adopt_waiting(case, dossier, readers)
    keys = trait_keys(patient)
    known = case.view.dossiers_by_traits(keys)
    words = _words(case, dossier)
    words += "".join(_filed(filing.entry, case.language) for filing in filings)
    words += _adopted(adoptions, case)
    letter = Letter(
        subject=text("subject-created", case.language, patient=full_name(patient)),
        text=words,
        held_code=held_code,
        files=(_slip(case, dossier),),
    )
    effects = Effects(
        dossiers=(NewDossier(dossier, keys, tuple(other.dossier_id for other in known)),),
        filings=filings,
        adoptions=adoptions,
        once=spent(case),
    )
    return Outcome(letter, effects)


def _create(case: Case, patient: Patient) -> tuple[Dossier, bytes]:
    made = case.keeper.create(
        Create(
            by=authority(case),
            event=event(case, "creation"),
            guessable=guessable(patient, case.header.sheet.used_name),
        )
    )
    dossier = Dossier(
        dossier_id=made.dossier_id,
        public_key=made.public_key,
        patient=patient,
        treating=case.doctor.doctor_id,
        slots=made.slots,
        consent=Consent(case.doctor.doctor_id, case.at, case.bounds.consent),
        created_at=case.at,
        sheet=case.header.sheet,
        card=made.card,
    )
    return dossier, made.held_code


def _slip(case: Case, dossier: Dossier) -> Attachment:
    today = day_of(case.at, case.clock)
    return code_slip(dossier.patient, case.doctor.name, dossier.sheet, today, case.language)


def _words(case: Case, dossier: Dossier) -> str:
    words = text(
        "created",
        case.language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        doctor=case.doctor.name,
        date=day(dossier.consent.stated_at, case.clock),
        version=dossier.consent.text_version,
        code=CODE_MARK,
        spelled=SPELLED_MARKS[case.language],
        slip=SLIP_NAME,
    )
    sheet = sheet_words(dossier.patient, dossier.sheet, case.language, whole=True)
    return words + ("\n" + text("created-sheet", case.language, sheet=sheet) if sheet else "")


def _filed(entry: Entry, language: Language) -> str:
    documents = bullet_list(_titles(entry, language))
    onglet = entry.onglet.value
    return "\n" + text("also-filed", language, onglet=onglet, documents=documents)


def _adopted(adoptions: tuple[Adoption, ...], case: Case) -> str:
    language = case.language
    if not adoptions:
        return ""
    lines = [
        text(
            "adopted-line",
            language,
            date=day(each.entry.received_at, case.clock),
            author=each.entry.author_name,
            onglet=each.entry.onglet.value,
            titles=", ".join(_titles(each.entry, language)),
        )
        for each in adoptions
    ]
    return "\n" + text("adopted", language, documents=bullet_list(lines))


def _titles(entry: Entry, language: Language) -> Iterator[str]:
    for document in entry.documents:
        yield from document_titles(document, language)
