"""What an emergency is answered that nothing opened yet: a form to send back, never silence.

A form always has a slot for the reason, so that neither the form nor a piece of it is a
request when it comes back in a quotation. What the sender wrote may stand in it; whether
such a dossier is there, never does before the reason is.
"""

from collections.abc import Iterable, Sequence

from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.short_references import short_reference
from rmp_milter.dossier.spoken import reference_typed
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.people.choice import Choice, FoundBy
from rmp_milter.handlers.people.likeness import ShortList
from rmp_milter.mail.catalogue.inert import inert
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.catalogue.urgence import WORDS
from rmp_milter.mail.header.lines import lines_of
from rmp_milter.mail.header.routing import RoutingHeader
from rmp_milter.mail.header.words import Field
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.narrow import WIDTH
from rmp_milter.mail.outgoing.wording import birth_date, full_name

_MARGIN = "    "
_REFERENCE_SHOWN = 24
_WHO = {Field(word): words for word, words in WORDS.items()}


def reason_letter(header: RoutingHeader, lines: str, language: Language) -> Letter:
    """Ask for the reason: what was understood comes back as a form with this one slot.

    ``lines`` are those of the header as the keeper gave them, ``header`` what they say.
    """
    who = _said(header, lines, language) or [
        _slot(language, "patient"),
        _slot(language, "born"),
    ]
    return Letter(
        subject=text("subject-emergency-reason", language),
        text=_paragraphs(
            text("emergency-reason", language),
            _form(language, who),
            text("emergency-reason-foot", language),
        ),
    )


def list_letter(case: Case, choice: Choice) -> Letter:
    """Return the short list, each with the reference that chooses it."""
    listed, language = choice.listed, case.language
    choose = "emergency-choose"
    who = [_reference_line(listed.found, language)]
    if choice.by is FoundBy.TWICE:
        choose = "emergency-choose-otherwise"
        who = [_slot(language, "patient"), _slot(language, "born")]
    return Letter(
        subject=text("subject-emergency-list", language),
        text=_paragraphs(
            f"{_head(case, choice)}\n{text(choose, language)}",
            _form(language, who),
            "\n".join(_candidate(each, case) for each in listed.found),
            _more(listed, language),
            text("emergency-list-foot", language),
        ),
    )


def nobody_letter(case: Case, choice: Choice) -> Letter:
    """Say that nobody is alike, or that nobody was named, and how to ask more widely.

    Where too many are alike to have looked at all, say what would tell them apart instead.
    """
    language = case.language
    nobody, ask = "emergency-nobody", "emergency-ask-again"
    if choice.by is FoundBy.NOTHING:
        nobody = "emergency-nothing-said"
    elif choice.listed.cut:
        nobody, ask = "emergency-cut", "emergency-choose-otherwise"
    head = text(nobody, language)
    if choice.by is FoundBy.UNKNOWN:
        head = f"{_unknown(case)}\n{head}"
    who = [_slot(language, "name"), _slot(language, "age")]
    return Letter(
        subject=text("subject-emergency-list", language),
        text=_paragraphs(
            head,
            text(ask, language),
            _form(language, who),
            text("emergency-ask-otherwise", language),
        ),
    )


def _more(listed: ShortList, language: Language) -> str:
    """Return that others are alike as well, and what tells them apart."""
    if listed.cut:
        return text("emergency-cut", language)
    return text("emergency-more", language) if listed.more else ""


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _form(language: Language, who: Iterable[str]) -> str:
    """Return the lines to copy; the last is the one to fill in."""
    lines = (text("emergency-form-request", language), *who, _slot(language, "reason"))
    return "\n".join(_MARGIN + line for line in lines)


def _slot(language: Language, name: str) -> str:
    return text(f"emergency-slot-{name}", language)


def _said(header: RoutingHeader, lines: str, language: Language) -> list[str]:
    """Return who is meant, line by line, in the sender's own words as far as they are known.

    What is too long for a line ends before its last whole word: it is searched by the others.
    """
    said = {line.field: line.value for line in reversed(lines_of(lines)) if line.field in _WHO}
    if not any(said.values()):
        name = " ".join(filter(None, (header.birth_name.upper(), header.first_names)))
        said = {Field.PATIENT: name or header.names_said, Field.BIRTH_DATE: header.birth_date}
    return [_line(field, said[field], language) for field in _WHO if said.get(field)]


def _line(field: Field, value: str, language: Language) -> str:
    line = f"{getattr(_WHO[field], language)} : {inert(value)}"
    return _cut(line, WIDTH - len(_MARGIN))


def _cut(line: str, room: int) -> str:
    if len(line) <= room:
        return line
    whole, _, _ = line[: room + 1].rpartition(" ")
    return whole if len(whole) > room // 2 else line[:room]


def _reference_line(found: Sequence[Dossier], language: Language) -> str:
    """Return the line that chooses: filled in where there is only one to choose."""
    if len(found) != 1:
        return _slot(language, "reference")
    return _line(Field.REFERENCE, short_reference(found[0].dossier_id), language)


def _head(case: Case, choice: Choice) -> str:
    count = len(choice.listed.found)
    one = "-one" if count == 1 else ""
    match choice.by:
        case FoundBy.ALIKE:
            return text(f"emergency-alike{one}", case.language, count=str(count))
        case FoundBy.UNKNOWN:
            near = text(f"emergency-near{one}", case.language, count=str(count))
            return f"{_unknown(case)}\n{near}"
        case _:
            return text(f"emergency-{choice.by.value}", case.language, count=str(count))


def _unknown(case: Case) -> str:
    """Return that the reference is unknown, and how it was read: a slip is seen at once."""
    read = reference_typed(case.header.reference)
    kept = "".join(sign for sign in read if sign.isalnum() or sign == "-")
    shown = kept[:_REFERENCE_SHOWN]
    return text("emergency-reference-unknown", case.language, reference=shown)


def _candidate(dossier: Dossier, case: Case) -> str:
    """Return a line of the list, and under it what helps to tell the patient from others."""
    treating, language = case.view.doctor(dossier.treating), case.language
    born = text("emergency-candidate-born", language, birth_date=birth_date(dossier.patient))
    name = f"  - {short_reference(dossier.dossier_id)}  {full_name(dossier.patient)}"
    under = [
        dossier.sheet.used_name
        and text("emergency-candidate-used", language, name=dossier.sheet.used_name),
        treating and text("emergency-candidate-treating", language, treating=treating.name),
    ]
    lines = [f"{name}, {born}"]
    if len(lines[0]) > WIDTH:
        lines = [f"{name},", f"      {text('emergency-candidate-who', language)} {born}"]
    return "\n".join([*lines, *(f"      {each}" for each in under if each)])
