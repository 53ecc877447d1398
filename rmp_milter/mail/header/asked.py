"""What a text asks, before it is read: the header's lines, and what stands apart from them."""

from collections.abc import Container, Sequence

import msgspec

from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.around import (
    APART,
    Alone,
    emergency_line,
    judge_alone,
    stray_requests,
    urgency_alone,
    urgency_denied,
)
from rmp_milter.mail.header.block import HeaderBlock, before_signature, block_at, find_block
from rmp_milter.mail.header.codes import is_password, other_code
from rmp_milter.mail.header.cutting_reason import is_reason_secret, is_said
from rmp_milter.mail.header.identity_line import one_reading
from rmp_milter.mail.header.lines import Line
from rmp_milter.mail.header.printed import is_printed
from rmp_milter.mail.header.words import Field, field_of, is_near_demand, nearest_word, verb_of

_ABOVE = 14  # lines above the header in which "URGENCE" alone is looked for
_TOLD = frozenset({Field.PATIENT, Field.BIRTH_NAME, Field.FIRST_NAMES, Field.REASON, Field.AGE})
_EMERGENCY = Line(Field.REQUEST.value, Verb.URGENCE.value, Field.REQUEST)
# Requests beside which a code of another kind is only printed: none of them is opened by one.
_WITHOUT_CODE = frozenset({None, Verb.DEPOT, Verb.CREATION, Verb.FICHE})


class Asked(msgspec.Struct, frozen=True):
    """The header's lines, where what follows them begins, and the requests around them.

    ``hides_reason`` says that ``Motif`` is none of the milter's business; ``strays`` are
    word and value of requests that stand apart.
    """

    lines: tuple[Line, ...] = ()
    end: int = 0
    hides_reason: bool = False
    strays: tuple[tuple[str, str], ...] = ()


def asked_in(lines: Sequence[Line], far: Sequence[Line]) -> Asked:
    """Return what the first lines of a text ask; ``far`` are lines of the text behind them."""
    lines = _as_meant(lines)
    long = _read(lines, far, long_reason=True)
    return long if long.hides_reason else _read(lines, far, long_reason=False)


def _read(lines: Sequence[Line], far: Sequence[Line], *, long_reason: bool) -> Asked:
    block, alone, urgent = _block(lines, far, long_reason=long_reason)
    header = _of_an_emergency([line for line in block.lines if not _is_about_urgency(line)])
    if alone is Alone.EMERGENCY:
        header = [line for line in header if line.field is not Field.REQUEST]
        header = [_EMERGENCY, *header, *_named_beside(urgent, header)]
    verb = _verb(header)
    strays = stray_requests(
        [line for line in lines[: block.start] if line not in urgent],
        [*lines[block.end :], *far],
        verb,
    )
    if alone is Alone.DOUBT:
        strays.insert(0, (APART, Verb.URGENCE.value))
    if verb is not Verb.DEPOT:
        header += _codes_below(header, [*lines[block.end :], *far])
    kept = [_canonical(line) for line in header if not _says_nothing(line, verb)]
    return Asked(
        tuple(kept),
        block.end,
        alone is not Alone.NOTHING or is_reason_secret(header),
        () if verb is Verb.URGENCE else tuple(dict.fromkeys(strays)),
    )


def _block(
    lines: Sequence[Line], far: Sequence[Line], *, long_reason: bool
) -> tuple[HeaderBlock, Alone, list[Line]]:
    """Return the header, what "urgence" alone asks for, and the lines that say it."""
    block = find_block(lines, long_reason=long_reason)
    above = lines[max(0, block.start - _ABOVE) : block.start] if block.lines else lines[:_ABOVE]
    urgent = [line for line in [*above, *block.lines] if urgency_alone(line)]
    if urgent and block.lines:
        block = block_at(lines, block.start, long_reason=long_reason, asked=True)
    letter = before_signature(lines[block.end :])
    alone = judge_alone(urgent, block.lines, [line for line in letter if line not in urgent])
    asks = any(line.field is Field.REQUEST for line in block.lines)
    if not asks and alone is not Alone.EMERGENCY:
        block = _with_late_emergency(block, lines, far, long_reason=long_reason)
    return block, alone, urgent


def _with_late_emergency(
    block: HeaderBlock, lines: Sequence[Line], far: Sequence[Line], *, long_reason: bool
) -> HeaderBlock:
    """Return the header with that of an emergency below it: no place in a text is wrong for it."""
    late = emergency_line(lines, block.end)
    if late is not None:
        second = block_at(lines, late, long_reason=long_reason)
        return HeaderBlock((*block.lines, *second.lines), block.start, second.end)
    late = emergency_line(far, 0)
    if late is None:
        return block
    return HeaderBlock((*block.lines, *block_at(far, late).lines), block.start, block.end)


def _is_about_urgency(line: Line) -> bool:
    return line.field is None and (urgency_alone(line) or urgency_denied(line))


def _of_an_emergency(header: list[Line]) -> list[Line]:
    """Return the header without ``Demande : dossier`` beside ``Demande : urgence``.

    The emergency is that request, and who asks both cannot wait for a question.
    """
    verbs = [verb_of(line.value) if line.field is Field.REQUEST else None for line in header]
    if Verb.URGENCE not in verbs:
        return header
    both = zip(header, verbs, strict=True)
    return [line for line, verb in both if verb is not Verb.CONSULTATION]


def _named_beside(urgent: Sequence[Line], header: Sequence[Line]) -> list[Line]:
    """Return who is named behind the word itself (``Demande d'urgence : DUPONT Jean``)."""
    if any(line.field in (Field.PATIENT, Field.BIRTH_NAME) for line in header):
        return []
    return [
        Line(Field.PATIENT.value, line.value, Field.PATIENT)
        for line in urgent
        if line.word and (found := one_reading(line.value)) and found.given
    ][:1]


def _as_meant(lines: Sequence[Line]) -> list[Line]:
    """Return the lines, where a slip must not count with what they were meant to say.

    In an emergency no word may fail by a slip; elsewhere nothing is corrected. A password is
    the patient's code where something is asked that a code opens.
    """
    lines = [_emergency_asked(line) for line in lines]
    requests = [line for line in lines if line.field is Field.REQUEST and line.value]
    verb = _verb(requests)
    alone = not requests and any(map(urgency_alone, lines[:_ABOVE]))
    if verb is Verb.URGENCE or alone:
        there = {line.field for line in lines}
        lines = [_nearest(_without_colon(line, there)) for line in lines]
    if verb in _WITHOUT_CODE:
        return lines
    return [
        msgspec.structs.replace(line, field=Field.CODE) if is_password(line.word) else line
        for line in lines
    ]


def _emergency_asked(line: Line) -> Line:
    """Return ``Demmande : urgence`` as what it is."""
    if line.field is None and is_near_demand(line.word) and verb_of(line.value) is Verb.URGENCE:
        return _EMERGENCY
    return line


def _without_colon(line: Line, there: Container[Field | None]) -> Line:
    """Return ``Motif coma`` as what it says, where no other line does."""
    first, _, rest = line.value.partition(" ")
    field = field_of(first) if line.field is None and not line.word and rest else None
    if field in _TOLD and field not in there:
        return Line(field.value, rest.strip(), field, line.flows)
    return line


def _nearest(line: Line) -> Line:
    if line.field is not None or not line.word or is_printed(line.word):
        return line
    near = field_of(nearest_word(line.word))
    if near is None or near is Field.CODE:
        return line
    return Line(near.value, line.value, near, line.flows)


def _codes_below(header: Sequence[Line], lines: Sequence[Line]) -> list[Line]:
    """Return the lines of a patient's code below a header: in no letter they may stay."""
    if not header:
        return []
    return [line for line in lines if line.field is Field.CODE and is_said(line.value)]


def _verb(header: Sequence[Line]) -> Verb | None:
    """Return what the header's first request is, None if there is none or it is not known."""
    return next(
        (verb_of(line.value) for line in header if line.field is Field.REQUEST and line.value),
        None,
    )


def _canonical(line: Line) -> Line:
    """Return an emergency's request without the other words that stand there: they are a reason."""
    if line.field is Field.REQUEST and verb_of(line.value) is Verb.URGENCE:
        return _EMERGENCY
    return line


def _says_nothing(line: Line, verb: Verb | None) -> bool:
    if line.field is not None or not line.word:
        return False
    return is_printed(line.word) or (verb in _WITHOUT_CODE and other_code(line.word))
