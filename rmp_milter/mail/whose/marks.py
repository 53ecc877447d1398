"""Marks that clients put before each line of a quotation: ``>``, ``KB>``, ``|``.

Letters have them too: ``> 3 mm`` where a line broke before it, tables drawn with bars.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto

_ANGLE = re.compile(r"[ \t]*(?:[^\W\d_][\w.]{0,11})?[>＞﹥] ?")
_BAR = re.compile(r"[ \t]*[|│┃][^|│┃]*\Z")
_TWO_BARS = re.compile(r"[ \t]*[|│┃][ \t]*[|│┃>]")
# What is more than something: "> 3 mm", "CRP>100". Longer lines may have been wrapped.
_MORE_THAN = re.compile(r"[ \t]*(?:[^\W\d_][\w.]{0,11})?[>＞﹥] ?=? ?\d[^>＞﹥]{0,50}\Z")


# Signs that some clients, or their users, put before quoted lines; others begin lists with them.
_RARE = re.compile(r"[ \t]*[»›%}#¦+~;:=$&^\\!]{1,3}[ \t]")
_EMPTY = re.compile(r"[\s>＞﹥|│┃]*")


class Mark(Enum):
    """What stands before a line."""

    NONE = auto()
    PERHAPS = auto()
    SURE = auto()


def marks_of(lines: Sequence[str]) -> list[Mark]:
    """Return the mark of each line.

    Where every marked line of the text goes on a sentence as "more than" does, none is sure.
    Nor is one that may close the bracket of an address in the line above.
    """
    marks = [_mark_of(line) for line in lines]
    for at in range(1, len(lines)):
        if marks[at] is Mark.SURE and marks[at - 1] is Mark.NONE and _is_open(lines[at - 1]):
            marks[at] = Mark.PERHAPS
    marked = [at for at, mark in enumerate(marks) if mark is Mark.SURE]
    if all(_is_prose(lines, at) for at in marked):
        for at in marked:
            marks[at] = Mark.PERHAPS
    return marks


def is_empty(line: str) -> bool:
    """Return whether nothing stands behind the marks of a line."""
    return bool(_EMPTY.fullmatch(line))


def unmarked(line: str) -> str:
    """Return the line without its first mark, if it has one."""
    found = _ANGLE.match(line)
    if found:
        return line[found.end() :]
    return re.sub(r"\A[ \t]*[|│┃] ?", "", line) if _BAR.match(line) else line


def _mark_of(line: str) -> Mark:
    if _ANGLE.match(line) or _BAR.match(line):
        return Mark.SURE
    # An empty first cell, or a quoted table where the client marks with bars.
    unsure = _TWO_BARS.match(line) or _RARE.match(line)
    return Mark.PERHAPS if unsure else Mark.NONE


def _is_open(line: str) -> bool:
    return "<" in line[line.rfind(">") + 1 :]


def _is_prose(lines: Sequence[str], at: int) -> bool:
    above = lines[at - 1].strip() if at else ""
    return bool(_MORE_THAN.match(lines[at])) and bool(above) and not above.endswith(":")
