"""Création: a doctor opens a consenting patient's dossier and becomes médecin traitant."""

from collections.abc import Generator, Sequence

from rmp_milter.changes import NewDossier
from rmp_milter.errors import MailError
from rmp_milter.handlers.colleagues import is_doctor
from rmp_milter.handlers.filing import file_bodies
from rmp_milter.handlers.steps import (
    Asked,
    Effects,
    Filing,
    Outcome,
    Steps,
    View,
    asked_patient,
    event,
    expect,
)
from rmp_milter.identity import trait_keys
from rmp_milter.keeper.protocol import CODE_MARK, Create, Created, Reply, Request
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, bullet_list, document_titles, full_name
from rmp_milter.model import Consent, Dossier, Patient

CONSENT_TEXT = "2026-1"
"""Version of the consent text that admins hand out; kept with each consent."""


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Create the dossier, file what came with the mail, and give the doctor the code."""
    patient = _admit(asked, view)
    dossier, held_code = yield from _create(asked, patient)
    filings: tuple[Filing, ...] = ()
    if asked.opened.bodies:
        filings = ((yield from file_bodies(asked, dossier, (asked.doctor,))),)
    keys = trait_keys(patient)
    known = view.dossiers_by_traits(keys)
    return Outcome(
        letter=_letter(dossier, filings, held_code, language),
        effects=Effects(
            dossiers=(NewDossier(dossier, keys, tuple(other.dossier_id for other in known)),),
            filings=filings,
        ),
    )


def _admit(asked: Asked, view: View) -> Patient:
    """Return the patient if this mail may create his dossier; raise the refusal if not."""
    if not is_doctor(asked.doctor):
        raise MailError("doctors-only")
    patient = asked_patient(asked.header)
    if asked.header.consent is not True:
        raise MailError("consent-missing")
    known = view.dossiers_by_traits(trait_keys(patient))
    if any(other.treating == asked.doctor.doctor_id for other in known):
        raise MailError("already-yours")
    if not _all_homonyms(patient, known):
        raise MailError("not-created", detail="a dossier fits these traits")
    return patient


def _all_homonyms(patient: Patient, known: Sequence[Dossier]) -> bool:
    """Whether every known dossier is surely another person's.

    Only two different numbers (NIR/INS) prove that; a missing one leaves a doubt.
    """
    return all(
        patient.nir and other.patient.nir and patient.nir != other.patient.nir
        for other in known
    )


def _create(asked: Asked, patient: Patient) -> Generator[Request, Reply, tuple[Dossier, bytes]]:
    dossier_id = asked.new_id()
    reply = yield Create(
        digest=asked.digest,
        dossier_id=dossier_id,
        held_code=asked.opened.held_code,
        event=event(asked, "creation", dossier_id),
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
    )
    return dossier, made.held_code


def _letter(
    dossier: Dossier, filings: tuple[Filing, ...], held_code: bytes, language: Language
) -> Letter:
    patient = full_name(dossier.patient)
    words = text(
        "created",
        language,
        patient=patient,
        birth_date=birth_date(dossier.patient),
        code=CODE_MARK,
    )
    for filing in filings:
        titles = [
            title
            for document in filing.entry.documents
            for title in document_titles(document, language)
        ]
        onglet = filing.entry.onglet.value
        documents = bullet_list(titles)
        words += "\n" + text("also-filed", language, onglet=onglet, documents=documents)
    return Letter(
        subject=text("subject-created", language, patient=patient),
        text=words,
        held_code=held_code,
    )
