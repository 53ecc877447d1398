"""Dates of birth, ages and days as people write them in a line.

Nothing is guessed: what can be read in two ways is not read.
"""

import re
from datetime import date
from typing import NamedTuple

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.once import remembered

_OLDEST = 130  # years that a patient may be old
_OLDEST_SHORT = 115  # the same where the year has two digits only
_LONGEST = 120  # characters of a date with all that people write behind it
_BETWEEN = r"(?: ?[./-] ?| )"
_NUMBERS = re.compile(
    rf"(\d{{1,2}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{4}}|\d{{2}})(?!\d)", re.ASCII
)
_ISO = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})(?!\d)", re.ASCII)
_WORDS = re.compile(
    rf"(\d{{1,2}})(?:er|ER|ᵉʳ)?{_BETWEEN}([^\W\d_]{{3,9}})\.?{_BETWEEN}(\d{{4}}|\d{{2}})(?!\d)"
)
_HYPHENS = re.compile("[\u2010-\u2015\u2212]")
_DAYS = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_DAYS_EN = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_BEFORE = re.compile(
    rf"(?:le |on |the )?(?:(?:{_DAYS}|{_DAYS_EN}),? (?:le )?)?(?=\d)", re.IGNORECASE
)
_TAIL = re.compile(r"[,;()\[\]]| [-/] ")
_PLACE = re.compile(
    r"(?:à|a|au|aux|in) ([^\W\d_][^\d]*?)(?: ?\d{1,2}(?:er|e|è|ème|eme)?)?(?: \d{2,5}| 2[ab])?",
    re.IGNORECASE,
)
_REGION = re.compile(r"\d{2,5}|2[ab]|\d{1,2}(?:er|e|ème|eme)", re.IGNORECASE)
_PLACE_WORDS = 5
_PLACE_PARTICLES = frozenset(
    {
        *("de", "du", "des", "la", "le", "les", "sur", "sous", "en", "et", "lès", "près"),
        *("d'", "l'", "of", "the"),
    }
)
_SEX = re.compile(
    r"(?:sexe ?:? ?)?(?:[mfh]|homme|femme|masculin|féminin|male|female)", re.IGNORECASE
)
_STATED_AGE = re.compile(
    r"(?:soit |âgée? de |age ?:? ?|âge ?:? ?|aged )?(\d{1,3}) ?"
    r"(ans?|years?(?: old)?|yo|mois|months?|semaines?|weeks?|jours?|days?|j)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:18|19|20)\d{2}(?!\d)", re.ASCII)
_AGE = re.compile(r"(?<![\d/.-])(\d{1,3})(?![\d/.-])", re.ASCII)
_IN_MONTHS = re.compile(r"\d ?(?:mois|months?|semaines?|weeks?|jours?|days?)\b", re.IGNORECASE)
_ABOUT = re.compile(r"vers|environ|approx|env\.|about|circa|~|\?", re.IGNORECASE)
_MONTHS = (
    ("JANVIER", "JANV", "JAN", "JANUARY"),
    ("FEVRIER", "FEVR", "FEV", "FEBRUARY", "FEB"),
    ("MARS", "MAR", "MARCH"),
    ("AVRIL", "AVR", "APRIL", "APR"),
    ("MAI", "MAY"),
    ("JUIN", "JUN", "JUNE"),
    ("JUILLET", "JUIL", "JUL", "JULY"),
    ("AOUT", "AOU", "AUGUST", "AUG"),
    ("SEPTEMBRE", "SEPT", "SEP", "SEPTEMBER"),
    ("OCTOBRE", "OCT", "OCTOBER"),
    ("NOVEMBRE", "NOV", "NOVEMBER"),
    ("DECEMBRE", "DEC", "DECEMBER"),
)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, 1) for word in words}
_MONTHS_OF_UNIT = {"A": 12.0, "Y": 12.0, "M": 1.0, "S": 0.23, "W": 0.23, "J": 0.033, "D": 0.033}


class _Written(NamedTuple):
    """A date as it is written: year's digits, month, day, and the ages behind it."""

    year: str
    month: int
    day: int
    ages: tuple[tuple[int, str], ...] = ()


def birth_date(value: str, this_year: int) -> str:
    """Return the date as ``YYYY-MM-DD``, or ``""`` if it cannot be read with certainty.

    Accepted: day first with ``/``, ``.``, ``-`` or spaces, ISO, month in words; a weekday
    before it; behind it a place (``à Lyon``, ``à Paris (75)``), the sex and an age that fits.
    Two digits of a year are read only if one century is possible.
    """
    written = _written(value)
    if written is None or _contradicts(written, this_year):
        return ""
    return _iso(_year(written.year, this_year), written.month, written.day, this_year)


def age_contradicts(value: str, this_year: int) -> bool:
    """Return whether the age behind a date is not that of who was born on it."""
    written = _written(value)
    return written is not None and _contradicts(written, this_year)


def is_date(value: str) -> bool:
    """Return whether the value has the form of a date of birth, with what may stand behind it."""
    return _written(value) is not None


def as_written(value: str) -> str:
    """Return ``YYYY-MM-DD``, or ``YY-MM-DD`` as it is written, for comparing; ``""`` if no date."""
    written = _written(value)
    return f"{written.year}-{written.month:02}-{written.day:02}" if written else ""


def birth_years(born: str, age: str, this_year: int) -> tuple[int, int] | None:
    """Return the first and last year in which somebody may be born, or None if unsaid.

    For emergencies: ``born`` may be ``1959``, ``vers 1959``, ``01/1959`` or a whole date,
    ``age`` ``65``, ``65 ans`` or ``environ 65 ans``. What is said to be about is taken
    widely: two years about a year, five about an age.
    """
    if exact := birth_date(born, this_year):
        return int(exact[:4]), int(exact[:4])
    about = _ABOUT.search(born) is not None
    years = [int(found) for found in _YEAR.findall(born)]
    if len(years) == 1 and this_year - _OLDEST <= years[0] <= this_year:
        return (years[0] - 2, years[0] + 2) if about else (years[0], years[0])
    found = _AGE.search(age or born)
    if found is None or int(found[1]) > _OLDEST:
        return None
    wide = 5 if _ABOUT.search(age or born) else 1
    in_months = _IN_MONTHS.search(age or born)
    middle = this_year - (int(found[1]) // 12 if in_months else int(found[1]))
    if in_months:
        return middle - 1, this_year
    return middle - wide, middle + wide


def day(value: str, this_year: int) -> str:
    """Return a day of these years as ``YYYY-MM-DD``, next year included, or ``""``.

    The forms of :func:`birth_date`; two digits of a year are of this century.
    """
    text = value.strip(" .")
    if found := re.fullmatch(r"(.*[ ./-])(\d{2})", text):
        text = f"{found[1]}{this_year // 100}{found[2]}" if not _ISO.fullmatch(text) else text
    return birth_date(text, this_year + 1)


@remembered
def _written(value: str) -> _Written | None:
    if len(value) > _LONGEST:
        return None
    text = " ".join(_HYPHENS.sub("-", value).strip(" .").split())
    if before := _BEFORE.match(text):
        text = text[before.end() :]
    found = _date_at_start(text)
    if found is None:
        return None
    written, rest = found
    ages = _ages_in(rest)
    return None if ages is None else written._replace(ages=ages)


def _date_at_start(text: str) -> tuple[_Written, str] | None:
    if found := _ISO.match(text):
        return _Written(found[1], int(found[2]), int(found[3])), text[found.end() :]
    if found := _NUMBERS.match(text):
        return _Written(found[3], int(found[2]), int(found[1])), text[found.end() :]
    if found := _WORDS.match(text):
        month = _MONTH_OF.get(fold(found[2]), 0)
        if month:
            return _Written(found[3], month, int(found[1])), text[found.end() :]
    return None


def _ages_in(rest: str) -> tuple[tuple[int, str], ...] | None:
    """Return the ages that stand behind a date; None if anything else than is known does."""
    ages, placed = list[tuple[int, str]](), False
    for phrase in (part.strip(" .") for part in _TAIL.split(rest)):
        if found := _STATED_AGE.fullmatch(phrase):
            ages.append((int(found[1]), found[2]))
        elif (place := _PLACE.fullmatch(phrase)) and _is_place(place[1]):
            placed = True
        elif phrase and not _SEX.fullmatch(phrase) and not (placed and _is_region(phrase)):
            return None
    return tuple(ages)


def _is_region(phrase: str) -> bool:
    return bool(_REGION.fullmatch(phrase)) or _is_place(phrase)


def _is_place(name: str) -> bool:
    """Return whether these words may be a place, not more of a sentence."""
    words = name.split()
    if (
        len(words) > _PLACE_WORDS
        or not words
        or _ABOUT.search(name)
        or not words[0][0].isalpha()
    ):
        return False
    proper = all(word[:1].isupper() or word.lower() in _PLACE_PARTICLES for word in words)
    return proper or len(words) == 1


def _contradicts(written: _Written, this_year: int) -> bool:
    """Return whether nobody born then has that age on any day of the year."""
    year = _year(written.year, this_year)
    if not year:
        return False
    oldest = (this_year - year) * 12 + 12 - written.month  # in months, as the year ends
    for number, unit in written.ages:
        months = _MONTHS_OF_UNIT[fold(unit)[0]]
        about = 0 if months > 1 else 1
        if number * months > oldest + about or (number + 1) * months < oldest - 11 - about:
            return True
    return False


def _iso(year: int, month: int, day: int, this_year: int) -> str:
    if not this_year - _OLDEST <= year <= this_year:
        return ""
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _year(digits: str, this_year: int) -> int:
    """Return the year, or 0 if two digits leave two centuries open."""
    if len(digits) > 2:  # noqa: PLR2004 -- all its digits are there
        return int(digits)
    century = this_year - this_year % 100
    possible = [
        year
        for year in (century + int(digits), century - 100 + int(digits))
        if this_year - _OLDEST_SHORT <= year <= this_year
    ]
    return possible[0] if len(possible) == 1 else 0
