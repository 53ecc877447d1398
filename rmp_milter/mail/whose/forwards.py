"""What was forwarded: the text in a mail whose sender added no more than a greeting."""

from collections.abc import Sequence
from typing import NamedTuple

from rmp_milter.mail.whose.courtesy import Said, said
from rmp_milter.mail.whose.marks import Mark, is_empty, marks_of, unmarked
from rmp_milter.mail.whose.openings import Kind, QuoteOpening, openings
from rmp_milter.mail.whose.words import Whose, Words

_MOST = 20  # mails inside each other
_NEAR = 256  # lines in which the first opening is looked for first
_REACH = 128  # lines: more than an opening is long, and than what follows has a say in it


class Forward(NamedTuple):
    """A text that was forwarded, without what the client wrote above it.

    ``sure`` says that the client names it a forward. It is False where it writes the same
    above an answer, as Outlook does: then the mail's own header must tell the two apart.
    """

    lines: tuple[str, ...]
    sure: bool


def forwarded(words: Words) -> Forward | None:
    """Return the first text with words that was forwarded; None if that is not what it is.

    A forward inside a forward is gone into where the outer one adds nothing but courtesies.
    None for an answer, for a quotation that no client's words open, and for a text beyond
    the bounds. Whether the sender's own words are only a greeting is not looked at
    (:func:`rmp_milter.mail.whose.courtesy.said`).
    """
    lines = _foreign(words) if words.whole else []
    sure = True
    for _ in range(_MOST):
        found = _opened(lines)
        if found is None:
            return None
        opening, section, lines = found
        sure = sure and opening.kind is Kind.FORWARD
        if said(section) is Said.WORDS:
            return Forward(tuple(section), sure)
    return None


def _foreign(words: Words) -> list[str]:
    """Return the lines that are shown from the first foreign one on, without one's own."""
    shown = [line for line in words.lines if line.shown]
    firsts = (at for at, line in enumerate(shown) if line.whose is Whose.FOREIGN)
    first = next(firsts, len(shown))
    rows = [line.text for line in shown[first:] if line.whose is not Whose.OWN]
    # Marks alone are an empty line of what they mark.
    return ["" if is_empty(row) else row for row in rows]


def _opened(lines: list[str]) -> tuple[QuoteOpening, list[str], list[str]] | None:
    """Return a forward's opening, the text up to the next one, and what follows there."""
    rows = _without_empty(_unquoted(lines))
    first, opening = _first_opening(rows)
    if first or opening is None or opening.kind in {Kind.REPLY, Kind.END}:
        return None
    rows = _without_empty(_unquoted(rows[opening.end :]))
    at, _ = _first_opening(rows)
    return opening, rows[:at], rows[at:]


def _first_opening(rows: list[str]) -> tuple[int, QuoteOpening | None]:
    """Return the first opening and its line; the number of lines where there is none.

    The beginning alone is looked at while that tells: all mails inside each other together
    are looked through once.
    """
    window = _NEAR
    while window < len(rows):
        found = openings(rows[:window])
        first = min(found, default=window)
        if first + _REACH < window and found[first].end + _REACH < window:
            return first, found[first]
        window *= 4
    found = openings(rows)
    first = min(found, default=len(rows))
    return first, found.get(first)


def _unquoted(lines: Sequence[str]) -> list[str]:
    """Take one mark off each line, if the first words are marked."""
    marks = marks_of(lines)
    first = next((at for at, line in enumerate(lines) if line.strip()), None)
    if first is None or marks[first] is not Mark.SURE:
        return list(lines)
    return [unmarked(line) for line in lines]


def _without_empty(lines: list[str]) -> list[str]:
    """Return the lines from the first one with words on."""
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    return lines[first:]
