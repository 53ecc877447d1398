"""Reclassement: the médecin traitant (or his locum) moves entries to another onglet."""

from collections.abc import Sequence

import msgspec

from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.model import Dossier, Onglet, Refiling
from rmp_milter.dossier.rules import Act
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Asked, Effects, Outcome, Steps, View
from rmp_milter.handlers.sight.sight import Seen, chosen, seen
from rmp_milter.handlers.way_in.admission import admit
from rmp_milter.handlers.way_in.unlocking import unlock
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, bullet_list, day, full_name


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Move the entries of the given numbers; the answer lists what moved and from where."""
    admission = admit(asked, Act.RECLASSEMENT, view)
    dossier, tab = admission.dossier, asked.header.tab
    if dossier is None:
        raise MailError("no-access", detail="no dossier")
    if tab is None:
        raise MailError("header-problems")
    entries = view.entries(dossier.dossier_id)
    visible = seen(dossier, entries, admission.relation, asked.doctor.doctor_id)
    # The header's onglet is where they go; it must not choose among them.
    wanted = msgspec.structs.replace(asked.header, tab=None)
    picked = chosen(visible, wanted)
    numbers = [each.filed.number for each in picked]
    yield from unlock(asked, admission, view, language, entries=numbers)
    letter = _letter(dossier, picked, tab, language)
    if all(each.onglet is tab for each in picked):
        return Outcome(letter)
    return Outcome(
        letter, Effects(updates=(DossierUpdate(_moved(asked, dossier, picked, tab)),))
    )


def _moved(asked: Asked, dossier: Dossier, picked: Sequence[Seen], tab: Onglet) -> Dossier:
    """Return the dossier with the entries' new onglet; the first one needs no note."""
    numbers = {each.filed.number for each in picked}
    kept = [each for each in dossier.refilings if each.number not in numbers]
    new = [
        Refiling(each.filed.number, tab, asked.doctor.doctor_id, asked.at)
        for each in picked
        if each.filed.entry.onglet is not tab
    ]
    refilings = tuple(sorted((*kept, *new), key=lambda each: each.number))
    return msgspec.structs.replace(dossier, refilings=refilings, revision=dossier.revision + 1)


def _letter(
    dossier: Dossier, picked: Sequence[Seen], tab: Onglet, language: Language
) -> Letter:
    patient = full_name(dossier.patient)
    words = text(
        "refiled",
        language,
        patient=patient,
        birth_date=birth_date(dossier.patient),
        onglet=tab.value,
        entries=bullet_list(_line(each, tab, language) for each in picked),
    )
    return Letter(subject=text("subject-refiled", language, patient=patient), text=words)


def _line(each: Seen, tab: Onglet, language: Language) -> str:
    entry = each.filed.entry
    return text(
        "refiled-stays" if each.onglet is tab else "refiled-from",
        language,
        number=str(each.number),
        date=day(entry.received_at),
        title=entry.document_type or text("unnamed-part", language),
        author=entry.author_name,
        before=each.onglet.value,
    )
