"""Création: a doctor opens a consenting patient's dossier and becomes médecin traitant.

Whether it may be created is judged in :mod:`~.way_in.creation_rules`.
"""

from collections.abc import Generator, Iterator

from rmp_milter.calls.protocol import CODE_MARK, Create, Created, Reply, Request
from rmp_milter.dossier.changes import NewDossier
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Consent, Dossier, Entry, Patient
from rmp_milter.handlers.asking.steps import (
    Adopting,
    Asked,
    Effects,
    Filing,
    Outcome,
    Steps,
    View,
    event,
    expect,
)
from rmp_milter.handlers.filing.adoption import Occasion, adopt_waiting
from rmp_milter.handlers.filing.filing import file_bodies
from rmp_milter.handlers.way_in.admission import spent
from rmp_milter.handlers.way_in.creation_rules import admitted
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.sheet_words import sheet_words
from rmp_milter.mail.outgoing.slip import SLIP_NAME, code_slip
from rmp_milter.mail.outgoing.wording import (
    birth_date,
    bullet_list,
    day,
    document_titles,
    full_name,
)

CONSENT_TEXT = "2026-1"
"""Version of the consent text that admins hand out; kept with each consent."""


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Create the dossier, file what came with the mail or waited, give the doctor the code."""
    patient = yield from admitted(asked, view, language)
    dossier, held_code = yield from _create(asked, patient)
    readers = (asked.doctor,)
    filings: tuple[Filing, ...] = ()
    if asked.opened.bodies:
        filings = ((yield from file_bodies(asked, dossier, readers)),)
    adoptions = yield from adopt_waiting(
        Occasion(asked.digest, asked.at), dossier, readers, view
    )
    keys = trait_keys(patient)
    known = view.dossiers_by_traits(keys)
    words = _words(asked, dossier, language)
    words += "".join(_filed(filing.entry, language) for filing in filings)
    words += _adopted(adoptions, language)
    letter = Letter(
        subject=text("subject-created", language, patient=full_name(patient)),
        text=words,
        held_code=held_code,
        files=(code_slip(patient, asked.doctor.name, dossier.sheet, asked.at, language),),
    )
    effects = Effects(
        dossiers=(NewDossier(dossier, keys, tuple(other.dossier_id for other in known)),),
        filings=filings,
        adoptions=adoptions,
        once=spent(asked),
    )
    return Outcome(letter, effects)


def _create(asked: Asked, patient: Patient) -> Generator[Request, Reply, tuple[Dossier, bytes]]:
    dossier_id = asked.new_id()
    reply = yield Create(
        digest=asked.digest,
        dossier_id=dossier_id,
        held_code=asked.opened.held_code,
        event=event(asked, "creation", dossier_id),
        nir=patient.nir,
    )
    made = expect(reply, Created)
    dossier = Dossier(
        dossier_id=dossier_id,
        public_key=made.public_key,
        patient=patient,
        treating=asked.doctor.doctor_id,
        slots=made.slots,
        consent=Consent(asked.doctor.doctor_id, asked.at, CONSENT_TEXT),
        created_at=asked.at,
        sheet=asked.header.sheet,
    )
    return dossier, made.held_code


def _words(asked: Asked, dossier: Dossier, language: Language) -> str:
    words = text(
        "created",
        language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        doctor=asked.doctor.name,
        date=day(dossier.consent.stated_at),
        version=dossier.consent.text_version,
        code=CODE_MARK,
        slip=SLIP_NAME,
    )
    sheet = sheet_words(dossier.patient, dossier.sheet, language, whole=True)
    return words + ("\n" + text("created-sheet", language, sheet=sheet) if sheet else "")


def _filed(entry: Entry, language: Language) -> str:
    documents = bullet_list(_titles(entry, language))
    onglet = entry.onglet.value
    return "\n" + text("also-filed", language, onglet=onglet, documents=documents)


def _adopted(adoptions: tuple[Adopting, ...], language: Language) -> str:
    if not adoptions:
        return ""
    lines = [
        text(
            "adopted-line",
            language,
            date=day(each.entry.received_at),
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
