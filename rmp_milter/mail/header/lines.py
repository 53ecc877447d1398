"""Lines of a routing header as people and clients write them.

Quoting, bold stars, bullets, no-break spaces, byte-order and direction marks, columns of a
table, and format=flowed (RFC 3676) are undone here; bounds are applied here.
"""

import re
from collections.abc import Iterator

import msgspec

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.words import Field, field_of

MAX_LINES = 64
MAX_OCTETS = 8192  # characters of text in which the header must end
MAX_VALUE = 200
_MAX_WORD = 40
_LINE_END = re.compile("\r{0,2}\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_QUOTING = re.compile(r"^[ \t]*(?:[>|][ \t]?){1,20}")
_BULLET = re.compile(r"^[ \t]*(?:[-•·–—*][ \t]+)?")
_WORD_VALUE = re.compile(r"([^:：=]{1,60})[:：=](.*)", re.DOTALL)
_COLUMN = re.compile(r"(?:\t| {2})[ \t]*+(?=[^\W\d_][^:：=\t]{0,59}[:：=])")
_CODE_INSIDE = re.compile(
    r"(?<![^\W_])(?=c[oóòôö]d[eéèêë]\b[^:：=]{0,30}[:：=])", re.IGNORECASE
)
_DECORATION = " \t*_"


class Line(msgspec.Struct, frozen=True):
    """One line, or one column of it.

    ``word`` is what stands before the colon and ``value`` what follows; a line without a
    colon has only a ``value``. ``field`` is what the word stands for, if known;
    ``flows`` says that the next line continues this one.
    """

    word: str
    value: str
    field: Field | None
    flows: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in the line."""
        return not (self.word or self.value)


def lines_of(text: str) -> list[Line]:
    """Return the first lines of the text, at most :data:`MAX_LINES`."""
    lines: list[Line] = []
    for raw in _LINE_END.split(text[:MAX_OCTETS]):
        lines.extend(_columns(_plain(raw)))
        if len(lines) >= MAX_LINES:
            break
    return lines[:MAX_LINES]


def bounded(value: str) -> str:
    """Return the value cut to one character more than is allowed, so that it shows."""
    return value[: MAX_VALUE + 1]


def _plain(raw: str) -> str:
    line = _UNSEEN.sub("", _SPACES.sub(" ", raw))
    return _BULLET.sub("", _QUOTING.sub("", line))


def _columns(line: str) -> Iterator[Line]:
    """Split ``Patient : DUPONT Jean     Code : JzbV`` where the words are known."""
    flows = line.endswith(" ") and line.strip() not in {"", "--"}
    parts = _rejoined(_COLUMN.split(line))
    pieces = [piece for part in parts for piece in _code_apart(part)]
    for piece in pieces[:-1]:
        yield _line(piece, flows=False)
    yield _line(pieces[-1], flows=flows)


def _rejoined(parts: list[str]) -> list[str]:
    """Put columns whose word is not known back to their left neighbour."""
    joined = parts[:1]
    for part in parts[1:]:
        found = _WORD_VALUE.match(part)
        if found and field_of(found[1]):
            joined.append(part)
        else:
            joined[-1] += f" {part}"
    return joined


def _code_apart(part: str) -> list[str]:
    """Cut off a code that follows in the value of another word, whatever the spacing."""
    found = _WORD_VALUE.match(part)
    if found is None:
        return [part]
    first, *others = _CODE_INSIDE.split(found[2])
    return [part[: len(part) - len(found[2])] + first, *others]


def _line(piece: str, *, flows: bool) -> Line:
    found = _WORD_VALUE.match(piece)
    if found is None:
        return _without_colon(piece.strip(_DECORATION), flows=flows)
    word, value = found[1].strip(_DECORATION), found[2].strip(_DECORATION)
    field = field_of(word)
    if field is None and (len(word) > _MAX_WORD or not fold(word)):
        return Line("", piece.strip(), None, flows)
    return Line(word[:_MAX_WORD], value, field, flows)


def _without_colon(piece: str, *, flows: bool) -> Line:
    """Know ``Code JzbV`` and ``Code patient JzbV`` for what they are."""
    head, _, last = piece.rpartition(" ")
    if fold(head) in {"CODE", "CODE PATIENT", "CODE DU PATIENT", "CODE CONFIDENTIEL"}:
        return Line(head.strip(), last, Field.CODE)
    return Line("", piece, None, flows)
