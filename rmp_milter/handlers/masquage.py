"""Masquage: an entry is hidden from all but its author, the médecin traitant, the patient."""

import msgspec

from rmp_milter.calls.authority import Masking
from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.masks import masked_documents
from rmp_milter.dossier.model import Mask
from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.letters.masks import mask_letter
from rmp_milter.handlers.way_in.amending import amend_entered
from rmp_milter.handlers.way_in.entering import (
    Entered,
    changed,
    enter,
    own_numbers,
    settled,
    tell_of_masks,
)
from rmp_milter.mail.catalogue.texts import text


def handle(case: Case) -> Outcome:
    """Mask the entries of these numbers; those that are masked already stay as they are."""
    entered = enter(case, Act.MASQUAGE)
    before = tuple(each for each in entered.picked if each.masked)
    fresh = tuple(each for each in entered.picked if not each.masked)
    added = tuple(Mask(number, case.doctor.doctor_id, case.at) for number in own_numbers(fresh))
    masks = (*entered.dossier.masks, *added)
    updates = _masked(case, entered, masks) if fresh else ()
    sections = (("masked-now", fresh), ("masked-before", before))
    letter = mask_letter(case, entered.dossier, sections)
    words = f"{letter.text}\n{text('masked-means', case.language)}"
    letter = msgspec.structs.replace(letter, text=words)
    notices = tell_of_masks(case, entered, "masked-notice", fresh)
    effects = Effects(updates=updates, notices=notices)
    return Outcome(letter, settled(case, entered.admission, effects))


def _masked(case: Case, entered: Entered, masks: tuple[Mask, ...]) -> tuple[DossierUpdate, ...]:
    dossier = entered.dossier
    entries = case.view.entries(dossier.dossier_id)
    after = msgspec.structs.replace(dossier, masks=masks)
    card = amend_entered(case, entered, Masking(masked_documents(after, entries)))
    return changed(dossier, masks=masks, card=card)
