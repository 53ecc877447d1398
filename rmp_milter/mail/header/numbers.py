"""Numbers of entries as people list them: ``2 et 5 à 7``, ``n°2``, ``2 (compte-rendu radio)``."""

import re

_MOST = 200
_LONGEST = 400
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
