"""The report's first page: what a board wants to know, in figures that are explained further on."""

from collections.abc import Iterator

from rmp_milter.audit.report.activity import CONSULTATION, DEPOSIT, QUESTIONS, REFUSAL
from rmp_milter.audit.report.facts import MonthFacts, Timely
from rmp_milter.audit.report.saying import moment_in_words, month_in_words, percent
from rmp_milter.pdf.document import ALERT, DocHeading, DocPiece, DocTable, DocText
from rmp_milter.pdf.type_case import number
from rmp_milter.phrases.phrase import Language, Phrase


def summary(facts: MonthFacts, author: str, language: Language) -> Iterator[DocPiece]:
    """Yield the first page's pieces."""
    yield DocText(_of_what(facts, author, language))
    if count := len(facts.verified.findings):
        line = (
            "The log is not what its checkpoint says. Findings: {count}, listed under The log. The"
            " figures of this report cannot be relied on."
        )
        yield DocText(Phrase(line, count=number(count)), ALERT)
    if facts.issued < facts.terms.month.end:
        line = "The month was not over then: its figures are those of a part of it."
        yield DocText(Phrase(line), ALERT)
    yield DocHeading(Phrase("In short"))
    yield DocTable(heads=(), rows=[*_rows(facts)], widths=(0.62, 0.38), strong=True)


def _of_what(facts: MonthFacts, author: str, language: Language) -> Phrase:
    month = month_in_words(facts.terms.month.first, language)
    at = moment_in_words(facts.issued, language)
    if not author:
        line = (
            "What the access log recorded in {month}, as it stood on {at}. No patient, doctor or"
            " reason is named; an emergency is known by its reference."
        )
        return Phrase(line, month=month, at=at)
    line = (
        "What the access log recorded in {month}, as it stood on {at}; issued by {author}. No"
        " patient, doctor or reason is named; an emergency is known by its reference."
    )
    return Phrase(line, month=month, at=at, author=author)


def _rows(facts: MonthFacts) -> Iterator[tuple[str, str]]:
    terms, activity = facts.terms, facts.activity
    sound = Phrase("verified, nothing found")
    unsound = Phrase("{count} findings", count=len(facts.verified.findings))
    yield Phrase("The log"), unsound if facts.verified.findings else sound
    yield Phrase("Witnesses"), _witnesses(facts)
    yield Phrase("Emergency accesses"), number(facts.emergencies)
    justified = Phrase("of these justified within {hours} hours", hours=terms.justify_hours)
    yield justified, in_time(facts.justified)
    reviewed = Phrase("of these reviewed within {hours} hours", hours=terms.review_hours)
    yield reviewed, in_time(facts.reviewed)
    yield Phrase("Overdue, of this month and of earlier ones"), number(len(facts.overdue))
    yield Phrase("What stands out"), number(len(facts.unusual))
    yield Phrase("Deposits"), number(activity.sorts[DEPOSIT])
    yield Phrase("Consultations"), number(activity.sorts[CONSULTATION])
    yield Phrase("Refusals"), number(activity.sorts[REFUSAL])
    yield Phrase("Entries that raise a question"), number(activity.sorts[QUESTIONS])


def _witnesses(facts: MonthFacts) -> str:
    count = len(facts.witnesses)
    return number(count) if count else Phrase("none")


def in_time(timely: Timely) -> str:
    """Return how many were done in time, of those whose time is over or who needed none more."""
    decided = timely.in_time + timely.late
    if not decided:
        return "-"
    line = "{done} of {all}, {percent}"
    share = percent(timely.in_time, decided)
    return Phrase(line, done=number(timely.in_time), all=number(decided), percent=share)
