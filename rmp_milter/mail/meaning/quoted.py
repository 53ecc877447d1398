"""What a text holds beside its header, wherever it stands: secrets, references, requests."""

import re
from collections.abc import Iterable, Iterator

from rmp_milter.mail.header.cutting import MASK
from rmp_milter.mail.header.lines import Line, lines_of
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import Field
from rmp_milter.mail.whose.marks import unmarked

_SECRET = frozenset({Field.CODE, Field.VITALE})
# Lines that only somebody writes who asks for something; what a letterhead prints is none.
_ASKING = frozenset({Field.REQUEST, Field.CODE, Field.VITALE, Field.CONSENT, Field.NUMBERS})
# As our texts write it: without its dashes other words, and base64, would look like one.
_REFERENCE = re.compile(
    r"(?<![A-Za-z0-9-])U(?: ?[‐‑–-] ?[A-HJ-NP-Z2-9]{4}){3}(?![A-Za-z0-9-])", re.IGNORECASE
)
_MARKS = 20  # marks before a line that are taken off
_LONGEST = 400  # characters of a line that are looked at


def holds_secret(lines: Iterable[str]) -> bool:
    """Return whether a patient's code or a card's attestation stands in one of the lines."""
    said = (line for line in _said(lines) if line.field in _SECRET)
    return any(
        line.value and MASK not in line.value and not is_slot(line.field, line.value)
        for line in said
    )


def asks(lines: Iterable[str]) -> bool:
    """Return whether one of the lines belongs to a request, whatever it asks for."""
    return any(line.field in _ASKING and line.value for line in _said(lines))


def references(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the references of emergency accesses that stand there, each once, as written."""
    found: dict[str, str] = {}
    for line in lines:
        for each in _REFERENCE.findall(line[:_LONGEST]):
            found.setdefault(re.sub(r"[^A-Za-z0-9]", "", each).upper(), each)
    return tuple(found.values())


def _said(lines: Iterable[str]) -> Iterator[Line]:
    for line in lines:
        yield from lines_of(bare(line[:_LONGEST]))


def bare(line: str) -> str:
    """Return the line without the marks of quotations before it."""
    for _ in range(_MARKS):
        inner = unmarked(line)
        if inner == line:
            return line
        line = inner
    return line
