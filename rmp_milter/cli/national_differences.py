"""An enrolled doctor beside what the national directory says of him. Pure.

Names and professions are free words here and labels there, so what is surely the same is passed
over and the rest shown side by side: somebody looks at it, nothing is changed by it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from rmp_milter.cli.national_file import NationalEntry
from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Doctor

_TITLES = frozenset(
    {"DR", "DOCTEUR", "PR", "PROFESSEUR", "M", "MME", "MLLE", "MADAME", "MONSIEUR"}
)
_STEM = 5
"""Letters by which « cardiologue » is known in « Cardiologie et maladies vasculaires »."""


class NationalKind(StrEnum):
    """In what an entry is another than the national one; the value is what the host reads."""

    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    NAME = "name"
    PROFESSION = "profession"
    MAIL = "mail"


class NationalDifference(msgspec.Struct, frozen=True):
    """One thing that is another there: what stands here, and what there."""

    rpps: str
    kind: NationalKind
    here: str
    there: str


def differences(
    doctors: Iterable[Doctor], entries: Mapping[str, NationalEntry]
) -> Iterator[NationalDifference]:
    """Yield what is another, for each enrolled doctor in turn."""
    for doctor in doctors:
        yield from _of_one(doctor, entries.get(doctor.rpps))


def _of_one(doctor: Doctor, entry: NationalEntry | None) -> Iterator[NationalDifference]:
    if entry is None:
        yield NationalDifference(doctor.rpps, NationalKind.UNKNOWN, doctor.name, "")
        return
    if not entry.is_active:
        words = "no place of work"
        yield NationalDifference(doctor.rpps, NationalKind.INACTIVE, doctor.name, words)
    if not any(_is_named(doctor.name, line.family, line.given) for line in entry.lines):
        names = dict.fromkeys(f"{line.given} {line.family}".strip() for line in entry.lines)
        there = ", ".join(names)
        yield NationalDifference(doctor.rpps, NationalKind.NAME, doctor.name, there)
    labels = (*entry.values("profession"), *entry.values("skill"))
    if not _is_called(doctor.profession, labels):
        there = ", ".join(labels)
        yield NationalDifference(doctor.rpps, NationalKind.PROFESSION, doctor.profession, there)
    mails = entry.values("mail")
    if mails and doctor.mail.casefold() not in {each.casefold() for each in mails}:
        yield NationalDifference(doctor.rpps, NationalKind.MAIL, doctor.mail, ", ".join(mails))


def _is_named(name: str, family: str, given: str) -> bool:
    """Whether somebody is called so: his family name whole, a given name or its initial."""
    words = [each for each in fold(name).split() if each not in _TITLES]
    for each in fold(family).split():
        if each not in words:
            return False
        words.remove(each)
    givens = fold(given).split()
    initials = {each[0] for each in givens}
    return not words or not givens or any(each in {*givens, *initials} for each in words)


def _is_called(profession: str, labels: Sequence[str]) -> bool:
    """Whether a word of somebody's profession begins as a word of a label does."""
    stems = {word[:_STEM] for label in labels for word in fold(label).split()}
    return any(word[:_STEM] in stems for word in fold(profession).split() if len(word) >= _STEM)
