"""Attributions: "Le 12/11/2026 à 10:12, X a écrit :" and what stands for it elsewhere."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rmp_milter.mail.whose.client_words import BEGINS, WROTE

_MOST = 14  # lines of one attribution: clients wrap it, and a name may be as long as one likes
_READ = 1500  # characters at the end of these lines in which it is looked for
_LINE = 600  # characters of one line that are looked at
_BEHIND = 200  # characters that may follow the verb: a name, an address, the day
_ENDS = re.compile(r"[:：][\s*_>»\"-]*\Z")
_WROTE = re.compile(rf"(?<!\w)(?:{WROTE})(?!\w)", re.IGNORECASE)
_ENDS_IN_VERB = re.compile(rf"(?<!\w)(?:{WROTE})[\s*_=-]*\Z", re.IGNORECASE)
_DRAWN_AROUND = re.compile(r"\s*[-=*_]{2,}.*[-=*_]{2,}\s*\Z")
_BEGINS = re.compile(rf"\W{{0,12}}(?:(?:{BEGINS})(?!\w)|\d{{1,4}}[-/. ])", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_ANGLED = re.compile(r"<\s?[^\s<>@]{1,64}@[^\s<>@]{1,255}\s?>")
_HOUR = re.compile(
    r"(?<![\d:/.-])(?:[01]?\d|2[0-3])(?: ?[:：] ?[0-5]\d| ?h(?![^\W\d_]) ?(?:[0-5]\d)?)(?!\d)"
    r"|(?<=, )(?:[01]?\d|2[0-3])\.[0-5]\d(?=,)",
    re.IGNORECASE,
)
_DAY = re.compile(r"(?<!\d)(?:(?:19|20)\d{2}|\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2})?)(?!\d)")
_GOES_ON = re.compile(rf"[^:：]*(?<!\w)(?:{WROTE})\s*[:：]\s*\S", re.IGNORECASE)


class Attribution(NamedTuple):
    """Where an attribution ends (the line behind it), and how sure it is one.

    ``named`` says that an address or a time of day is in it, as no letter has; ``dated``
    that it is one without marks below; ``closed`` that its line ends behind the colon.
    """

    end: int
    named: bool
    dated: bool
    closed: bool = True


def attributions(lines: Sequence[str]) -> dict[int, Attribution]:
    """Return the attributions of a text by the line in which they begin.

    Lines that cannot belong to one are to be empty. Each line is looked at with a bounded
    number of others.
    """
    found: dict[int, Attribution] = {}
    beginnings = _Beginnings(lines)
    for last, line in enumerate(lines):
        if _ENDS.search(line[-20:]) or _ends_without_colon(line[:_LINE]):
            begun = _begin(beginnings, last)
            if begun is not None:
                found[begun] = _attribution(_joined(lines, begun, last), last + 1)
            elif has_address(line[-_LINE:]):
                # "Karim BENALI <benali@exemple.fr> :", or the end of a letter's sentence.
                found[last] = Attribution(last + 1, named=False, dated=True)
        elif _is_drawn(line[:_LINE]):
            found[last] = Attribution(last + 1, named=True, dated=True)
        elif _goes_on(line[:_LINE]):
            found[last] = Attribution(last + 1, named=True, dated=True, closed=False)
    return found


def is_named(text: str) -> bool:
    """Return whether an address or a time of day is in the text."""
    return bool(_ADDRESS.search(text) or has_hour(text))


def has_address(text: str) -> bool:
    """Return whether an address stands in the text in the brackets that clients give it."""
    return bool(_ANGLED.search(text))


def has_hour(text: str) -> bool:
    """Return whether the text says a time of day."""
    return bool(_HOUR.search(text))


def has_day(text: str) -> bool:
    """Return whether the text says a day or a year."""
    return bool(_DAY.search(text))


def _attribution(text: str, end: int) -> Attribution:
    return Attribution(end, named=is_named(text), dated=any(map(str.isdigit, text)))


def _ends_without_colon(line: str) -> bool:
    return bool(_ENDS_IN_VERB.search(line)) and _is_sure_begin(line)


def _is_drawn(line: str) -> bool:
    """Return whether the line is "---- X wrote ----"."""
    return bool(_DRAWN_AROUND.match(line) and _ENDS_IN_VERB.search(line))


def _goes_on(line: str) -> bool:
    """Return whether an attribution stands in the line with text behind its colon."""
    return bool(_BEGINS.match(line) and is_named(line) and _GOES_ON.match(_without_hours(line)))


def _without_hours(line: str) -> str:
    return _HOUR.sub("", line)


class _Beginnings:
    """What the lines of a text may begin, each looked at once."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._looked: dict[int, tuple[bool, bool, bool]] = {}

    def of(self, row: int) -> tuple[bool, bool, bool]:
        """Return whether the line begins as an attribution, says a day, and is one for sure."""
        if row not in self._looked:
            line = self.lines[row]
            begins, has = bool(_BEGINS.match(line)), has_day(line[:_LINE])
            sure = begins and has and _is_sure_begin(line[:_LINE])
            self._looked[row] = begins, has, sure
        return self._looked[row]


def _begin(beginnings: _Beginnings, last: int) -> int | None:
    """Return the line in which an attribution begins that ends in ``last``.

    The nearest that makes it whole, for what stands above may be a header. But a day and an
    hour begin one for sure, and all that follows may be somebody's long name.
    """
    lines = beginnings.lines
    rows = [row for row in _upwards(lines, last) if beginnings.of(row)[0]]
    with_day = [row for row in rows if beginnings.of(row)[1]]
    sure = [row for row in with_day if beginnings.of(row)[2]]
    for first in dict.fromkeys((*sure[-1:], *with_day, *rows)):
        if _is_whole(_joined(lines, first, last)):
            return first
    return _begin_of_undated(lines, last)


def _begin_of_undated(lines: Sequence[str], last: int) -> int | None:
    """Find "X a écrit :", which may be broken inside the verb."""
    line = lines[last][-_LINE:]
    if _says_who(line) and not _WROTE.match(line.strip()):
        return last
    has_more = last > 0 and bool(lines[last - 1].strip())
    if has_more and _says_who(_joined(lines, last - 1, last)):
        return last - 1
    return last if _is_shaped(line) else None


def _upwards(lines: Sequence[str], last: int) -> Iterator[int]:
    """Yield ``last`` and the lines above it, up to an empty one."""
    for row in range(last, max(last - _MOST, -1), -1):
        if not lines[row].strip():
            return
        yield row


def _joined(lines: Sequence[str], first: int, last: int) -> str:
    text = " ".join(lines[row].strip() for row in range(first, last + 1))
    return unicodedata.normalize("NFC", text[-_READ:])


def _is_sure_begin(line: str) -> bool:
    return bool(_BEGINS.match(line)) and has_day(line) and has_hour(line)


def _is_whole(text: str) -> bool:
    """Return whether the text says when, and that somebody wrote (or who, in brackets)."""
    return any(map(str.isdigit, text)) and (_says_who(text) or _is_shaped(text))


def _says_who(text: str) -> bool:
    *_, last = (0, *(found.end() for found in _WROTE.finditer(text)))
    return last > 0 and len(text) - last <= _BEHIND


def _is_shaped(text: str) -> bool:
    """Return whether day, hour and an address in brackets make one, in any language."""
    return has_address(text) and has_hour(text) and has_day(text)
