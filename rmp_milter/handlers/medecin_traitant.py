"""Médecin traitant: a doctor takes the patient's care over, by the patient's code or card.

The keeper opens that slot and writes key packets of every document for him; from then on new
documents come with a packet for him and none for the former one. It is the way, too, by which
a médecin traitant whose key was lost reads the dossier with his present one.
"""

import msgspec

from rmp_milter.calls.authority import TakeOver
from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.model import Doctor, Dossier, Sheet
from rmp_milter.dossier.professions import is_doctor
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.filing.key_packets import documents_in, written
from rmp_milter.handlers.letters.notices import treating_changed
from rmp_milter.handlers.way_in.admission import admit, spent
from rmp_milter.handlers.way_in.amending import amend
from rmp_milter.handlers.way_in.unlocking import forgiven, prove, unlock
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, full_name


def handle(case: Case) -> Outcome:
    """Make the sender the médecin traitant, with key packets of every document."""
    _check_sender(case)
    # Proven first: what the dossier holds must not be looked at before (promise 6).
    admission, dossier = prove(case, admit(case, Act.MEDECIN_TRAITANT))
    documents = documents_in(dossier, case.view)
    packets = unlock(case, admission, documents=documents, readers=(case.doctor.certificate,))
    former = case.view.doctor(dossier.treating)
    same = dossier.treating == case.doctor.doctor_id
    told = () if same or former is None else (former,)
    card = dossier.card
    if not same:
        wish = TakeOver(until=case.at + case.bounds.contest)
        card = amend(case, admission, wish, documents=documents).dossier
    effects = Effects(
        updates=(DossierUpdate(_taken_over(case, dossier, card)),),
        key_packets=written(documents, packets, case.doctor),
        cleared=forgiven(admission),
        once=spent(case),
        notices=tuple(treating_changed(case, dossier, each) for each in told),
    )
    key = "treating-renewed" if same else "treating-taken"
    return Outcome(_letter(key, dossier, len(documents), former, case.language), effects)


def _check_sender(case: Case) -> None:
    """Raise what is missing before anything of the dossier is looked at."""
    if not is_doctor(case.doctor):
        raise MailError("treating-doctors-only")
    if case.header.consent is not True:
        raise MailError("treating-consent")


def _taken_over(case: Case, dossier: Dossier, card: bytes) -> Dossier:
    """Return the dossier in the sender's care, of which he was not sent anything yet."""
    same = dossier.treating == case.doctor.doctor_id
    return revised(
        dossier,
        treating=case.doctor.doctor_id,
        sheet=dossier.sheet if same else _with_contacts(dossier.sheet, case.header.sheet),
        seen=0,
        card=card,
    )


def _with_contacts(sheet: Sheet, said: Sheet) -> Sheet:
    """Return the sheet with the new médecin traitant's contacts in place of the former's."""
    return msgspec.structs.replace(
        sheet, phone=said.phone, fax=said.fax, mobile=said.mobile, mail=said.mail
    )


def _letter(
    key: str, dossier: Dossier, documents: int, former: Doctor | None, language: Language
) -> Letter:
    patient = full_name(dossier.patient)
    words = text(
        key,
        language,
        patient=patient,
        birth_date=birth_date(dossier.patient),
        documents=str(documents),
    )
    if key == "treating-taken":
        known = "treating-former" if former else "treating-former-gone"
        name = former.name if former else ""
        words += "\n" + text(known, language, former=name)
    return Letter(subject=text("subject-treating", language, patient=patient), text=words)
