"""Where somebody else's words begin in a text: dividers, attributions, header blocks."""

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.whose.attributions import Attribution, attributions
from rmp_milter.mail.whose.blocks import Roles, block_under, blocks, roles_of
from rmp_milter.mail.whose.client_words import DATED, ENDED, FORWARDED, ORIGINAL
from rmp_milter.mail.whose.words import Whose

_LONGEST = 200  # characters of a divider
_DRAWN = re.compile(r"\s*[-_=*~‐-―]{2,}[^\S\n]*(?=[^\W_\"])")
_DRAWN_WORD = re.compile(r"[-_=*~‐-―]{3,}?\s*\w")
_DRAWN_END = re.compile(r"[-_=*~‐-―]{3}\Z")
_RULE = re.compile(r"\s*[-_=*‐-―]{10,}\s*\Z")
_DIVIDER = re.compile(
    rf"(?P<forwarded>{FORWARDED})|(?P<original>{ORIGINAL})|(?P<dated>{DATED})|(?P<ended>{ENDED})"
)


class Kind(Enum):
    """What a client meant to do with the words that follow."""

    REPLY = auto()
    FORWARD = auto()
    EITHER = auto()  # Outlook writes the same above both
    END = auto()  # of what was forwarded


class QuoteOpening(NamedTuple):
    """Lines that a client wrote above somebody else's words, up to ``end`` (exclusive).

    ``below`` is what follows without marks. With ``only_marks`` it is an opening only where
    marks follow. ``closed`` is False where the line goes on behind the opening.
    """

    kind: Kind
    end: int
    below: Whose
    only_marks: bool = False
    closed: bool = True


def openings(lines: Sequence[str], ruled: Sequence[int] = ()) -> dict[int, QuoteOpening]:
    """Return the openings of a text by the line in which they begin.

    Lines that cannot belong to one (marked, not shown) are to be empty; ``ruled`` are those
    above which HTML draws a line. The time is linear in the size of the text.
    """
    roles = [roles_of(line) for line in lines]
    found = {at: _written(each) for at, each in attributions(lines).items()}
    for at, block in blocks(lines, roles).items():
        below = Whose.FOREIGN if block.sure else Whose.DOUBTFUL
        found[at] = QuoteOpening(Kind.EITHER, block.end, below)
    for at in ruled:
        if (end := block_under(lines, roles, at)) is not None:
            found[at] = QuoteOpening(Kind.EITHER, end, Whose.FOREIGN)
    for at in range(len(lines)):
        if divider := _divider(lines, roles, at):
            found[at] = divider
    return found


def is_rule(line: str) -> bool:
    """Return whether the line is nothing but drawn."""
    return bool(_RULE.match(line))


def _written(found: Attribution) -> QuoteOpening:
    below = Whose.FOREIGN if found.named and found.closed else Whose.DOUBTFUL
    only_marks = not (found.dated or found.named)
    return QuoteOpening(Kind.REPLY, found.end, below, only_marks, found.closed)


def _divider(lines: Sequence[str], roles: Sequence[Roles], at: int) -> QuoteOpening | None:
    """Return the divider that the line is, with the block under it."""
    line = lines[at]
    if not line or len(line) > _LONGEST or line.isspace():
        return None
    under = block_under(lines, roles, at + 1)
    end = at + 1 if under is None else under
    found = _DIVIDER.fullmatch(fold(line))
    if found is None:
        is_one = under is not None and _is_drawn_around(line.strip())
        return QuoteOpening(Kind.EITHER, end, Whose.FOREIGN) if is_one else None
    sure = under is not None or _DRAWN.match(line) or line.rstrip().endswith(":")
    below = Whose.FOREIGN if sure or found["hour"] else Whose.DOUBTFUL
    return QuoteOpening(_kind(found), end, below)


def _is_drawn_around(text: str) -> bool:
    """Return whether words stand between two drawn lines."""
    found = _DRAWN_WORD.match(text)
    return found is not None and bool(_DRAWN_END.search(text, max(found.end(), len(text) - 3)))


def _kind(found: re.Match[str]) -> Kind:
    if found["ended"]:
        return Kind.END
    return Kind.FORWARD if found["forwarded"] else Kind.EITHER
