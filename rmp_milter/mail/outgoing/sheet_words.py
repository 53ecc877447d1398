"""The patient's sheet as the answers show it: a few lines, each only if it says something."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill

from rmp_milter.dossier.model import Patient, Sheet
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.narrow import WIDTH

_BETWEEN = " ; "
_NIR_GROUPS = (1, 2, 2, 2, 3, 3, 2)

_PERSON = ("used_name", "sex")
_CONTACTS = ("phone", "mobile", "fax", "mail")


def sheet_words(patient: Patient, sheet: Sheet, language: Language, *, whole: bool) -> str:
    """Return the sheet's lines, each with its line end; empty where it says nothing.

    Without ``whole``, what a colleague needs: used name, sex, the médecin traitant's
    contacts. Number, insurance and address are for the médecin traitant, his locum and the
    patient.
    """
    lines = [_parts(sheet, _PERSON, language)]
    if whole:
        nir = [_labelled("nir", spaced_nir(patient.nir), language)] if patient.nir else []
        lines += [
            [*nir, *_parts(sheet, ("regime", "insurer"), language)],
            _parts(sheet, ("address",), language),
        ]
    if contacts := _parts(sheet, _CONTACTS, language):
        lines.append([text("sheet-contacts", language), *contacts])
    return "".join(f"{line}\n" for parts in lines for line in _packed(parts, language))


def _packed(parts: Sequence[str], language: Language) -> Iterator[str]:
    """Yield the parts in narrow lines; none is broken that fits, and a user's word begins none."""
    head, rest = text("sheet-head", language), list(parts)
    while rest:
        line = f"{head} — {rest.pop(0)}"
        while rest and len(line) + len(_BETWEEN) + len(rest[0]) < WIDTH:
            line += _BETWEEN + rest.pop(0)
        head = text("sheet-more", language)
        more = f"    {head} — "
        yield fill(line + (_BETWEEN.rstrip() if rest else ""), WIDTH, subsequent_indent=more)
        head = f"    {head}"


def spaced_nir(nir: str) -> str:
    """Return a number with the spaces that people read it with: 1 59 01 75 116 001 08."""
    groups, start = [], 0
    for width in _NIR_GROUPS:
        groups.append(nir[start : start + width])
        start += width
    return " ".join(groups)


def _parts(sheet: Sheet, names: Iterable[str], language: Language) -> list[str]:
    said = ((name, str(getattr(sheet, name))) for name in names)
    return [_labelled(name, value, language) for name, value in said if value]


def _labelled(name: str, value: str, language: Language) -> str:
    return text(f"sheet-{name}", language, value=value)
