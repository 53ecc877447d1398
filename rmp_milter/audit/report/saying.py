"""Numbers, moments and names as the report says them, in either language."""

import unicodedata
from datetime import UTC, datetime

from rmp_milter.pdf.type_case import NO_BREAK, escaped
from rmp_milter.phrases.phrase import Language

MOST = 80
"""Characters of a name that somebody else chose."""

_MONTHS = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
        *("septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
}


def percent(part: int, whole: int) -> str:
    """Return a share, rounded down: what is not all is never called all."""
    return f"{100 * part // whole}{NO_BREAK}%" if whole else "-"


def month_in_words(first: int, language: Language) -> str:
    """Return the month that begins at ``first``."""
    at = datetime.fromtimestamp(first, UTC)
    return f"{_MONTHS[language][at.month - 1]} {at.year}"


def moment_in_words(at: int, language: Language) -> str:
    """Return a moment (epoch seconds) in words, universal time."""
    when = datetime.fromtimestamp(at, UTC)
    day, month = when.day, _MONTHS[language][when.month - 1]
    if language == "fr":
        which = "1er" if day == 1 else str(day)
        return f"{which} {month} {when.year} à {when:%H}{NO_BREAK}h{NO_BREAK}{when:%M} (UTC)"
    return f"{day} {month} {when.year}, {when:%H:%M} (UTC)"


def moment_in_table(at: int) -> str:
    """Return a moment in figures; a question mark for one that no calendar has."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "?"


def iso(at: int) -> str:
    """Return a moment as options take it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tame(name: str, most: int = MOST) -> str:
    """Return a name that somebody else chose: one line, cut, nothing in it that steers a reader.

    What is not seen, or turns the direction of writing, is told by its number.
    """
    composed = unicodedata.normalize("NFC", name[: 4 * most])
    shown = "".join(each if each.isprintable() else escaped(each) for each in composed)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
