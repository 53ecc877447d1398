"""Liste: the médecin traitant's own patients, by the first letters of the name."""

from collections.abc import Iterator

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.dossier.days import day_of
from rmp_milter.dossier.identity import fold, name_begins
from rmp_milter.dossier.model import Dossier, Fault, Strike
from rmp_milter.dossier.rules import Act, Relation
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.people.locums import acts_for
from rmp_milter.handlers.way_in.admission import permitted
from rmp_milter.handlers.way_in.throttles import check_tries
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.wording import birth_date, bullet_list, day, full_name


def handle(case: Case) -> Outcome:
    """List those of the asker's patients whose name begins so; nobody else's.

    A locum is shown, in his dates, the patients of the doctor in whose name he acts.
    """
    permitted(case, Act.LISTE, Relation.TREATING)
    check_tries(case, Fault.LIST, case.doctor.doctor_id, case.bounds.lists)
    letters = case.header.letters
    mine = [dossier for dossier in _own(case) if name_begins(dossier.patient, letters)]
    case.keeper.record(Record(event(case, "liste"), authority(case)))
    mine.sort(key=lambda dossier: (fold(full_name(dossier.patient)), dossier.dossier_id))
    lines = [_line(dossier, case) for dossier in mine]
    key = "list-head" if letters else "list-head-all"
    head = text(key, case.language, letters=letters, count=str(len(lines)))
    letter = Letter(
        subject=text("subject-list", case.language), text=f"{head}\n\n{bullet_list(lines)}\n"
    )
    strike = Strike(Fault.LIST, case.doctor.doctor_id, case.at)
    return Outcome(letter, Effects(strikes=(strike,)))


def _own(case: Case) -> Iterator[Dossier]:
    """Yield the open dossiers of the asker, and of those in whose name he acts today."""
    today = day_of(case.at, case.clock)
    declared = case.view.principals_of(case.doctor.doctor_id)
    replaced = (each.doctor_id for each in declared if acts_for(case.doctor, each, today))
    for doctor_id in dict.fromkeys((case.doctor.doctor_id, *replaced)):
        for dossier in case.view.dossiers_of(doctor_id):
            if dossier.closure is None:
                yield dossier


def _line(dossier: Dossier, case: Case) -> str:
    view, language = case.view, case.language
    last = view.last_entry(dossier.dossier_id)
    fresh = _unseen(dossier, view) if last and last.number > dossier.seen else 0
    line = text(
        "list-line",
        language,
        patient=full_name(dossier.patient),
        birth_date=birth_date(dossier.patient),
        last=day(last.entry.received_at, case.clock) if last else text("list-none", language),
    )
    return line + (text("list-unseen", language, count=str(fresh)) if fresh else "")


def _unseen(dossier: Dossier, view: View) -> int:
    """Count what the médecin traitant was not sent yet; he knows what he wrote himself."""
    newer = view.entries(dossier.dossier_id, dossier.seen)
    return sum(each.entry.author != dossier.treating for each in newer)
