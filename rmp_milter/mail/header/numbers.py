"""Numbers of entries as people list them: ``2 et 5 à 7``, ``n°2``, ``2 (compte-rendu radio)``.

The mark of the index that they were read from stands behind them, ``5, 7 (table K7QXM)``, or
in a line of its own. Any word in its place is taken as one: a mark that is no table's is
asked back about, and never dropped.
"""

import re

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import Field

_MOST = 200
_LONGEST = 400
_LONGEST_MARK = 20
_BESIDE = re.compile(
    r"[\s,;(\[]*\b(?:de\s+la\s+|from\s+(?:the\s+)?)?table\b(?P<mark>.*)",
    re.IGNORECASE | re.DOTALL,
)
_REMARK = re.compile(r"\([^()\d]*\)")
_BEFORE = re.compile(
    r"(?:les? |the )?(?:n° ?|nº ?|n\. ?|no\.? |nos? |num[ée]ros? |documents? |entr[ée]es? )+",
    re.IGNORECASE,
)
_FROM_TO = re.compile(r"\bdu (\d+) au (\d+)\b|\bde (\d+) à (\d+)\b", re.IGNORECASE)
_TO = re.compile(r"\s*(?:-|–|—|‑|‐|\bà\b|\bau\b|\bjusqu'à\b|\bto\b)\s*", re.IGNORECASE)
_PART = re.compile(r"\s*[,;/]\s*(?:et |and )?|\s+(?:(?:et|and|&|puis) )?", re.IGNORECASE)
_RANGE = re.compile(r"([1-9]\d{0,5})(?:-([1-9]\d{0,5}))?", re.ASCII)


def listed(value: str) -> tuple[int, ...]:
    """Return the numbers of a list in order, without doubles; nothing if it is none.

    ``3-5``, ``3 à 5`` and ``du 3 au 5`` are 3, 4, 5; words in brackets are a remark.
    """
    text = " ".join(_REMARK.sub(" ", value[:_LONGEST]).split()).strip(" .,;")
    text = _BEFORE.sub("", text)
    text = _FROM_TO.sub(lambda found: "-".join(filter(None, found.groups())), text)
    found: dict[int, None] = {}
    for part in _PART.split(_TO.sub("-", text)):
        span = _RANGE.fullmatch(part)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if not 0 <= last - first < _MOST:
            return ()
        found |= dict.fromkeys(range(first, last + 1))
    return tuple(found) if len(found) <= _MOST else ()


def table_apart(value: str) -> tuple[str, str]:
    """Return the numbers' value without the table behind them, and its mark.

    A slot for the mark that nobody filled in is none: who sees all needs no mark, and
    anybody else is asked for it. A mark that says nothing is ``-``, which is no table's.
    """
    found = _BESIDE.search(value)
    if found is None:
        return value, ""
    numbers = value[: found.start()]
    if is_slot(Field.TABLE, found["mark"].strip(" )")):
        return numbers, ""
    return numbers, table_mark(found["mark"]) or "-"


def table_mark(value: str) -> str:
    """Return a mark as it is compared: capitals and digits alone, in bounds."""
    return "".join(fold(value).split())[:_LONGEST_MARK]
