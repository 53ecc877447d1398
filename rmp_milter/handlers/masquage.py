"""Masquage: an entry is hidden from all but its author, the médecin traitant, the patient."""

from collections.abc import Sequence

from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.model import Mask
from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.asking.steps import Asked, Effects, Outcome, Steps, View
from rmp_milter.handlers.letters.index import entry_title
from rmp_milter.handlers.sight.sight import Seen, masked_numbers, versions_before
from rmp_milter.handlers.way_in.entering import Entered, changed, enter, own_numbers, settled
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import bullet_list, full_name


def mask(asked: Asked, view: View, language: Language) -> Steps:
    """Mask the entries of these numbers; those that are masked already stay as they are."""
    entered = yield from enter(asked, Act.MASQUAGE, view, language)
    before = tuple(each for each in entered.picked if each.masked)
    fresh = tuple(each for each in entered.picked if not each.masked)
    added = tuple(
        Mask(number, asked.doctor.doctor_id, asked.at) for number in own_numbers(fresh)
    )
    masks = (*entered.dossier.masks, *added)
    updates = changed(entered.dossier, masks=masks) if fresh else ()
    words = _sections((("masked-now", fresh), ("masked-before", before)), language)
    words.append(text("masked-means", language))
    return _outcome(asked, entered, updates, words, language)


def unmask(asked: Asked, view: View, language: Language) -> Steps:
    """Show the entries of these numbers again; a mask on an older version goes as well."""
    entered = yield from enter(asked, Act.MASQUAGE, view, language)
    dossier, entries = entered.dossier, view.entries(entered.dossier.dossier_id)
    gone: set[int] = set()
    for number in own_numbers(entered.picked):
        gone |= versions_before(number, entries)
    masks = tuple(each for each in dossier.masks if each.number not in gone)
    shown = masked_numbers(dossier, entries) & gone
    fresh = tuple(each for each in entered.picked if each.filed.number in shown)
    before = tuple(each for each in entered.picked if each not in fresh)
    updates = changed(dossier, masks=masks) if masks != dossier.masks else ()
    words = _sections((("unmasked-now", fresh), ("unmasked-before", before)), language)
    return _outcome(asked, entered, updates, words, language)


def _sections(parts: Sequence[tuple[str, Sequence[Seen]]], language: Language) -> list[str]:
    """Return under each key's words the entries that they are said of, if there are any."""
    return [
        text(key, language, entries=bullet_list(entry_title(each, language) for each in those))
        for key, those in parts
        if those
    ]


def _outcome(
    asked: Asked,
    entered: Entered,
    updates: tuple[DossierUpdate, ...],
    words: Sequence[str],
    language: Language,
) -> Outcome:
    patient = full_name(entered.dossier.patient)
    letter = Letter(
        subject=text("subject-mask", language, patient=patient), text="\n".join(words)
    )
    return Outcome(letter, settled(asked, entered.admission, Effects(updates=updates)))
