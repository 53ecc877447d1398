"""Fiche: the médecin traitant or his locum writes the patient's sheet anew."""

import msgspec

from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.identity import number_contradicts, trait_keys
from rmp_milter.dossier.model import Dossier, Sheet
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Adopting, Asked, Effects, Outcome, Steps, View
from rmp_milter.handlers.depot import standing_readers
from rmp_milter.handlers.filing.adoption import Occasion, adopt_waiting
from rmp_milter.handlers.way_in.admission import admit
from rmp_milter.handlers.way_in.unlocking import unlock
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.sheet_words import sheet_words
from rmp_milter.mail.outgoing.wording import birth_date, full_name

_CLEARED = frozenset({"-", "–", "—"})


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Replace the fields that are given and add a missing NIR; the others stay.

    Without any field the sheet is only sent. What waited for a patient of this number is
    attached now.
    """
    admission = admit(asked, Act.FICHE, view)
    yield from unlock(asked, admission, view, language)
    dossier = admission.dossier
    if dossier is None:
        raise MailError("no-access", detail="no dossier")
    changed = _changed(asked, dossier)
    adoptions: tuple[Adopting, ...] = ()
    if changed.patient != dossier.patient:
        readers = standing_readers(dossier, view, asked.at)
        occasion = Occasion(asked.digest, asked.at)
        adoptions = yield from adopt_waiting(occasion, changed, readers, view)
    updates: tuple[DossierUpdate, ...] = ()
    if changed != dossier:
        changed = msgspec.structs.replace(changed, revision=dossier.revision + 1)
        updates = (DossierUpdate(changed, trait_keys(changed.patient)),)
    return Outcome(_letter(changed, language), Effects(updates=updates, adoptions=adoptions))


def _changed(asked: Asked, dossier: Dossier) -> Dossier:
    """Return the dossier with the header's sheet and number laid over its own."""
    said = msgspec.structs.asdict(asked.header.sheet)
    given = {name: "" if value in _CLEARED else value for name, value in said.items() if value}
    sheet: Sheet = msgspec.structs.replace(dossier.sheet, **given)
    nir = dossier.patient.nir or asked.header.nir
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
