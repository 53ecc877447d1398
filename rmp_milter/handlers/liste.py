"""Liste: the médecin traitant's own patients, by the first letters of the name."""

from collections.abc import Iterator

from rmp_milter.calls.protocol import Record, Recorded
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.identity import fold, name_begins
from rmp_milter.dossier.model import Dossier, Fault, Strike
from rmp_milter.dossier.rules import Act, Denied, Relation, judge
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Asked, Effects, Outcome, Steps, View, event, expect
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, bullet_list, day, full_name


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """List those of the asker's patients whose name begins so; nobody else's.

    A locum is shown, in his dates, the patients of the doctor in whose name he acts.
    """
    grant = judge(asked.policy, Act.LISTE, Relation.TREATING, asked.proofs)
    if isinstance(grant, Denied):
        raise MailError(grant.value)
    _check_throttle(asked, view)
    letters = asked.header.letters
    mine = [dossier for dossier in _own(asked, view) if name_begins(dossier.patient, letters)]
    expect((yield Record(event(asked, "liste"))), Recorded)
    mine.sort(key=lambda dossier: (fold(full_name(dossier.patient)), dossier.dossier_id))
    lines = [_line(dossier, view, language) for dossier in mine]
    key = "list-head" if letters else "list-head-all"
    head = text(key, language, letters=letters, count=str(len(lines)))
    letter = Letter(
        subject=text("subject-list", language), text=f"{head}\n\n{bullet_list(lines)}\n"
    )
    strike = Strike(Fault.LIST, asked.doctor.doctor_id, asked.at)
    return Outcome(letter, Effects(strikes=(strike,)))


def _check_throttle(asked: Asked, view: View) -> None:
    since = asked.at - asked.bounds.window
    times = view.tally(Fault.LIST, asked.doctor.doctor_id).times
    if sum(each > since for each in times) >= asked.bounds.lists:
        raise MailError("too-many", detail="lists")


def _own(asked: Asked, view: View) -> Iterator[Dossier]:
    """Yield the open dossiers of the asker, and of those in whose name he acts today."""
    today, own = day_of(asked.at), asked.doctor.doctor_id
    replaced = [
        doctor.doctor_id
        for doctor in view.doctors()
        for locum in doctor.locums
        if locum.doctor_id == own and locum.first <= today <= locum.last
    ]
    for doctor_id in dict.fromkeys((own, *replaced)):
        for dossier in view.dossiers_of(doctor_id):
            if dossier.closure is None:
                yield dossier


def _line(dossier: Dossier, view: View, language: Language) -> str:
    last = view.last_entry(dossier.dossier_id)
    fresh = _unseen(dossier, view) if last and last.number > dossier.seen else 0
    line = text(
        "list-line",
        language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        last=day(last.entry.received_at) if last else text("list-none", language),
    )
    return line + (text("list-unseen", language, count=str(fresh)) if fresh else "")


def _unseen(dossier: Dossier, view: View) -> int:
    """Count what the médecin traitant was not sent yet; he knows what he wrote himself."""
    newer = view.entries(dossier.dossier_id, dossier.seen)
    return sum(each.entry.author != dossier.treating for each in newer)
