"""Dépôt: an enrolled PS adds documents to a patient's dossier."""

from rmp_milter.certificates import usable
from rmp_milter.errors import MailError
from rmp_milter.handlers.access import match_open
from rmp_milter.handlers.filing import file_bodies
from rmp_milter.handlers.steps import Asked, Effects, Outcome, Steps, View, asked_patient
from rmp_milter.identity import Outcome as Matched
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, bullet_list, day, document_titles, full_name
from rmp_milter.model import Doctor, Dossier, Entry


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """File the mail's documents.

    Nobody, two patients and a trait that contradicts give the same refusal: doubt never
    files, and the answer does not tell a stranger who is known (mission, rules 2 and 4).
    """
    patient = asked_patient(asked.header)
    found = match_open(patient, view)
    if found.outcome is not Matched.ONE or found.dossier is None:
        raise MailError("not-filed", detail=f"match: {found.outcome}")
    readers = standing_readers(found.dossier, view, asked.at)
    filing = yield from file_bodies(asked, found.dossier, readers)
    return Outcome(
        letter=_receipt(found.dossier, filing.entry, language),
        effects=Effects(filings=(filing,)),
    )


def standing_readers(dossier: Dossier, view: View, at: int) -> tuple[Doctor, ...]:
    """Return who gets a key packet at once: médecin traitant and patient, by usable keys.

    A treating doctor's expired key must not refuse a laboratory's report: the document is
    filed without his packet, and he opens it with the code or after a change of key.
    """
    readers = (view.doctor(dossier.treating), view.patient_of(dossier.dossier_id))
    return tuple(each for each in readers if each and usable(each.certificate, at))


def _receipt(dossier: Dossier, entry: Entry, language: Language) -> Letter:
    patient = full_name(dossier.patient)
    titles = [
        title for document in entry.documents for title in document_titles(document, language)
    ]
    return Letter(
        subject=text("subject-filed", language, patient=patient),
        text=text(
            "filed",
            language,
            date=day(entry.received_at),
            patient=patient,
            birth_date=birth_date(dossier.patient),
            documents=bullet_list(titles),
            onglet=entry.onglet.value,
            reason=entry.onglet_reason,
        ),
    )
