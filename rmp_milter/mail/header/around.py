"""What stands around the header in the sender's own words and belongs to a request.

``Demmande : dossier`` above it, ``URGENCE`` alone on a line, ``Demande : dossier`` below a
sentence: nobody may take the mail for a deposit then. And somebody else's name.

What is found is told to the milter in lines of its own (:data:`APART`, :data:`OTHER`), without
the words of a letter.
"""

import re
from collections.abc import Sequence
from enum import Enum

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.lines import Line
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.urgency import is_urgency, speaks_of_urgency, stands_alone
from rmp_milter.mail.header.words import (
    Field,
    is_near_demand,
    nearest_request,
    verb_of,
    yes_or_no,
)

APART = "Demande à part"
"""The word of a line about a request that does not stand in the header, or not as it should."""
OTHER = "Autre patient"
"""The word of a line that names a second patient."""
NOT_UNDERSTOOD = "(ligne non comprise)"
"""Stands for a line, or a value, whose words are kept back: they may be a letter's."""
_ABOVE = 14  # lines above the header in which a phrase may be a request
_LETTER = 25  # words behind the header that make "urgent" a letter's
_COURTESY = 3  # words of a line that is no more than thanks or a name
_PHRASE = 7  # words of a line without a colon that may be a request
_CALL = re.compile(r"\W*([^\W\d_]{5,14})(?:\s*[-–—!.,;(]|\s*$)")
_DENIED = frozenset({"NON", "PAS", "AUCUNE", "SANS", "NO"})
# What stands beside a telephone's number: "Urgences : appelez le 15 ou le 112".
_TO_CALL = frozenset("APPELEZ APPELER COMPOSEZ COMPOSER LE OU ET AU TEL SAMU CALL".split())  # noqa: SIM905 -- one line
_TELEPHONE = re.compile(r"(?:0|33|0033)[1-9][0-9]{8}")
_CALLED = frozenset({"15", "17", "18", "112", "114", "115", "116117"})  # for all of France
_NOUN = ("URGENCE", "URGENCES", "EMERGENCY")
_DEPARTMENT = "URGENCES"


class Alone(Enum):
    """``URGENCE`` in a line of its own: what it asks for."""

    NOTHING = "nothing"
    EMERGENCY = "emergency"
    DOUBT = "doubt"


def emergency_line(lines: Sequence[Line], start: int) -> int | None:
    """Return the first line from ``start`` on that asks for an emergency, ``Demande : urgence``."""
    for at in range(start, len(lines)):
        if lines[at].field is Field.REQUEST and verb_of(lines[at].value) is Verb.URGENCE:
            return at
    return None


def urgency_alone(line: Line) -> bool:
    """Return whether the line says "urgence" and no more: ``URGENT !``, ``Urgence : oui``."""
    if line.field is not None:
        return line.field is Field.REASON and speaks_of_urgency(fold(line.word))
    if not line.word:
        return stands_alone(fold(line.value[:80])) or _calls(line.value)
    if fold(line.word) == "OBJET":
        return stands_alone(fold(line.value[:80]))
    if not stands_alone(fold(line.word)) or urgency_denied(line):
        return False
    value = fold(line.value[:80])
    if _is_request_word(line):
        return True
    is_told = len(value.split()) > 1 or len(line.word.split()) > 1 or value.isalpha()
    return not value or is_told or yes_or_no(value) is True or value in {"VITALE", "ABSOLUE"}


def _calls(value: str) -> bool:
    """Return whether a line calls out before it says more: ``URGENT - patient inconscient``."""
    found = _CALL.match(value)
    return found is not None and is_urgency(fold(found[1]))


def _is_request_word(line: Line) -> bool:
    """Return whether the word itself asks: ``Demande d'urgence : DUPONT Jean``."""
    if not line.word:
        return False
    first = fold(line.word).partition(" ")[0]
    return first == "DEMANDE" or is_near_demand(first)


def urgency_denied(line: Line) -> bool:
    """Return whether the line says that nothing is urgent, ``Urgence : non``, or whom to call."""
    if not line.word or not stands_alone(fold(line.word)):
        return False
    value = fold(line.value[:80])
    denied = yes_or_no(line.value) is False or value.partition(" ")[0] in _DENIED
    return denied or (not _is_request_word(line) and _is_to_call(line.value))


def _is_to_call(value: str) -> bool:
    """Return whether it is telephones' numbers alone, as letterheads and signatures say them.

    A moment is none, ``02/12/2026 23:40``: an emergency may be dated, and must not wait for it.
    """
    words = fold(value[:80]).split()
    numbers = [word for word in words if word.isdigit()]
    if not numbers or "/" in value or ":" in value or not {*words} <= {*numbers, *_TO_CALL}:
        return False
    return {*numbers} <= _CALLED or bool(_TELEPHONE.fullmatch("".join(numbers)))


def judge_alone(said: Sequence[Line], header: Sequence[Line], letter: Sequence[Line]) -> Alone:
    """Return what the lines ``said`` ("urgence" alone) above or in a header ask for.

    With a reason, or with nothing at all behind the header, they are the emergency. Above a
    letter without a reason "urgent" is the letter's, which only its author can tell.
    """
    if not said:
        return Alone.NOTHING
    values = {line.field: line.value for line in header if line.value}
    reason = values.get(Field.REASON, "")
    has_reason = any(map(str.isalnum, reason)) and not is_slot(Field.REASON, reason)
    if Field.REQUEST not in values and any(map(_is_request_word, said)):
        return Alone.EMERGENCY
    return _judge_beside(said, values, letter, has_reason=has_reason)


def _judge_beside(
    said: Sequence[Line],
    values: dict[Field | None, str],
    letter: Sequence[Line],
    *,
    has_reason: bool,
) -> Alone:
    if Field.REQUEST in values:
        asks = verb_of(values[Field.REQUEST]) is Verb.CONSULTATION and has_reason
        return Alone.EMERGENCY if asks and Field.CODE not in values else Alone.NOTHING
    lengths = [len(f"{line.word} {line.value}".split()) for line in letter]
    is_letter = any(length > _COURTESY for length in lengths)
    spoken = {word for line in said for word in fold(f"{line.word} {line.value}").split()}
    if _DEPARTMENT in spoken and is_letter:
        return Alone.NOTHING  # the letterhead of an emergency department
    noun = bool(spoken.intersection(_NOUN))
    if has_reason:
        is_letters = not noun and (sum(lengths) > _LETTER or Field.DOCUMENT in values)
        return Alone.DOUBT if is_letters else Alone.EMERGENCY
    return Alone.DOUBT if is_letter or Field.DOCUMENT in values else Alone.EMERGENCY


def stray_requests(
    above: Sequence[Line], below: Sequence[Line], asked: Verb | None
) -> list[tuple[str, str]]:
    """Return word and value of the lines around a header that belong to a request.

    ``asked`` is what the header asks for; what is asked once more is none. Values are shown
    only where they are known requests, or nearly.
    """
    found = [_request_above(line) for line in above[-_ABOVE:]]
    found += [_request_in(line) for line in [*above[:-_ABOVE], *below]]
    return list(
        dict.fromkeys(each for each in found if each and not _is_the_same(each[1], asked))
    )


def _is_the_same(value: str, asked: Verb | None) -> bool:
    if asked is None:
        return False
    verb = verb_of(value)
    return verb is None or verb is asked


def _request_above(line: Line) -> tuple[str, str] | None:
    """Return a request in a line above the header, also one without a colon."""
    if found := _request_in(line):
        return found
    text = line.value if fold(line.word) == "OBJET" or not line.word else line.word
    first, _, rest = fold(text[:80]).partition(" ")
    if line.field is None and rest and (first == "DEMANDE" or is_near_demand(first)):
        verb = verb_of(rest)
        if verb is not None or len(rest.split()) < _PHRASE:
            return APART, verb.value if verb else NOT_UNDERSTOOD
    return None


def _request_in(line: Line) -> tuple[str, str] | None:
    """Return a request that a line states with a colon: ``Demmande : dossier``."""
    if line.field is Field.REQUEST and line.value:
        return APART, shown_request(line.value)
    if line.field is None and line.word and is_near_demand(line.word):
        return line.word, shown_request(line.value)
    if line.field is None and line.word and is_urgency(fold(line.word)):
        return None if urgency_denied(line) or not line.value else (APART, Verb.URGENCE.value)
    return None


def shown_request(value: str) -> str:
    """Return the value if it is a request or nearly one, else a mark: it may be a letter's."""
    return value[:80] if verb_of(value) or nearest_request(value) else NOT_UNDERSTOOD
