"""Where in a text the routing header stands: its known lines, up to what follows it.

A greeting, a letterhead or a signature above it, wide spacing, and a request or a code
behind an empty line are tolerated. Addresses and telephones of a signature are left.
"""

from collections.abc import Sequence
from itertools import takewhile

import msgspec

from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.cutting_reason import written
from rmp_milter.mail.header.lines import Line
from rmp_milter.mail.header.printed import is_printed
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import BEGINNERS, Field, nearest_word, verb_of

_GREETING = 12  # lines before the header, empty ones not counted
_STRAY = 3  # lines that may stand between two known ones
_GAP = 2  # empty lines between two lines of a widely spaced header
_FREE = frozenset({Field.REASON, Field.DOCUMENT, Field.PRESCRIBER, Field.LETTERS})
_WRAPPED = 40  # characters below which no client wraps a line
# Words that no letter begins with: they belong to the header even behind an empty line.
_LATE = frozenset({Field.CODE, Field.REQUEST, Field.CONSENT, Field.VITALE})
_NAMED = frozenset({Field.PATIENT, Field.BIRTH_NAME, Field.FIRST_NAMES})
_IDENTITY = _NAMED | {Field.USED_NAME, Field.BIRTH_DATE, Field.NIR}
# Lines of the patient's sheet that stand in the sender's signature as well.
_CONTACTS = frozenset({Field.ADDRESS, Field.PHONE, Field.FAX, Field.MOBILE, Field.MAIL})
# What begins a header even below a long letterhead.
_SURE = frozenset({Field.PATIENT, Field.REQUEST, Field.BIRTH_DATE})


class HeaderBlock(msgspec.Struct, frozen=True):
    """The header's lines, from which line of the text to which (not included)."""

    lines: tuple[Line, ...] = ()
    start: int = 0
    end: int = 0


def find_block(lines: Sequence[Line], *, long_reason: bool = False) -> HeaderBlock:
    """Return the header among the lines, empty if there is none.

    With ``long_reason`` all lines behind ``Motif :`` are its own, up to an empty line or a
    known word.
    """
    start = _start(lines)
    return HeaderBlock() if start is None else block_at(lines, start, long_reason=long_reason)


def block_at(
    lines: Sequence[Line], start: int, *, long_reason: bool = False, asked: bool = False
) -> HeaderBlock:
    """Return the header that begins with the line at ``start``.

    ``asked`` says that something is asked for in words that stand above it.
    """
    taken, stray = [lines[start]], list[Line]()
    width = _gap(lines, start + 1)
    at = end = start + 1
    while at < len(lines):
        line = lines[at]
        if line.is_blank:
            gap = _gap(lines, at)
            if not gap or not _bridges(
                taken, lines, at + gap, is_wide=gap <= width, asked=asked
            ):
                break
            at += gap
            continue
        if line.value == "--" and not line.word:
            break
        goes_on = not stray and _goes_on(taken[-1], line, long_reason=long_reason)
        if line.field is not None or (not goes_on and _is_nearly_known(line)):
            if stray and line.field in _CONTACTS:
                break
            taken += [*stray, line]
            stray = []
            end = at + 1
        elif goes_on:
            taken[-1] = _continued(taken[-1], line)
            end = at + 1
        elif not _is_passed_over(line):
            if len(stray) == _STRAY:
                break
            stray.append(line)
        at += 1
    return HeaderBlock(tuple(taken), start, end)


def before_signature(lines: Sequence[Line]) -> list[Line]:
    """Return what is written there before a signature block (``-- ``)."""
    return list(takewhile(lambda line: line.word or line.value != "--", lines))


def _start(lines: Sequence[Line]) -> int | None:
    count = 0
    at = 0
    while at < len(lines):
        field = lines[at].field
        if field in (BEGINNERS if count <= _GREETING else _SURE):
            after = _behind_letterhead(lines, at)
            if after is None:
                return at
            at = after
            continue
        count += not lines[at].is_blank
        at += 1
    return None


def _behind_letterhead(lines: Sequence[Line], at: int) -> int | None:
    """Return where what follows a letterhead begins; None if the lines at ``at`` are none.

    A letterhead names a doctor (``Nom : DEMO Paul``) in lines of its own, above a header
    that names the patient.
    """
    own = list(takewhile(lambda line: not line.is_blank, lines[at:]))
    fields = {line.field for line in own}
    if Field.BIRTH_NAME not in fields or fields & {
        Field.PATIENT,
        *_SURE,
        Field.NIR,
        Field.CODE,
    }:
        return None
    after = at + len(own)
    if any(line.field is Field.PATIENT for line in lines[after : after + _GREETING]):
        return after
    return None


def _bridges(
    taken: list[Line], lines: Sequence[Line], to: int, *, is_wide: bool, asked: bool
) -> bool:
    """Return whether the known line at ``to``, behind empty ones, still belongs to these.

    ``is_wide`` says that the header itself is spaced as widely.
    """
    field = lines[to].field
    if field in _LATE:
        return True
    fields = {line.field for line in taken if line.value}
    if is_wide:
        return field not in _CONTACTS or _is_followed(lines, to)
    if field in _NAMED and not fields & _NAMED:
        return True
    if field is Field.BIRTH_DATE and field not in fields:
        return True
    asked = asked or any(
        line.field is Field.REQUEST and line.value and verb_of(line.value) is not Verb.DEPOT
        for line in taken
    )
    return asked and field not in _CONTACTS | fields


def _is_followed(lines: Sequence[Line], at: int) -> bool:
    """Return whether a line that is no signature's follows a contact in a wide header."""
    blank = 0
    for line in lines[at:]:
        blank = blank + 1 if line.is_blank else 0
        if blank > _GAP or (line.field is None and not line.is_blank):
            return False
        if line.field is not None and line.field not in _CONTACTS:
            return True
    return False


def _gap(lines: Sequence[Line], at: int) -> int:
    """Return how many empty lines stand at ``at`` before a known line; 0 if another way."""
    for gap in range(_GAP + 1):
        if at + gap >= len(lines):
            return 0
        if not lines[at + gap].is_blank:
            return gap if lines[at + gap].field is not None else 0
    return 0


def _is_nearly_known(line: Line) -> bool:
    return bool(line.word) and not is_printed(line.word) and bool(nearest_word(line.word))


def _is_passed_over(line: Line) -> bool:
    return bool(line.word) and is_printed(line.word)


def _goes_on(line: Line, following: Line, *, long_reason: bool) -> bool:
    """Return whether the following line, whose word is not known, is more of this one."""
    if long_reason and line.field is Field.REASON:
        return not is_slot(Field.REASON, line.value)
    return _flows_on(line) and not following.word


def _flows_on(line: Line) -> bool:
    """Return whether the line was wrapped by a client (RFC 3676), not ended by its author.

    Only long free text is: a blank behind a date is a slip, and what follows the letter.
    """
    return line.flows and line.field in _FREE and len(line.value) >= _WRAPPED


def _continued(line: Line, following: Line) -> Line:
    value = f"{line.value} {written(following)}".strip()
    return Line(line.word, value, line.field, following.flows)
