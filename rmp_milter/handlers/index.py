"""The index: what a reader sees first of a dossier, by onglet, the résumé before all."""

from collections.abc import Sequence
from itertools import groupby

from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Enclosure, Letter
from rmp_milter.mail.texts import text
from rmp_milter.mail.wording import birth_date, day, document_titles, full_name
from rmp_milter.model import Dossier, Onglet

_TABS = list(Onglet)


def dossier_letter(
    dossier: Dossier,
    treating: str,
    enclosures: Sequence[Enclosure],
    at: int,
    language: Language,
) -> Letter:
    """Return the answer to a consultation: the index and the documents, in index order.

    The newest résumé (onglet Synthèse) comes first of all, then tab by tab, newest first.
    """
    ordered = tuple(sorted(enclosures, key=_rank))
    patient = full_name(dossier.patient)
    head = text(
        "index-head",
        language,
        patient=patient,
        birth_date=birth_date(dossier.patient),
        treating=treating,
        date=day(at),
        entries=str(len({each.number for each in ordered})),
        documents=str(len(ordered)),
    )
    body = _tabs(ordered, language) if ordered else text("index-empty", language) + "\n"
    return Letter(
        subject=text("subject-dossier", language, patient=patient),
        text=f"{head}\n{body}",
        enclosures=ordered,
    )


def _rank(enclosure: Enclosure) -> tuple[int, int]:
    return _TABS.index(enclosure.entry.onglet), -enclosure.number


def _tabs(ordered: Sequence[Enclosure], language: Language) -> str:
    sections = []
    for onglet, members in groupby(ordered, key=lambda each: each.entry.onglet):
        lines = [onglet.value.upper()]
        for _, documents in groupby(members, key=lambda each: each.number):
            lines += _entry_lines(list(documents), language)
        sections.append("\n".join(lines) + "\n")
    return "\n".join(sections)


def _entry_lines(documents: Sequence[Enclosure], language: Language) -> list[str]:
    entry = documents[0].entry
    title = entry.document_type or text("unnamed-part", language)
    lines = [f"  {day(entry.received_at)}  {title} — {entry.author_name}"]
    for each in documents:
        lines += [f"      {part}" for part in document_titles(each.document, language)]
        if not each.packets:
            lines.append(f"      {text('index-unreadable', language)}")
    return lines
