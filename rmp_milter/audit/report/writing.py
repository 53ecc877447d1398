"""The month's report as a document: its sections in their order, and how to make it again."""

import shlex
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rmp_milter.audit.report.facts import MonthFacts
from rmp_milter.audit.report.log_section import log_section
from rmp_milter.audit.report.month_sections import (
    activity_section,
    emergencies_section,
    overdue_section,
    unusual_section,
)
from rmp_milter.audit.report.saying import iso, moment_in_words, month_in_words, tame
from rmp_milter.audit.report.summary import summary
from rmp_milter.pdf.document import (
    CODE,
    SMALL,
    DocHeading,
    DocPiece,
    DocText,
    PrintedDocument,
)
from rmp_milter.pdf.type_case import number
from rmp_milter.phrases.phrase import Language, Phrase, told


class Making(NamedTuple):
    """Who makes a report, and how.

    ``programs`` are those that its octets depend on, with their versions. ``options`` are the
    command line's; ``files`` the SHA-256 of what they name, by the names that they have there.
    """

    programs: str
    author: str
    options: Mapping[str, str]
    files: Mapping[str, str]


def document_of(facts: MonthFacts, making: Making, language: Language) -> PrintedDocument:
    """Return the report."""
    month = month_in_words(facts.terms.month.first, language)
    origin = tame(facts.head.origin)
    return PrintedDocument(
        language=language,
        title=told(Phrase("Access log: monthly report, {month}", month=month), language),
        subtitle=origin,
        made=facts.issued,
        below=f"{origin} · {facts.terms.month.name}",
        pieces=[
            *summary(facts, tame(making.author), language),
            *log_section(facts),
            *emergencies_section(facts),
            *overdue_section(facts),
            *unusual_section(facts),
            *activity_section(facts),
            *_making_section(facts, making, language),
        ],
    )


def _making_section(
    facts: MonthFacts, making: Making, language: Language
) -> Iterator[DocPiece]:
    """Yield what it needs to make this document again, octet by octet."""
    yield DocHeading(Phrase("How this report was made"))
    line = (
        "From the export whose checkpoint has {size} entries, on {at}, by {author}. The date is"
        " that of the log's last entry, or was given; no clock was asked. Days and months are in"
        " universal time, but for what stands out, which goes by the host's clock."
    )
    author = tame(making.author) or Phrase("(not named)")
    at = moment_in_words(facts.issued, language)
    yield DocText(Phrase(line, size=number(facts.head.size), at=at, author=author))
    line = "The same export and the same options give the same file, octet by octet, by {programs}:"
    yield DocText(Phrase(line, programs=making.programs))
    yield DocText(_command(facts, making, language), CODE)
    for name, digest in making.files.items():
        yield DocText(f"SHA-256 {name}: {digest}", SMALL)


def _command(facts: MonthFacts, making: Making, language: Language) -> str:
    month = facts.terms.month.name
    options = {
        "--month": month,
        **making.options,
        "--issued": iso(facts.issued),
        "--lang": language,
        "--pdf": f"{month}.pdf",
    }
    words = [word for option, value in options.items() for word in (option, value)]
    return shlex.join(["rmp-audit", "report", "EXPORT", *words])
