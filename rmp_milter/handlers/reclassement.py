"""Reclassement: the médecin traitant (or his locum) moves entries to another onglet."""

from collections.abc import Sequence

import msgspec

from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.model import Dossier, Onglet, Refiling
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.sight.seen import Seen, chosen, seen
from rmp_milter.handlers.way_in.admission import admit
from rmp_milter.handlers.way_in.entering import settled
from rmp_milter.handlers.way_in.naming import entries_named
from rmp_milter.handlers.way_in.unlocking import prove, unlock
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import (
    birth_date,
    bullet_list,
    day,
    entry_words,
    full_name,
)


def handle(case: Case) -> Outcome:
    """Move the entries of the given numbers; the answer lists what moved and from where."""
    admission, dossier = prove(case, admit(case, Act.RECLASSEMENT))
    tab = case.header.tab
    if tab is None:
        raise MailError("header-problems")
    entries = case.view.entries(dossier.dossier_id)
    visible = seen(dossier, entries, admission.relation, case.doctor.doctor_id)
    # The header's onglet is where they go; it must not choose among them.
    wanted = msgspec.structs.replace(case.header, tab=None)
    entries_named(case, admission, dossier, visible)
    picked = chosen(visible, wanted, case.clock)
    numbers = [each.filed.number for each in picked]
    unlock(case, admission, entries=numbers)
    letter = _letter(case, dossier, picked, tab)
    effects = Effects()
    if not all(each.onglet is tab for each in picked):
        effects = Effects(updates=(DossierUpdate(_moved(case, dossier, picked, tab)),))
    return Outcome(letter, settled(case, admission, effects))


def _moved(case: Case, dossier: Dossier, picked: Sequence[Seen], tab: Onglet) -> Dossier:
    """Return the dossier with the entries' new onglet; the first one needs no note."""
    numbers = {each.filed.number for each in picked}
    kept = [each for each in dossier.refilings if each.number not in numbers]
    new = [
        Refiling(each.filed.number, tab, case.doctor.doctor_id, case.at)
        for each in picked
        if each.filed.entry.onglet is not tab
    ]
    refilings = tuple(sorted((*kept, *new), key=lambda each: each.number))
    return revised(dossier, refilings=refilings)


def _letter(case: Case, dossier: Dossier, picked: Sequence[Seen], tab: Onglet) -> Letter:
    language = case.language
    patient = full_name(dossier.patient)
    words = text(
        "refiled",
        language,
        patient=patient,
        birth_date=birth_date(dossier.patient),
        onglet=tab.value,
        entries=bullet_list(_line(each, tab, case) for each in picked),
    )
    return Letter(subject=text("subject-refiled", language, patient=patient), text=words)


def _line(each: Seen, tab: Onglet, case: Case) -> str:
    entry, language = each.filed.entry, case.language
    return text(
        "refiled-stays" if each.onglet is tab else "refiled-from",
        language,
        number=str(each.number),
        date=day(entry.received_at, case.clock),
        title=entry_words(entry.document_type, language),
        author=entry.author_name,
        before=each.onglet.value,
    )
