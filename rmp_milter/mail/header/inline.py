"""Several words on one line: ``Demande : dossier ; Patient : DUPONT Jean ; Né le : 30/01/1959``."""

import re

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.words import BEGINNERS, Field, field_of

_WORD_VALUE = re.compile(r"([^:=]{1,60})[:=](.*)", re.DOTALL)
_CODE_INSIDE = re.compile(r"(?<![^\W_])(?=c[oóòôö]d[eéèêë]\b[^:=]{0,30}[:=])", re.IGNORECASE)
_COLON = re.compile("[:=]")
_TOKEN = re.compile(r"[^\s;,/|•·]+")
_SEPARATORS = " \t;,/|•·–—-"
_MARKING = ";,/|•·–—-"
_WORDS = 6  # of the longest word of a line that may stand inside another
_BACK = 60  # characters before a colon in which its word begins
_SHORTEST = 3
_INSIDE = (BEGINNERS - {Field.PRESCRIBER}) | {Field.NUMBERS, Field.SEX, Field.AGE}
# In free words only these, behind a sign: "chute ; patient : fatigué" is one sentence.
_FREE = frozenset({Field.REASON, Field.DOCUMENT, Field.PRESCRIBER, Field.ADDRESS})
_STRONG = frozenset(
    {
        *(Field.PATIENT, Field.BIRTH_NAME, Field.FIRST_NAMES, Field.BIRTH_DATE, Field.REQUEST),
        *(Field.REASON, Field.NIR, Field.CONSENT),
    }
)


def code_apart(part: str) -> list[str]:
    """Cut off a code that follows in the value of another word, whatever the spacing."""
    found = _WORD_VALUE.match(part)
    if found is None:
        return [part]
    first, *others = _CODE_INSIDE.split(found[2])
    whole = [part[: len(part) - len(found[2])] + first, *others]
    return [*(piece.rstrip(_SEPARATORS) for piece in whole[:-1]), whole[-1]]


def words_apart(part: str) -> list[str]:
    """Cut a line before each known word in the value of another one.

    A word begins with a capital or stands behind a sign that separates.
    """
    found = _WORD_VALUE.match(part)
    if found is None:
        return [part]
    first = field_of(found[1])
    pieces, begun, allowed = list[str](), 0, found.end(1) + 1
    if first is None:
        # Words of a greeting stand before it.
        at = _word_before(part, 0, found.end(1), Field.REASON)
        if not at:
            return [part]
        pieces, begun, first = (
            [part[:at].rstrip(_SEPARATORS)],
            at,
            field_of(part[at : found.end(1)]),
        )
    for colon in _COLON.finditer(part, allowed):
        at = _word_before(part, allowed, colon.start(), first)
        if at is not None:
            pieces.append(part[begun:at].rstrip(_SEPARATORS))
            begun, first = at, field_of(part[at : colon.start()])
            allowed = colon.end()
    return [*pieces, part[begun:]]


def _word_before(part: str, start: int, end: int, inside: Field | None) -> int | None:
    """Return where the longest known word before the colon at ``end`` begins."""
    start = max(start, end - _BACK)
    tokens = [found.start() for found in _TOKEN.finditer(part, start, end)][-_WORDS:]
    for at in tokens:
        word = part[at:end]
        field = field_of(word)
        if field not in _INSIDE or len(fold(word)) < _SHORTEST:
            continue
        signed = part[start:at].rstrip()[-1:] in _MARKING and part[start:at].strip() != ""
        capital = word[:1].isupper()
        if inside in _FREE:
            if field in _STRONG and signed and capital:
                return at
        elif signed or capital or not part[start:at].strip():
            return at
    return None
