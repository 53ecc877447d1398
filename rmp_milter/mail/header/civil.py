"""Names and dates of birth as people write them in a line.

Nothing is guessed: what can be read in two ways is not read.
"""

import re
import unicodedata
from datetime import date

from rmp_milter.dossier.identity import fold

_OLDEST = 130  # years that a patient may be old
_OLDEST_SHORT = 115  # the same where the year has two digits only
_NUMBERS = re.compile(r"(\d{1,2})[ ./-](\d{1,2})[ ./-](\d{4}|\d{2})", re.ASCII)
_ISO = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})", re.ASCII)
_WORDS = re.compile(r"(\d{1,2})(?:er|ER|ᵉʳ)? +([^\W\d_]{3,9})\.? +(\d{4}|\d{2})")
_PLACE = re.compile(r"\s+(?:à|a|in)\s+[^\d]*$", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:18|19|20)\d{2}(?!\d)", re.ASCII)
_AGE = re.compile(r"(?<![\d/.-])(\d{1,3})(?![\d/.-])", re.ASCII)
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

_CIVILITIES = frozenset({"M", "MR", "MME", "MLLE", "MONSIEUR", "MADAME", "MADEMOISELLE"})
_PARTICLES = frozenset(
    {
        *("de", "du", "des", "d'", "la", "le", "les", "l'", "von", "van", "den", "der", "ten"),
        *("dos", "da", "do", "di", "del", "della", "ben", "bin", "el", "al", "y", "zu", "vom"),
    }
)
_NAME_SIGNS = frozenset(" -'’.,‐‑")


def birth_date(value: str, this_year: int) -> str:
    """Return the date as ``YYYY-MM-DD``, or ``""`` if it cannot be read with certainty.

    Accepted: day first with ``/``, ``.``, ``-`` or spaces, ISO, month in words; a place
    behind it (``à Lyon``). Two digits of a year are read only if one century is possible.
    """
    text = _PLACE.sub("", value.strip()).strip(" .")
    if found := _ISO.fullmatch(text):
        return _iso(int(found[1]), int(found[2]), int(found[3]), this_year)
    if found := _NUMBERS.fullmatch(text):
        return _iso(_year(found[3], this_year), int(found[2]), int(found[1]), this_year)
    if found := _WORDS.fullmatch(text):
        month = _MONTH_OF.get(fold(found[2]), 0)
        return _iso(_year(found[3], this_year), month, int(found[1]), this_year)
    return ""


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
    middle = this_year - int(found[1])
    return middle - wide, middle + wide


def day(value: str, this_year: int) -> str:
    """Return a day of these years as ``YYYY-MM-DD``, next year included, or ``""``.

    The forms of :func:`birth_date`; two digits of a year are of this century.
    """
    text = value.strip(" .")
    if found := re.fullmatch(r"(.*[ ./-])(\d{2})", text):
        text = f"{found[1]}{this_year // 100}{found[2]}" if not _ISO.fullmatch(text) else text
    return birth_date(text, this_year + 1)


def split_name(value: str) -> tuple[str, str] | None:
    """Return birth name and first names of ``DUPONT Jean``, or None if that is not clear.

    Capitals tell the name; a comma after it does too; without either, two words are name
    and first name. One word alone is the name.
    """
    words = _without_civility(value.split())
    text = " ".join(words)
    by_case = _by_case(words)
    if by_case is not None:
        return by_case
    name, comma, given = text.partition(",")
    if comma and name.strip() and "," not in given:
        return name.strip(), given.strip()
    if len(words) <= 2 and _one_case(words):  # noqa: PLR2004 -- NOM Prénom
        return (words[0] if words else ""), " ".join(words[1:])
    return None


def is_name(value: str) -> bool:
    """Return whether these may be names: Latin letters and the signs that join them.

    Letters of other scripts that look Latin would make another patient of the same one.
    """
    return any(map(str.isalpha, value)) and all(map(_is_name_sign, value))


def _is_name_sign(sign: str) -> bool:
    if sign in _NAME_SIGNS or unicodedata.category(sign) == "Mn":
        return True
    return sign.isalpha() and unicodedata.name(sign, "").startswith("LATIN ")


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


def _without_civility(words: list[str]) -> list[str]:
    return (
        words[1:] if len(words) > 1 and words[0].rstrip(".").upper() in _CIVILITIES else words
    )


def _by_case(words: list[str]) -> tuple[str, str] | None:
    """Split where capitals begin or end; None where they do not tell."""
    capitals = _capitals(words)
    if all(capitals) or not any(capitals):
        return None
    first, last = capitals.index(True), len(capitals) - capitals[::-1].index(True)
    if not all(capitals[first:last]) or (first > 0 and last < len(words)):
        return None
    given = words[:first] or words[last:]
    name = " ".join(words[first:last]).strip(",").strip()
    return name, " ".join(given).strip(",").strip()


def _capitals(words: list[str]) -> list[bool]:
    """Mark the words of the name; a particle before capitals belongs to them."""
    marks = [_is_capital(word) for word in words]
    for at in range(len(words) - 2, -1, -1):
        if words[at].lower().replace("’", "'") in _PARTICLES and words[at].islower():
            marks[at] = marks[at + 1]
    return marks


def _is_capital(word: str) -> bool:
    bare = re.sub(r"^(?:[dl]['’]|Mc|Mac|O['’])(?=[^\W\d_]{2})", "", word).strip(",")
    return bare.upper() == bare and any(map(str.isalpha, bare)) and bare != bare.lower()


def _one_case(words: list[str]) -> bool:
    return not words or all(_is_capital(word) == _is_capital(words[0]) for word in words)
