"""Finding a patient of whom little is known, for emergencies only.

An unconscious patient carries no number: some words of a name and about an age must be
enough for a short list to choose from.
"""

import hashlib
from base64 import b32encode
from collections.abc import Iterable

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.spoken import reference, signs_of, spoken

SHORT_LIST = 10
_SIGNS = 8  # of a reference
_WORD = 3  # letters from which on the beginning of a word counts


def short_list(
    names: str, years: tuple[int, int] | None, dossiers: Iterable[Dossier]
) -> tuple[Dossier, ...]:
    """Return the open dossiers that resemble most what is known, at most ten, best first.

    A word of the family name (by birth or in use) must fit, whole or by its beginning;
    given names and the year of birth put one before another. Someone whose year does not
    fit is left out, unless no year of anybody does: the age was guessed then.
    """
    words = fold(names).split()
    found = [
        (_likeness(words, dossier), _born_within(years, dossier), dossier)
        for dossier in dossiers
        if dossier.closure is None
    ]
    alike = [each for each in found if each[0]]
    fitting = [each for each in alike if each[1]] or alike
    fitting.sort(key=lambda each: (-each[0], each[2].patient.birth_date, each[2].dossier_id))
    return tuple(dossier for _, _, dossier in fitting[:SHORT_LIST])


def _likeness(words: list[str], dossier: Dossier) -> int:
    """Return how many of the words fit, 0 unless one is of the family name."""
    patient = dossier.patient
    family = fold(f"{patient.birth_name} {dossier.sheet.used_name}").split()
    given = fold(patient.first_names).split()
    if not any(_fits(word, each) for word in words for each in family):
        return 0
    return sum(any(_fits(word, each) for each in (*family, *given)) for word in words)


def _fits(word: str, known: str) -> bool:
    return word == known or (len(word) >= _WORD and known.startswith(word))


def _born_within(years: tuple[int, int] | None, dossier: Dossier) -> bool:
    if years is None:
        return True
    return years[0] <= int(dossier.patient.birth_date[:4]) <= years[1]


def short_reference(dossier_id: bytes) -> str:
    """Return what a doctor types to choose from a short list, such as ``D-7QX3-MZBK``."""
    number = int.from_bytes(hashlib.sha256(b"rmp short list" + dossier_id).digest())
    return reference("D", signs_of(number, _SIGNS))


def chosen_by(typed: str, dossiers: Iterable[Dossier]) -> tuple[Dossier, ...]:
    """Return the open dossiers that the reference names, in whatever form it is typed.

    More than one is possible and never settled here: eight signs are no identifier.
    """
    wanted = spoken(typed)
    return tuple(
        dossier
        for dossier in dossiers
        if dossier.closure is None and wanted in _references(dossier.dossier_id)
    )


def _references(dossier_id: bytes) -> tuple[str, str]:
    """Return the reference as it is said, and as lists before this version said it.

    A list lies in a mailbox, and may be answered after the service was brought up to date.
    """
    before = b32encode(hashlib.sha256(dossier_id).digest())[:_SIGNS].decode()
    return spoken(short_reference(dossier_id)), f"D{before}"
