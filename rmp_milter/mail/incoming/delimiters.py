"""The delimiter lines of a multipart (RFC 2046, 5.1.1), found without an expression of their own.

Each mail has a boundary of its own, and to compile an expression takes as long as to decrypt what
it is for. So a short stretch is searched for the octets themselves. Where it is long, or many
lines only look like delimiters, the expression is worth its price: it stays in C whatever a
stranger wrote.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from rmp_milter.mail.incoming.transfer import Buffer

SHORT = 1 << 18
"""Octets of a stretch that is copied to be searched."""
MOST_MISSED = 64
"""Places that only look like a delimiter before the expression is made."""
_REST = re.compile(rb"(--)?[ \t]*(?:\r{0,2}\n|\r|\Z)")
_LINE_ENDS = frozenset(b"\r\n")


class Delimiter(NamedTuple):
    """Where one begins and where the line after it does; whether it is the last one."""

    begin: int
    end: int
    closing: bool


def delimiters(buffer: Buffer, start: int, end: int, boundary: str) -> Iterator[Delimiter]:
    """Yield the delimiter lines in ``buffer[start:end]``, in their order.

    The octet before ``start`` says whether a line begins there.
    """
    dashed = b"--" + boundary.encode()
    if end - start > SHORT:
        yield from _by_expression(buffer, start, end, dashed)
        return
    before = max(0, start - 1)
    data = bytes(buffer[before:end])
    at, missed = data.find(dashed, start - before), 0
    while at >= 0 and missed < MOST_MISSED:
        found = _REST.match(data, at + len(dashed)) if _begins_line(data, at) else None
        if found:
            yield Delimiter(before + at, before + found.end(), bool(found[1]))
        else:
            missed += 1
        at = data.find(dashed, found.end() if found else at + 1)
    if at >= 0:
        yield from _by_expression(buffer, before + at, end, dashed)


def _begins_line(data: bytes, at: int) -> bool:
    return not at or data[at - 1] in _LINE_ENDS


def _by_expression(buffer: Buffer, start: int, end: int, dashed: bytes) -> Iterator[Delimiter]:
    literal = re.escape(dashed)
    # The look-behind comes after the literal so that the search runs on the literal.
    expression = re.compile(literal + rb"(?<![^\r\n]" + literal + rb")" + _REST.pattern)
    for found in expression.finditer(buffer, start, end):
        yield Delimiter(found.start(), found.end(), bool(found[1]))
