"""Lines of a header that are not known: what is wrong with them, and what they were meant for."""

from collections.abc import Iterable
from typing import NamedTuple

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Verb
from rmp_milter.mail.header.around import APART, NOT_UNDERSTOOD, OTHER
from rmp_milter.mail.header.codes import other_code
from rmp_milter.mail.header.lines import Line
from rmp_milter.mail.header.printed import is_printed
from rmp_milter.mail.header.troubles import Problem, Trouble
from rmp_milter.mail.header.urgency import speaks_of_urgency
from rmp_milter.mail.header.words import (
    Field,
    nearest_request,
    nearest_word,
    verb_of,
)

_FIRST_WORDS = 5  # of a value in which the request's word may stand
_SHOWN = 80  # characters of a value that a problem repeats

OF_REQUESTS: dict[Field, Verb | None] = {
    Field.CONSENT: Verb.CREATION,
    Field.NUMBERS: None,
    Field.CODE: Verb.CONSULTATION,
    Field.PROOFS: Verb.ACCES,
}
"""Words that no deposit has: what was probably asked for where no request stands beside them."""


class Strays(NamedTuple):
    """What was found; ``is_request`` says that something is asked for that is not understood."""

    problems: tuple[Problem, ...] = ()
    is_request: bool = False
    meant: Verb | None = None


def read_strays(lines: Iterable[Line]) -> Strays:
    """Return the problems of lines whose word is not known, each once.

    What letterheads and software print is none. The nearest known word is offered; nothing
    is read by it.
    """
    found: dict[Problem, None] = {}
    is_request, meant = False, None
    for line in lines:
        problem = _problem(line)
        if problem is None:
            continue
        found[problem] = None
        if problem.kind is Trouble.APART or problem.nearest == Field.REQUEST:
            is_request = True
            meant = meant or meant_by(line.value)
    return Strays(tuple(found), is_request, meant)


def meant_by(value: str) -> Verb | None:
    """Return the request that a value was probably meant to be, None where nothing tells."""
    if verb := verb_of(value) or verb_of(nearest_request(value)):
        return verb
    if speaks_of_urgency(fold(value)):
        return Verb.URGENCE  # "envoi du dossier en urgence": no form for a quiet day
    words = fold(value).split()[:_FIRST_WORDS]
    begun = (verb_of(" ".join(words[:length])) for length in range(len(words), 0, -1))
    return next(filter(None, begun), None)


def _problem(line: Line) -> Problem | None:
    if not line.word:
        return Problem(Trouble.UNKNOWN, NOT_UNDERSTOOD)
    value = line.value[:_SHOWN]
    if fold(line.word) == fold(OTHER):
        return Problem(Trouble.OTHER_PATIENT, Field.PATIENT.value, value)
    if fold(line.word) == fold(APART):
        return Problem(Trouble.APART, Field.REQUEST.value, value)
    if is_printed(line.word) or other_code(line.word):
        return None
    return Problem(Trouble.UNKNOWN, line.word, value, nearest_word(line.word))
