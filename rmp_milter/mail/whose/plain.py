"""Plain text as lines: blanks of one kind, unseen signs dropped, flowed lines joined."""

import re
from collections.abc import Iterator

from rmp_milter.mail.header.words import field_of
from rmp_milter.mail.whose.blocks import roles_of
from rmp_milter.mail.whose.openings import openings
from rmp_milter.mail.whose.seen import Page, SeenLine
from rmp_milter.mail.whose.words import MAX_LINES, MAX_TEXT

_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_LINE_END = re.compile("\r{0,2}\n")
_OTHER_ENDS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")  # a client marks none of its own
_MARKS = re.compile(r"(?:[ \t]*[\w.-]{0,24}[>＞﹥]|[ \t]*\|)*[ \t]?")
_FLOWED_MARKS = re.compile(r"(?:> ?)*")
_WORD = re.compile(r"[\s*_-]*([^\W\d_][^:：=]{0,39})[:：=]")


def read(text: str, *, flowed: bool = False, delsp: bool = False) -> Page:
    """Return the text's lines; ``flowed`` and ``delsp`` as its Content-Type says (RFC 3676)."""
    text, rest = _bounded(text)
    plain = one_kind(text)
    if "\n" not in plain.strip("\n"):
        plain = _OTHER_ENDS.sub("\n", plain)
    rows = _LINE_END.split(plain, maxsplit=MAX_LINES)
    left = [*rows[MAX_LINES:], rest]
    rows = _unflowed(rows[:MAX_LINES], delsp=delsp) if flowed else rows[:MAX_LINES]
    lines = [seen for row in rows for seen in _pieces(row)]
    left = [*(seen.text for seen in lines[MAX_LINES:]), *left]
    return Page(lines[:MAX_LINES], "\n".join(filter(None, left)))


def one_kind(text: str) -> str:
    """Return the text with each blank a space (tabs stay) and without signs that nobody sees."""
    return _UNSEEN.sub("", _BLANKS.sub(" ", text))


def _bounded(text: str) -> tuple[str, str]:
    """Cut the text at a line's end within the bounds; a line that is too long is all left."""
    if len(text) <= MAX_TEXT:
        return text, ""
    end = max(text.rfind("\n", 0, MAX_TEXT), text.rfind("\r", 0, MAX_TEXT)) + 1
    return text[:end], text[end:]


def _pieces(row: str) -> Iterator[SeenLine]:
    """Split at signs that end a line for readers, and for no client that marks lines.

    What follows such a sign bears the marks of its line.
    """
    first, *others = _OTHER_ENDS.split(row)
    yield SeenLine(first)
    found = _MARKS.match(first)
    marks = found[0] if found and found[0].strip() else ""
    for other in others:
        yield SeenLine(marks + other, soft=True)


def _unflowed(rows: list[str], *, delsp: bool) -> list[str]:
    """Join lines that a client broke, each to the next one that is quoted as deeply."""
    joined: list[list[str]] = []
    depth_before = -1  # of a line that goes on
    for row in rows:
        depth, text = _depth(row)
        if depth == depth_before and not _begins_anew(text):
            joined[-1].append(text)
        else:
            joined.append(["> " * depth, text])
        goes_on = text.endswith(" ") and text != "-- "
        depth_before = depth if goes_on else -1
        if goes_on and delsp:
            joined[-1][-1] = text[:-1]
    return ["".join(pieces) for pieces in joined]


def _depth(row: str) -> tuple[int, str]:
    """Return how deeply the line is quoted, and its text without stuffing."""
    found = _FLOWED_MARKS.match(row)
    marks = found[0] if found else ""
    text = row[len(marks) :]
    return marks.count(">"), text.removeprefix(" ")


def _begins_anew(text: str) -> bool:
    """Return whether the line is none that another flows into, whatever its blank says.

    A blank behind a value is a slip, and what opens a quotation is never more of own words.
    """
    found = _WORD.match(text)
    if text == "-- " or (found and field_of(found[1])) or roles_of(text):
        return True
    return any(not opening.only_marks for opening in openings([text]).values())
