"""Header blocks as clients print them above a mail: "De :", "Envoyé :", "À :", "Objet :"."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.words import field_of
from rmp_milter.mail.whose.attributions import has_address, has_day, has_hour, is_named
from rmp_milter.mail.whose.client_words import ROLES, BlockRole

_LINE = 600  # characters of one line that are looked at
_WORD = re.compile(r"[\W_]{0,6}([^\W\d_][^:：\n]{0,24}?)[\s*_]*[:：]")
_INSIDE = re.compile(r"(?<![^\s*_>])([^\W\d_]{1,16})[\s*_]{0,4}[:：]")
_WRAPPED = 12  # lines that may stand between two words: lists of addresses are long
_WRAPPED_ABOVE = 3
_LONGEST = 40  # lines of one block
_BEHIND_DIVIDER = 3  # empty lines between a divider and its block
_FOREIGN_WORDS = 3  # lines of "word : value" that make a block in a language we do not know
_NEEDED = (BlockRole.DATE, BlockRole.TO, BlockRole.SUBJECT)
_UNDER_DIVIDER = 2

Roles = frozenset[BlockRole]


class Block(NamedTuple):
    """Where a block ends (the line behind it); ``sure`` unless it may be a memo's head."""

    end: int
    sure: bool


def blocks(lines: Sequence[str], roles: Sequence[Roles]) -> dict[int, Block]:
    """Return the header blocks of a text by the line in which they begin.

    Lines that cannot belong to one are to be empty; ``roles`` are :func:`roles_of` each.
    """
    found: dict[int, Block] = {}
    end = 0
    for at in range(len(lines)):
        if (
            at >= end
            and BlockRole.FROM in roles[at]
            and (block := _around(lines, roles, at, end))
        ):
            first, found_there = block
            found[first] = found_there
            end = found_there.end
    return found | {at: block for at, block in _shaped(lines) if at not in found}


def roles_of(line: str) -> Roles:
    """Return which words of a mail's header begin the line, or stand in it behind one."""
    first = _WORD.match(line)
    if first is None or _role(first[1]) is None:
        return Roles()
    words = [first[1], *_INSIDE.findall(line[first.end() : _LINE])]
    return Roles(role for word in words if (role := _role(word)))


def block_under(lines: Sequence[str], roles: Sequence[Roles], at: int) -> int | None:
    """Return where the block ends that stands at ``at``, right behind a divider.

    Two words are enough there. None if there is no block.
    """
    row = at
    while row < min(at + _BEHIND_DIVIDER, len(lines)) and not lines[row].strip():
        row += 1
    rows = list(_downwards(lines, roles, row))
    words = Roles().union(*(there for _, there in rows))
    return rows[-1][0] + 1 if len(words) >= _UNDER_DIVIDER else None


def _role(word: str) -> BlockRole | None:
    return ROLES.get(fold(word))


def _around(
    lines: Sequence[str], roles: Sequence[Roles], at: int, floor: int
) -> tuple[int, Block] | None:
    """Return the block around the line ``at``, which says who wrote; None if it is none."""
    first = _first(lines, roles, at, floor)
    rows = list(_downwards(lines, roles, first))
    said = Roles().union(*(there for _, there in rows))
    if BlockRole.SENT in said:
        said |= {BlockRole.DATE}
    end = rows[-1][0] + 1
    text = "\n".join(line[:_LINE] for line in lines[first:end])
    if sum(role in said for role in _NEEDED) < _UNDER_DIVIDER:
        is_short = BlockRole.DATE in said and "@" in text and has_hour(text)
        is_shorter = has_address(lines[at][:_LINE])  # "De : X <x@y>" and no more
        return (first, Block(end, sure=False)) if is_short or is_shorter else None
    return first, Block(end, sure=BlockRole.SENT in said or is_named(text))


def _first(lines: Sequence[str], roles: Sequence[Roles], at: int, floor: int) -> int:
    """Return the first line of the block, going up from the line that says who wrote."""
    first, row, strange = at, at - 1, 0
    while row >= max(floor, at - _LONGEST) and lines[row].strip() and strange <= _WRAPPED_ABOVE:
        if roles[row]:
            first, strange = row, 0
        else:
            strange += 1
        row -= 1
    return first


def _downwards(
    lines: Sequence[str], roles: Sequence[Roles], start: int
) -> Iterator[tuple[int, Roles]]:
    """Yield the lines from ``start`` that begin with words of a header, while they go on.

    Wrapped values may stand between, and one empty line before another word.
    """
    strange = 0
    for row in range(start, min(start + _LONGEST, len(lines))):
        if roles[row]:
            yield row, roles[row]
            strange = 0
        elif not lines[row].strip():
            if row + 1 >= len(lines) or not roles[row + 1]:
                return
        elif strange == _WRAPPED:
            return
        else:
            strange += 1


def _shaped(lines: Sequence[str]) -> Iterator[tuple[int, Block]]:
    """Yield blocks in languages that are not known, by their shape. They are never sure.

    Three lines of ``word : value``, with an address and an hour of a day: a letterhead may
    look like this, a request's own words do not count.
    """
    first = 0
    for row in range(len(lines) + 1):
        if row < len(lines) and _is_strange_pair(lines[row]):
            continue
        if row - first >= _FOREIGN_WORDS and _is_dated(lines[first:row]):
            yield first, Block(row, sure=False)
        first = row + 1


def _is_strange_pair(line: str) -> bool:
    found = _WORD.match(line)
    return found is not None and field_of(found[1]) is None


def _is_dated(rows: Sequence[str]) -> bool:
    texts = [row[:_LINE] for row in rows[:20]]
    return any("@" in text for text in texts) and any(
        has_day(text) and has_hour(text) for text in texts
    )
