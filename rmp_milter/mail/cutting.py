"""Taking the routing header off a text, the code masked, the letter left behind.

It runs in the keeper, on decrypted text; what it returns as the header is what the milter
may know.
"""

import re
from itertools import takewhile

import msgspec

from rmp_milter.mail.lines import Line, bounded, lines_of
from rmp_milter.mail.words import BEGINNERS, Field

MASK = "••••"  # of one length, whatever the code's
NOT_UNDERSTOOD = "(ligne non comprise)"  # stands for a line whose words are kept back
# "le code est JzbV" in the words of another line.
_CODE_WORDS = re.compile(r"(?<![^\W_])c[oóòôö]d[eéèêë]\b.*", re.IGNORECASE)
_GREETING = 12  # lines before the header, empty ones not counted
# Words that no letter begins with: they belong to the header even behind an empty line.
_LATE = frozenset({Field.CODE, Field.REQUEST, Field.CONSENT})
_STRAY = 3  # lines that may stand between two known ones
_GAP = 2  # empty lines between two lines of a widely spaced header
_CODE_QUOTES = " \t*_\"'“”«»`"
_FREE = frozenset({Field.REASON, Field.DOCUMENT, Field.PRESCRIBER, Field.LETTERS})
_WRAPPED = 40  # characters below which no client wraps a line
_SHORTEST_CODE = 3  # from which on the code is sought in other lines too


class Cut(msgspec.Struct, frozen=True):
    """What :func:`cut` took off a text.

    ``header`` are the lines with the code masked, ``code`` is the code (``""`` if none),
    ``found`` says whether there was a header at all, ``letter`` whether words follow it.
    """

    header: str
    code: str
    found: bool
    letter: bool = False

    def __repr__(self) -> str:
        """Show nothing of the code."""
        return f"Cut(found={self.found})"


def cut(text: str) -> Cut:
    """Take the header off the text: its known lines, up to the empty line behind them.

    A greeting before it, quoting, columns and wide spacing are tolerated. Lines that are
    not known are not repeated (they may be the letter): of ``Mot : valeur`` the word is
    kept, of others a mark. Two codes that differ are both masked and left for
    :func:`rmp_milter.mail.routing.parse` to refuse.
    """
    lines = lines_of(text)
    header, end = _header_lines(lines)
    codes = [line.value.strip(_CODE_QUOTES) for line in header if line.field is Field.CODE]
    given = list(dict.fromkeys(code for code in codes if code))
    code = given[0] if given else ""
    shown = [_shown(line, given) for line in header if line.field is not Field.CODE]
    masked = [f"{Field.CODE} : {MASK}"] * len(given) or [f"{Field.CODE} :"] * bool(codes)
    return Cut(
        header="\n".join([*shown, *masked]),
        code=code,
        found=bool(header),
        letter=_has_words(lines[end:]),
    )


def _has_words(lines: list[Line]) -> bool:
    """Return whether anything is written there before a signature block (``-- ``)."""
    words = takewhile(lambda line: line.word or line.value != "--", lines)
    return any(not line.is_blank for line in words)


def _header_lines(lines: list[Line]) -> tuple[list[Line], int]:
    """Return the header's lines, and where what follows it begins."""
    start = _start(lines)
    if start is None:
        return [], 0
    taken, stray = [lines[start]], list[Line]()
    wide = _gap(lines, start + 1) > 0
    at = end = start + 1
    while at < len(lines):
        line = lines[at]
        if line.is_blank:
            gap = _gap(lines, at)
            if not gap or not (wide or lines[at + gap].field in _LATE):
                break
            at += gap
            continue
        if line.field is not None:
            taken += [*stray, line]
            stray = []
            end = at + 1
        elif _flows_on(taken[-1]) and not line.word and not stray:
            taken[-1] = _continued(taken[-1], line)
            end = at + 1
        elif len(stray) == _STRAY:
            break
        else:
            stray.append(line)
        at += 1
    return taken, end


def _start(lines: list[Line]) -> int | None:
    written = 0
    for at, line in enumerate(lines):
        if line.field in BEGINNERS:
            return at
        written += not line.is_blank
        if written > _GREETING:
            break
    return None


def _gap(lines: list[Line], at: int) -> int:
    """Return how many empty lines stand at ``at`` before a known line; 0 if another way."""
    for gap in range(_GAP + 1):
        if at + gap >= len(lines):
            return 0
        if not lines[at + gap].is_blank:
            return gap if lines[at + gap].field is not None else 0
    return 0


def _flows_on(line: Line) -> bool:
    """Return whether the line was wrapped by a client (RFC 3676), not ended by its author.

    Only long free text is: a blank behind a date is a slip, and what follows the letter.
    """
    return line.flows and line.field in _FREE and len(line.value) >= _WRAPPED


def _continued(line: Line, following: Line) -> Line:
    value = f"{line.value} {following.value}".strip()
    return Line(line.word, value, line.field, following.flows)


def _shown(line: Line, codes: list[str]) -> str:
    if line.field is None:
        return f"{line.word} :" if line.word else NOT_UNDERSTOOD
    value = _CODE_WORDS.sub(f"code {MASK}", bounded(line.value))
    if line.field in _FREE:
        for code in codes:
            value = value.replace(code, MASK) if len(code) >= _SHORTEST_CODE else value
    return f"{line.word} : {value}"
