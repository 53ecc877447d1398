"""The patient's sheet as the answers show it: a few lines, each only if it says something."""

from collections.abc import Iterable
from textwrap import fill

from rmp_milter.dossier.model import Patient, Sheet
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text

_WIDTH = 92
_NIR_GROUPS = (1, 2, 2, 2, 3, 3, 2)

_PERSON = ("used_name", "sex")
_CONTACTS = ("phone", "mobile", "fax", "mail")


def sheet_words(patient: Patient, sheet: Sheet, language: Language, *, whole: bool) -> str:
    """Return the sheet's lines, each with its line end; empty where it says nothing.

    Without ``whole``, what a colleague needs: used name, sex, the médecin traitant's
    contacts. Number, insurance and address are for the médecin traitant, his locum and the
    patient.
    """
    lines = [_line(sheet, _PERSON, language)]
    if whole:
        nir = _labelled("nir", spaced_nir(patient.nir), language) if patient.nir else ""
        insurance = _line(sheet, ("regime", "insurer"), language)
        lines += [_joined([nir, insurance]), _line(sheet, ("address",), language)]
    contacts = _line(sheet, _CONTACTS, language)
    lines.append(_labelled("contacts", contacts, language) if contacts else "")
    return "".join(
        fill(line, _WIDTH, subsequent_indent="    ") + "\n" for line in lines if line
    )


def spaced_nir(nir: str) -> str:
    """Return a number with the spaces that people read it with: 1 59 01 75 116 001 08."""
    groups, start = [], 0
    for width in _NIR_GROUPS:
        groups.append(nir[start : start + width])
        start += width
    return " ".join(groups)


def _line(sheet: Sheet, names: Iterable[str], language: Language) -> str:
    said = ((name, str(getattr(sheet, name))) for name in names)
    return _joined(_labelled(name, value, language) for name, value in said if value)


def _labelled(name: str, value: str, language: Language) -> str:
    return text(f"sheet-{name}", language, value=value)


def _joined(parts: Iterable[str]) -> str:
    return " ; ".join(part for part in parts if part)
