"""Under which terms to look for the words that were said.

They bring everybody who may fit, and some who do not: nothing is decided here.
"""

from collections.abc import Iterable, Iterator, Sequence
from string import ascii_uppercase

from rmp_milter.dossier.nearness import one_slip_away
from rmp_milter.dossier.phonetics import sound_of
from rmp_milter.dossier.search_terms import (
    BEGUN,
    ENDED,
    GIVEN_BEGUN,
    Term,
    TermKind,
    beginnings,
    both_sounds,
)
from rmp_milter.handlers.people.names_said import LONG, TYPED, WORD

FIRST_YEAR = 1900
"""Nobody alive was born before it."""


def outward(years: tuple[int, int]) -> list[int]:
    """Return the years from the middle one outwards."""
    return around(range(years[0], years[1] + 1), years)


def around(some: Iterable[int], years: tuple[int, int]) -> list[int]:
    """Return some years, those that are near to the middle of ``years`` first."""
    return sorted(some, key=lambda year: abs(2 * year - sum(years)))


def words(forms: Iterable[str]) -> Iterator[Term]:
    """Yield the terms of family words, whole."""
    return (Term(TermKind.WORD, form) for form in forms)


def sounds(forms: Iterable[str], years: Sequence[int]) -> Iterator[Term]:
    """Yield those of their sounds: who bears a word, or one that sounds alike."""
    each = dict.fromkeys(sound_of(form) for form in forms)
    return (Term(TermKind.SOUND, sound, year) for year in years for sound in each)


def both(forms: Iterable[str], given: Sequence[str]) -> Iterator[Term]:
    """Yield those of a family word and a first given word, each with each."""
    return iter(dict.fromkeys(both_sounds(form, word) for form in forms for word in given))


def begun(forms: Iterable[str], years: Sequence[int]) -> Iterator[Term]:
    """Yield those of family words that begin so."""
    tokens = [beginnings(form, BEGUN)[-1] for form in forms if len(form) >= WORD]
    return _in_years(TermKind.BEGINS, tokens, years)


def begun_nearly(forms: Iterable[str], years: Sequence[int]) -> Iterator[Term]:
    """Yield the short beginnings of long words, for two slips behind them."""
    tokens = [beginnings(form, BEGUN[:2])[-1] for form in forms if len(form) >= LONG]
    return _in_years(TermKind.BEGINS, tokens, years)


def ends(forms: Iterable[str], years: Sequence[int]) -> Iterator[Term]:
    """Yield the ends of long words, for two slips before them."""
    tokens = [form[-ENDED:] for form in forms if len(form) >= LONG]
    return _in_years(TermKind.ENDS, tokens, years)


def given_names(said: Iterable[str], years: Sequence[int]) -> Iterator[Term]:
    """Yield those of given words that are these or begin so."""
    tokens = [beginnings(word, GIVEN_BEGUN)[-1] for word in said]
    return _in_years(TermKind.GIVEN, tokens, years)


def a_slip_away(forms: Iterable[str]) -> Iterator[str]:
    """Yield all words that are one slip away from these, where these are long enough."""
    long_enough = (form for form in forms if len(form) >= TYPED)
    near = (one_slip_away(form, ascii_uppercase) for form in long_enough)
    return iter(dict.fromkeys(word for some in near for word in sorted(some)))


def _in_years(kind: TermKind, tokens: Iterable[str], years: Sequence[int]) -> Iterator[Term]:
    each = dict.fromkeys(tokens)
    return (Term(kind, token, year) for year in years for token in each)
