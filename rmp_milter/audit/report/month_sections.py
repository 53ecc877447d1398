"""The month itself: its emergencies, what is overdue, what stands out, all entries by sort."""

from collections.abc import Iterator, Mapping, Sequence

from rmp_milter.audit.emergencies import JUSTIFIED, NEW
from rmp_milter.audit.report.activity import (
    CONSULTATION,
    CREATION,
    DEPOSIT,
    DIRECTORY,
    JUSTIFYING,
    KEYS,
    LISTING,
    OTHER,
    PRESENCE,
    QUESTIONS,
    REFUSAL,
    REVIEWING,
    SORTS,
    URGENT,
)
from rmp_milter.audit.report.facts import MonthFacts, Named, Overdue, Timely
from rmp_milter.audit.report.saying import moment_in_table, percent, tame
from rmp_milter.audit.standouts import why
from rmp_milter.audit.unusual import WHOLE
from rmp_milter.dossier.emergency import CLOSED, CONTESTED, UNDER_REVIEW
from rmp_milter.pdf.document import (
    SMALL,
    DocBars,
    DocHeading,
    DocPiece,
    DocTable,
    DocText,
)
from rmp_milter.pdf.type_case import number
from rmp_milter.phrases.phrase import Phrase

MOST_ROWS = 30
"""So many of what is overdue or stands out are named; the commands name all."""
_MOST_REFERENCES = 2
_REFERENCE = 24

_STATES: Mapping[str, str] = {
    NEW: Phrase("not justified yet"),
    JUSTIFIED: Phrase("justified, waiting for their review"),
    UNDER_REVIEW: Phrase("review begun"),
    CLOSED: Phrase("review ended: admitted"),
    CONTESTED: Phrase("review ended: contested"),
}
_STATE: Mapping[str, str] = {
    NEW: Phrase("not justified"),
    JUSTIFIED: Phrase("justified"),
    UNDER_REVIEW: Phrase("in review"),
}
_AWAITED: Mapping[str, str] = {
    "justification": Phrase("the justification"),
    "review": Phrase("the review's end"),
    "justification, review": Phrase("justification and review"),
}
_SORTS: Mapping[str, str] = {
    CREATION: Phrase("Dossiers created"),
    DEPOSIT: Phrase("Deposits"),
    CONSULTATION: Phrase("Consultations"),
    LISTING: Phrase("Lists of documents, patients or accesses"),
    URGENT: Phrase("Emergency accesses (entries)"),
    JUSTIFYING: Phrase("Justifications of emergencies"),
    REVIEWING: Phrase("Reviews of emergencies"),
    DIRECTORY: Phrase("Changes of the directory by the host"),
    KEYS: Phrase("Changes of keys"),
    PRESENCE: Phrase("Presence, once a day"),
    QUESTIONS: Phrase("Entries that raise a question"),
    REFUSAL: Phrase("Refusals, of whatever was asked for"),
    OTHER: Phrase("Rights, patients' wishes and all else"),
}
_ACTIONS: Mapping[str, str] = {
    "inscription": Phrase("doctors enrolled"),
    "modification": Phrase("doctors changed"),
    "radiation": Phrase("doctors removed"),
    "cle": Phrase("doctors' new keys, by themselves"),
    "auditor key": Phrase("the auditors' key"),
    "nouvelle clé de garde": Phrase("the custody key (entries, up to a hundred dossiers each)"),
    "nouvelle clé du journal": Phrase("the key that signs the log"),
    "nouveau poivre": Phrase("the pepper (entries, up to a hundred cards each)"),
    "rescellement": Phrase("the key for documents that wait to be translated"),
    "sans titre": Phrase("something was asked of the keeper without any right, and refused"),
    "reprise": Phrase("the host had records vouched for"),
    "restauration": Phrase("an older copy was put back"),
}


def emergencies_section(facts: MonthFacts) -> Iterator[DocPiece]:
    """Yield how many emergencies there were, when, and what became of them."""
    yield DocHeading(Phrase("Emergency accesses"))
    line = (
        "In an emergency a doctor is given the dossier at once, without card or code; he says why"
        " within {justify} hours, and each access is reviewed within {review}. Accesses of the"
        " month: {count}; doctors: {doctors}; services (domains of their addresses): {services}."
    )
    yield DocText(
        Phrase(
            line,
            justify=facts.terms.justify_hours,
            review=facts.terms.review_hours,
            count=number(facts.emergencies),
            doctors=number(facts.doctors),
            services=number(facts.services),
        )
    )
    yield _bars(Phrase("Emergency accesses by day"), Phrase("accesses"), facts.by_day)
    heads = (Phrase("State on the day of this report"), Phrase("Number"))
    rows = [(_STATES[state], number(count)) for state, count in facts.states.items()]
    total = (Phrase("Total"), number(facts.emergencies))
    yield DocTable(heads, [*rows, total], (0.8, 0.2), numbers=(1,), whole=True)
    yield _timely(facts)


def _timely(facts: MonthFacts) -> DocTable:
    heads = (
        *(Phrase("Time allowed"), Phrase("in time"), Phrase("too late, or due")),
        *(Phrase("not due yet"), Phrase("share in time")),
    )
    justify, review = facts.terms.justify_hours, facts.terms.review_hours
    rows = [
        _timely_row(Phrase("Justified within {hours} hours", hours=justify), facts.justified),
        _timely_row(Phrase("Reviewed within {hours} hours", hours=review), facts.reviewed),
    ]
    return DocTable(
        heads, rows, (0.33, 0.12, 0.21, 0.16, 0.18), numbers=(1, 2, 3, 4), whole=True
    )


def _timely_row(name: str, timely: Timely) -> tuple[str, ...]:
    share = percent(timely.in_time, timely.in_time + timely.late)
    return (name, *map(number, timely), share)


def _bars(
    title: Phrase, axis: Phrase, values: Sequence[int], height: float = 1.0
) -> DocBars | DocText:
    """Return a chart, or that there is nothing to be seen in it."""
    total, most = sum(values), max(values)
    if not total:
        return DocText(Phrase("{title}: none.", title=title))
    line = "{title}: {total} in all; the most, {most}, on day {day}."
    day = values.index(most) + 1
    said = Phrase(line, title=title, total=number(total), most=number(most), day=day)
    return DocBars(title, axis, values, said, height)


def overdue_section(facts: MonthFacts) -> Iterator[DocPiece]:
    """Yield the references whose time is over, the oldest first."""
    yield DocHeading(Phrase("What is overdue"))
    overdue = facts.overdue
    if not overdue:
        yield DocText(Phrase("Nothing: no emergency of this log waits beyond its time."))
        return
    line = "Emergencies of this month or of earlier ones that wait beyond their time: {count}."
    yield DocText(Phrase(line, count=number(len(overdue))))
    heads = (Phrase("Reference"), Phrase("Access (UTC)"), Phrase("State"), Phrase("Awaited"))
    yield DocTable(heads, [*map(_overdue_row, overdue[:MOST_ROWS])], (0.28, 0.22, 0.2, 0.3))
    if (rest := len(overdue) - MOST_ROWS) > 0:
        line = "and {count} more; rmp-audit overdue names them all."
        yield DocText(Phrase(line, count=number(rest)))


def _overdue_row(overdue: Overdue) -> tuple[str, ...]:
    case = overdue.case
    state, awaited = _STATE[case.state], _AWAITED[overdue.awaited]
    return tame(case.reference, _REFERENCE), moment_in_table(case.at), state, awaited


def unusual_section(facts: MonthFacts) -> Iterator[DocPiece]:
    """Yield what stands out of the month or of all months, and what is known of namesakes."""
    yield DocHeading(Phrase("What stands out"))
    found = facts.unusual
    if not found:
        yield DocText(
            Phrase("Nothing stands out among colleagues, this month or in all months.")
        )
    else:
        line = (
            "Figures of a doctor so far from his colleagues' that chance explains them once in a"
            " million at most: {count}. That is a question to ask, and proves nothing."
        )
        yield DocText(Phrase(line, count=number(len(found))))
        heads = (Phrase("Period"), Phrase("What"), Phrase("References"))
        rows = [*map(_unusual_row, found[:MOST_ROWS])]
        yield DocTable(heads, rows, (0.13, 0.51, 0.36))
    if (rest := len(found) - MOST_ROWS) > 0:
        line = "and {count} more; rmp-audit unusual names them all."
        yield DocText(Phrase(line, count=number(rest)))
    yield DocText(_namesakes(facts), SMALL)


def _unusual_row(named: Named) -> tuple[str, ...]:
    found, references = named.standout, named.references
    period = Phrase("all months") if found.period == WHOLE else found.period
    latest = [tame(each, _REFERENCE) for each in references[-_MOST_REFERENCES:]]
    rest = len(references) - len(latest)
    shown = ", ".join(latest)
    more = (
        Phrase("{shown} and {count} more", shown=shown, count=number(rest)) if rest else shown
    )
    return period, why(found), more


def _namesakes(facts: MonthFacts) -> Phrase:
    found = facts.namesakes
    if found is None:
        line = (
            "Whether emergencies of one doctor are for patients of one name is not known here: the"
            " host's file of namesakes was not given."
        )
        return Phrase(line)
    line = (
        "Namesakes: {count} emergencies of the month are of {groups} groups, each of one doctor"
        " and of patients of one name, by the host's own word."
    )
    return Phrase(line, count=number(found.emergencies), groups=number(found.groups))


def activity_section(facts: MonthFacts) -> Iterator[DocPiece]:
    """Yield deposits, consultations and refusals by day, and all entries of the month by sort."""
    days, sorts = facts.activity.days, facts.activity.sorts
    yield DocHeading(Phrase("Deposits, consultations, refusals"))
    entries = Phrase("entries")
    yield _bars(Phrase("Deposits by day"), entries, days[DEPOSIT], 0.68)
    yield _bars(Phrase("Consultations by day"), entries, days[CONSULTATION], 0.68)
    yield _bars(Phrase("Refusals by day"), entries, days[REFUSAL], 0.68)
    yield DocHeading(Phrase("All entries of the month"))
    heads = (Phrase("What"), Phrase("Number"))
    rows = [(name, number(sorts[sort])) for sort, name in _SORTS.items()]
    total = (Phrase("Total"), number(sorts.total()))
    yield DocTable(heads, [*rows, total], (0.8, 0.2), numbers=(1,), whole=True)
    if astray := facts.activity.misdated:
        line = (
            "Entries of this log dated more than a day from their own writing, or not at all:"
            " {count}, the first is entry {first}. They are counted where their date says, if"
            " anywhere: ask why."
        )
        yield DocText(Phrase(line, count=number(len(astray)), first=astray[0]))
    yield from _details(facts)


def _details(facts: MonthFacts) -> Iterator[DocPiece]:
    """Yield which changes of directory and keys there were, and what raises a question."""
    yield DocHeading(Phrase("Directory, keys, questions"))
    heads = (Phrase("What"), Phrase("Entries"))
    rows = [
        (_ACTIONS[action], number(count))
        for sort in (DIRECTORY, KEYS, QUESTIONS)
        for action in SORTS[sort]
        if (count := facts.activity.actions[action])
    ]
    if rows:
        yield DocTable(heads, rows, (0.8, 0.2), numbers=(1,), whole=True)
    else:
        yield DocText(Phrase("No change of the directory, none of keys, nothing to ask."))
