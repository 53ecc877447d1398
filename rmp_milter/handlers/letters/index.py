"""The index: what a reader sees first of a dossier, by onglet, the résumé before all."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from textwrap import fill

from rmp_milter.dossier.days import Clock
from rmp_milter.dossier.model import Container, Dossier, Onglet
from rmp_milter.handlers.sight.seen import Seen
from rmp_milter.handlers.sight.table import IndexTable
from rmp_milter.mail.catalogue.inert import inert
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Enclosure, Letter
from rmp_milter.mail.outgoing.sheet_words import sheet_words
from rmp_milter.mail.outgoing.wording import (
    birth_date,
    day,
    document_titles,
    entry_words,
    full_name,
    ranges,
)

_TABS = list(Onglet)
_WIDTH = 66


def dossier_letter(  # noqa: PLR0913, PLR0917 -- what an index shows
    dossier: Dossier,
    treating: str,
    picked: Sequence[Seen],
    enclosures: Sequence[Enclosure],
    at: int,
    language: Language,
    *,
    table: IndexTable,
    clock: Clock,
    whole_sheet: bool = False,
    left: Collection[int] = (),
    head: str = "",
    closed: Collection[Container] = (),
) -> Letter:
    """Return the answer to a consultation: the index and the documents, in index order.

    ``table`` is that of all that the reader sees, of which ``picked`` may be a part. The
    newest résumé (onglet Synthèse) comes first of all, then tab by tab, newest first.
    ``whole_sheet`` shows the patient's number, insurance and address as well; ``left`` are
    the numbers of entries that this answer has no room for; another ``head`` may stand in
    the place of the usual one and of the sheet. ``closed`` are the containers that the
    reader's program does not open, where the host translates nothing.
    """
    ordered = in_index_order(picked)
    ranks = {each.number: place for place, each in enumerate(ordered)}
    sent = tuple(sorted(enclosures, key=lambda each: ranks[each.number]))
    missing = {
        each.document.document_id: _why(each.document.container in closed)
        for each in sent
        if not each.packets
    }
    patient = full_name(dossier.patient)
    usual = text(
        "index-head",
        language,
        patient=patient,
        birth_date=birth_date(dossier.patient),
        treating=treating,
        date=day(at, clock),
        entries=str(len(ordered)),
        documents=str(files_of(ordered, language)),
    )
    sheet = sheet_words(dossier.patient, dossier.sheet, language, whole=whole_sheet)
    body = text("index-empty", language) + "\n"
    if ordered:
        body = _tabs(ordered, missing, left, language, clock)
        key = "index-table-fixed" if whole_sheet else "index-table"
        body += "\n" + text(key, language, table=table.mark)
    return Letter(
        subject=text("subject-dossier", language, patient=patient),
        text=f"{head or usual + sheet}\n{body}",
        enclosures=sent,
        last=table.last,
    )


def files_of(listed: Iterable[Seen], language: Language) -> int:
    """Return how many files and letters the index lists below its documents."""
    stored = (document for each in listed for document in each.filed.entry.documents)
    return sum(len(document_titles(document, language)) for document in stored)


def in_index_order(picked: Iterable[Seen]) -> list[Seen]:
    """Return entries as the index shows them, and as their documents follow it."""
    return sorted(picked, key=_rank)


def what_is_left(
    numbers: Iterable[int], mails: int, language: Language, *, again: bool = False
) -> str:
    """Return what follows an index that left entries out: which, why, how to ask for them.

    ``again`` where the reader has just asked for them without numbers, which would bring
    the same ones once more.
    """
    listed = fill(
        ranges(numbers, language), _WIDTH, initial_indent="  ", subsequent_indent="  "
    )
    said = text("index-more", language, mails=str(mails), lines=listed)
    return said if again else said + "\n" + text("index-rest", language) + "\n"


def index_lines(visible: Sequence[Seen], language: Language, clock: Clock) -> str:
    """Return the lines of the index alone, as it shows them."""
    return _tabs(in_index_order(visible), {}, (), language, clock)


def _rank(each: Seen) -> tuple[bool, int, int]:
    return bool(each.replaced_by), _TABS.index(each.onglet), -each.number


def _tabs(
    ordered: Sequence[Seen],
    missing: Mapping[bytes, str],
    left: Collection[int],
    language: Language,
    clock: Clock,
) -> str:
    """Return the tabs in order; what was replaced stands at the end, under its own head."""
    sections = []
    for head, members in groupby(ordered, key=lambda each: _head(each, language)):
        lines = [head]
        for each in members:
            lines += _entry_lines(each, missing, language, clock)
            if each.number in left:
                lines.append(f"      {text('index-left', language)}")
        sections.append("\n".join(lines) + "\n")
    return "\n".join(sections)


def _why(is_closed: bool) -> str:  # noqa: FBT001 -- the one thing that it depends on
    """Return what is said of a document that the reader has no packets for."""
    return "index-untranslated" if is_closed else "index-unreadable"


def _head(each: Seen, language: Language) -> str:
    return text("index-replaced", language) if each.replaced_by else each.onglet.value.upper()


def entry_title(each: Seen, language: Language, clock: Clock) -> str:
    """Return the line that stands for an entry: number, day, type, author."""
    entry = each.filed.entry
    title = entry_words(entry.document_type, language)
    author = inert(entry.author_name)
    return f"{each.number}. {day(entry.received_at, clock)}  {title}, {author}"


def _entry_lines(
    each: Seen, missing: Mapping[bytes, str], language: Language, clock: Clock
) -> list[str]:
    entry = each.filed.entry
    lines = [f"  {entry_title(each, language, clock)}"]
    if each.masked:
        lines.append(f"      {text('index-masked', language)}")
    if each.replaced_by:
        number = str(each.replaced_by)
        lines.append(f"      {text('index-replaced-by', language, number=number)}")
    for document in entry.documents:
        lines += [f"      {part}" for part in document_titles(document, language)]
        if why := missing.get(document.document_id):
            lines.append(f"      {text(why, language)}")
    return lines
