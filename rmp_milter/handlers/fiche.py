"""Fiche: the médecin traitant or his locum writes the patient's sheet anew."""

import msgspec

from rmp_milter.calls.authority import AddNumber
from rmp_milter.dossier.changes import Adoption, DossierUpdate
from rmp_milter.dossier.identity import number_contradicts, trait_keys
from rmp_milter.dossier.model import Dossier, Sheet
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.filing.adoption import adopt_waiting
from rmp_milter.handlers.filing.key_packets import standing_readers
from rmp_milter.handlers.way_in.admission import admit
from rmp_milter.handlers.way_in.amending import amend
from rmp_milter.handlers.way_in.entering import settled
from rmp_milter.handlers.way_in.unlocking import prove, unlock
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.sheet_words import sheet_words
from rmp_milter.mail.outgoing.wording import birth_date, full_name

_CLEARED = frozenset({"-", "–", "—"})


def handle(case: Case) -> Outcome:
    """Replace the fields that are given and add a missing NIR; the others stay.

    Without any field the sheet is only sent. What waited for a patient of this number is
    attached now.
    """
    admission, dossier = prove(case, admit(case, Act.FICHE))
    unlock(case, admission)
    changed = _changed(case, dossier)
    adoptions: tuple[Adoption, ...] = ()
    if changed.patient != dossier.patient:
        card = amend(case, admission, AddNumber()).dossier
        changed = msgspec.structs.replace(changed, card=card)
        readers = standing_readers(dossier, case.view, case.at)
        adoptions = adopt_waiting(case, changed, readers)
    updates: tuple[DossierUpdate, ...] = ()
    if changed != dossier:
        changed = revised(changed)
        updates = (DossierUpdate(changed, trait_keys(changed.patient)),)
    effects = Effects(updates=updates, adoptions=adoptions)
    return Outcome(_letter(changed, case.language), settled(case, admission, effects))


def _changed(case: Case, dossier: Dossier) -> Dossier:
    """Return the dossier with the header's sheet and number laid over its own."""
    said = msgspec.structs.asdict(case.header.sheet)
    given = {name: "" if value in _CLEARED else value for name, value in said.items() if value}
    sheet: Sheet = msgspec.structs.replace(dossier.sheet, **given)
    nir = dossier.patient.nir or case.header.nir
    patient = msgspec.structs.replace(dossier.patient, nir=nir)
    if (patient, sheet.sex) != (dossier.patient, dossier.sheet.sex) and number_contradicts(
        patient, sheet.sex
    ):
        raise MailError("number-contradicts")
    return msgspec.structs.replace(dossier, patient=patient, sheet=sheet)


def _letter(dossier: Dossier, language: Language) -> Letter:
    patient = full_name(dossier.patient)
    sheet = sheet_words(dossier.patient, dossier.sheet, language, whole=True)
    words = text(
        "sheet-changed",
        language,
        patient=patient,
        birth_date=birth_date(dossier.patient),
        sheet=sheet or text("sheet-empty", language),
    )
    if dossier.patient.nir and not dossier.slots.vitale:
        words += text("sheet-no-card", language)
    return Letter(subject=text("subject-sheet", language, patient=patient), text=words)
