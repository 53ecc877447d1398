"""By which terms an emergency finds a dossier: what the store's index of terms holds.

A term brings candidates and decides nothing: who is alike is judged by the record itself
(:mod:`rmp_milter.handlers.people.search`). Terms with a year keep a common name small. What
is asked for here is computed from the dossier alone, so that the index can be checked and
made anew.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from rmp_milter.dossier.family_forms import family_forms
from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.phonetics import sound_of
from rmp_milter.dossier.short_references import spoken_references

TERMS_VERSION = 1
"""Counted up when a rule here changes, or a sound; the store then takes a step."""

BEGUN = (3, 4, 5, 6)
"""Letters of a family word's beginnings: what is said brings hardly more than it names."""

GIVEN_BEGUN = (3, 4)
"""Letters of a given word's beginnings, for who is known by it and about an age alone."""

ENDED = 5
"""Letters of an end that are indexed, for two slips in the beginning of a long word."""

LONG_KNOWN = 7  # letters from which on a known word may be two slips from one of nine
HALF = 4  # signs of a reference's half
_MOST_WORDS = 8  # of the birth name, of the name in use and of the given names that count


class TermKind(StrEnum):
    """What a term is made of; the values are part of the store's format."""

    SOUND = "sound"  # the phonetic form of a family word, with the year of birth
    WORD = "word"  # a family word, whole
    BEGINS = "begins"  # its first 3, 4, 5 and 6 letters, with the year
    ENDS = "ends"  # the last 5 letters of a family word of 7 and more, with the year
    BOTH = "both"  # the sounds of a family word and of the first given word
    GIVEN = "given"  # the first 3 letters of a given word, and its first 4, with the year
    BORN = "born"  # the day of birth
    REFERENCE = "reference"  # the short reference as spoken, in both forms that lists used
    REF_HEAD = "reference head"  # the first 4 signs behind its D
    REF_TAIL = "reference tail"  # the last 4


class Term(msgspec.Struct, frozen=True):
    """One term; ``year`` is 0 where the kind has none."""

    kind: TermKind
    token: str
    year: int = 0


def terms_of(dossier: Dossier) -> frozenset[Term]:
    """Return all terms that lead to the dossier: none to a closed one.

    Family words are those of the birth name and of the name in use, without particles, and
    neighbours written as one. Names of many words are indexed by the first eight of each, so
    that there are at most some hundreds of terms, and sixteen or so of most dossiers.
    """
    if dossier.closure is not None:
        return frozenset()
    return frozenset((*_of_names(dossier), *_of_references(dossier.dossier_id)))


def family_words_of(dossier: Dossier) -> frozenset[str]:
    """Return the tokens of the dossier's terms of the kind ``word``."""
    return frozenset() if dossier.closure is not None else frozenset(_family_words(dossier))


def both_sounds(family: str, given: str) -> Term:
    """Return the term of a family word and the first given word together."""
    return Term(TermKind.BOTH, f"{sound_of(family)} {sound_of(given)}")


def beginnings(word: str, sizes: Sequence[int]) -> tuple[str, ...]:
    """Return the beginnings of a word that are indexed, the longest last; a short word is one."""
    return tuple(dict.fromkeys(word[:size] for size in sizes))


def _of_names(dossier: Dossier) -> Iterator[Term]:
    patient = dossier.patient
    begun = patient.birth_date[:4]
    year = int(begun) if begun.isdecimal() else 0  # a record is checked, whatever it says
    given = _words(patient.first_names)
    for form in _family_words(dossier):
        yield from _of_form(form, year)
        yield from (both_sounds(form, first) for first in given[:1])
    for word in given:
        yield from (Term(TermKind.GIVEN, each, year) for each in beginnings(word, GIVEN_BEGUN))
    yield Term(TermKind.BORN, patient.birth_date)


def _family_words(dossier: Dossier) -> Iterator[str]:
    names = dossier.patient.birth_name, dossier.sheet.used_name
    return family_forms([word for name in names for word in _words(name)])


def _of_form(form: str, year: int) -> Iterator[Term]:
    yield Term(TermKind.WORD, form)
    yield Term(TermKind.SOUND, sound_of(form), year)
    yield from (Term(TermKind.BEGINS, begun, year) for begun in beginnings(form, BEGUN))
    if len(form) >= LONG_KNOWN:
        yield Term(TermKind.ENDS, form[-ENDED:], year)


def _of_references(dossier_id: bytes) -> Iterator[Term]:
    now, before = spoken_references(dossier_id)
    yield Term(TermKind.REFERENCE, now)
    yield Term(TermKind.REFERENCE, before)
    yield Term(TermKind.REF_HEAD, now[-2 * HALF : -HALF])
    yield Term(TermKind.REF_TAIL, now[-HALF:])


def _words(names: str) -> list[str]:
    return fold(names).split()[:_MOST_WORDS]
