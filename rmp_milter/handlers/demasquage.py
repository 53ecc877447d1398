"""Démasquage: entries that were hidden are shown again."""

from msgspec.structs import replace

from rmp_milter.calls.authority import Masking
from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.masks import masked_numbers
from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.letters.masks import mask_letter
from rmp_milter.handlers.sight.masked import still_masked
from rmp_milter.handlers.sight.seen import versions_before
from rmp_milter.handlers.way_in.amending import amend_entered
from rmp_milter.handlers.way_in.entering import (
    changed,
    enter,
    own_numbers,
    settled,
    tell_of_masks,
)


def handle(case: Case) -> Outcome:
    """Show the entries of these numbers again; a mask on an older version goes as well."""
    entered = enter(case, Act.MASQUAGE)
    dossier, entries = entered.dossier, case.view.entries(entered.dossier.dossier_id)
    gone: set[int] = set()
    for number in own_numbers(entered.picked):
        gone |= versions_before(number, entries)
    masks = tuple(each for each in dossier.masks if each.number not in gone)
    shown = masked_numbers(dossier, entries) & gone
    fresh = tuple(each for each in entered.picked if each.filed.number in shown)
    before = tuple(each for each in entered.picked if each not in fresh)
    updates: tuple[DossierUpdate, ...] = ()
    if masks != dossier.masks:
        left = still_masked(replace(dossier, masks=masks), entries)
        card = amend_entered(case, entered, Masking(left))
        updates = changed(dossier, masks=masks, card=card)
    sections = (("unmasked-now", fresh), ("unmasked-before", before))
    letter = mask_letter(case, dossier, sections)
    notices = tell_of_masks(case, entered, "unmasked-notice", fresh)
    effects = Effects(updates=updates, notices=notices)
    return Outcome(letter, settled(case, entered.admission, effects))
