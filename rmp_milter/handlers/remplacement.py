"""Remplacement: a doctor names who acts for him between two days, or takes it back.

In these days the locum reads, lists and adds to the dossiers of the doctor as he himself
does, and each of it says in whose name. Who is médecin traitant does not change.
"""

import msgspec

from rmp_milter.calls.protocol import Record, Recorded
from rmp_milter.dossier.model import Doctor, Verb
from rmp_milter.dossier.rules import Act, Denied, Relation, judge
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import (
    Asked,
    Effects,
    Notice,
    Outcome,
    Steps,
    View,
    event,
    expect,
)
from rmp_milter.handlers.letters.notices import locum_declared, locum_ended
from rmp_milter.handlers.people.colleagues import colleague, is_doctor
from rmp_milter.handlers.people.locums import with_locum, without_locum
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import bullet_list, french_day


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Declare a locum, or end what was declared of him, as the header's request says."""
    relation = Relation.TREATING if is_doctor(asked.doctor) else Relation.FOREIGN
    denied = judge(asked.policy, Act.REMPLACEMENT, relation, asked.proofs)
    if isinstance(denied, Denied):
        raise MailError("locum-doctors-only" if relation is Relation.FOREIGN else denied.value)
    header = asked.header
    locum = colleague(header.locum, view)
    if locum is None:
        raise MailError("locum-unknown")
    if header.verb is Verb.FIN_REMPLACEMENT:
        changed = without_locum(asked.doctor, locum, asked.at)
        key, notice = "locum-ended", locum_ended(asked.doctor, locum, language)
    else:
        first, last = header.first_day, header.last_day
        changed = with_locum(asked.doctor, locum, first, last, asked.at)
        key, notice = "locum-declared", locum_declared(asked.doctor, locum, header, language)
    leaf = event(asked, header.verb.value)
    expect((yield Record(msgspec.structs.replace(leaf, subject=locum.rpps))), Recorded)
    return Outcome(_letter(key, changed, locum, view, language), _effects(changed, notice))


def _effects(changed: Doctor, notice: Notice) -> Effects:
    return Effects(doctors=(changed,), notices=(notice,))


def _letter(key: str, changed: Doctor, locum: Doctor, view: View, language: Language) -> Letter:
    """Return the answer: what was done, and all that is declared from now on."""
    words = text(key, language, locum=locum.name)
    lines = []
    for each in changed.locums:
        known = view.doctor(each.doctor_id)
        if known:
            first, last = french_day(each.first), french_day(each.last)
            facts = {"locum": known.name, "first": first, "last": last}
            lines.append(text("locum-line", language, **facts))
    listed = bullet_list(lines) if lines else text("locum-line-none", language)
    words += "\n" + text("locum-list", language) + "\n\n" + listed + "\n"
    return Letter(subject=text("subject-locum", language), text=words)
