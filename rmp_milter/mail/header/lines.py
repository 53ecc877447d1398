"""Lines of a routing header as people and clients write them.

Quoting, bold stars, bullets, no-break spaces, byte-order and direction marks, columns of a
table, and format=flowed (RFC 3676) are undone here; bounds are applied here.
"""

import re
from collections.abc import Iterable

import msgspec

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.inline import code_apart, words_apart
from rmp_milter.mail.header.layouts import is_table_row, unfolded
from rmp_milter.mail.header.once import remembered
from rmp_milter.mail.header.service_line import NAMED_BY_ADDRESS, names_address
from rmp_milter.mail.header.unlabelled import is_about_somebody, without_colon
from rmp_milter.mail.header.words import BEGINNERS, Field, field_of

MAX_LINES = 64
MAX_OCTETS = 8192  # characters of text in which the header must end
MAX_VALUE = 200
_MAX_WORD = 40
_LINE_END = re.compile("\r{0,2}\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0e\ufe0f\ufeff"
    "\ufff9-\ufffb]"
)
_COLONS = str.maketrans(dict.fromkeys("：﹕∶꞉", ":"))
_QUOTING = re.compile(r"^[ \t]*(?:[>|][ \t]?){1,20}")
_BULLET = re.compile(r"^[ \t]*(?:[-•·–—*●▪◦‣→►✓☐☑☒□■][ \t]+)?")
_COUNTED = re.compile(r"^(?:\(?\d{1,2}[.)°][ \t]*|[^\w«\"'(\[<]+)+")
_NUMBERED = re.compile(r"(patient[es]{0,2}) ?(?:n° ?)?\(?\d\)?", re.IGNORECASE)
_WORD_VALUE = re.compile(r"([^:=]{1,60})[:=](.*)", re.DOTALL)
_OTHER_SIGN = re.compile(r"([^:=;]{2,40}?) ?(?:;|(?<= )(?:[-–—]+>?|=>|→)(?= ))(.*)", re.DOTALL)
_COLUMN = re.compile(r"(?:\t| {2})[ \t]*+(?=[^\W\d_][^:=\t]{0,59}[:=])")
_DECORATION = " \t*_"
_QUOTED = re.compile(r'(?:«|“|"|„)\s*([^«»“”"]*?)\s*(?:»|”|“|")[.]?')


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


def rows_of(text: str) -> list[str]:
    """Return the text's rows, whatever ends them."""
    return _LINE_END.split(text)


@remembered
def lines_of(text: str) -> list[Line]:
    """Return the first lines of the text, at most :data:`MAX_LINES`."""
    return lines_in(rows_of(text[:MAX_OCTETS])[:MAX_LINES])[:MAX_LINES]


def lines_in(rows: Iterable[str]) -> list[Line]:
    """Return the lines that these rows of a text make."""
    plain = unfolded([_plain(raw) for raw in rows])
    return [line for row in plain for line in _columns(row)]


def bounded(value: str) -> str:
    """Return the value cut to one character more than is allowed, so that it shows."""
    return value[: MAX_VALUE + 1]


@remembered
def _plain(raw: str) -> str:
    line = _UNSEEN.sub("", _SPACES.sub(" ", raw)).translate(_COLONS)
    return line if is_table_row(line) else _BULLET.sub("", _QUOTING.sub("", line))


@remembered
def _columns(line: str) -> tuple[Line, ...]:
    """Split ``Patient : DUPONT Jean     Code : JzbV`` where the words are known."""
    flows = line.endswith(" ") and line.strip() not in {"", "--"}
    parts = _rejoined(_COLUMN.split(line))
    pieces = [
        piece for part in parts for coded in code_apart(part) for piece in words_apart(coded)
    ]
    first = (_line(piece, flows=False) for piece in pieces[:-1])
    return (*first, _line(pieces[-1], flows=flows))


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


def _line(piece: str, *, flows: bool) -> Line:
    found = _WORD_VALUE.match(piece)
    if found is None or not field_of(_bare_word(found[1])):
        other = _OTHER_SIGN.match(piece)
        if other and field_of(_bare_word(other[1])) in BEGINNERS:
            found = other
    if found is None:
        return _without_colon(piece.strip(_DECORATION), flows=flows)
    word, value = _bare_word(found[1]), _bare_value(found[2])
    field = field_of(word)
    if field in NAMED_BY_ADDRESS and not names_address(value):
        field = None  # a letterhead's
    if field is None and is_about_somebody(word, value):
        return Line(Field.PATIENT.value, value, Field.PATIENT)
    if field is None and (len(word) > _MAX_WORD or not fold(word)):
        return Line("", piece.strip(), None, flows)
    return Line(word[:_MAX_WORD], value, field, flows)


def _bare_word(word: str) -> str:
    """Return a word without stars, and without the number or sign that counts it if it is known."""
    bare = word.strip(_DECORATION)
    if numbered := _NUMBERED.fullmatch(bare):
        return numbered[1]
    counted = _COUNTED.sub("", bare).strip(_DECORATION)
    return counted if counted != bare and field_of(counted) else bare


def _bare_value(value: str) -> str:
    bare = value.strip(_DECORATION)
    quoted = _QUOTED.fullmatch(bare)
    return quoted[1] if quoted else bare


def _without_colon(piece: str, *, flows: bool) -> Line:
    if found := without_colon(_COUNTED.sub("", piece)):
        word, value, field = found
        return Line(word, value, field)
    return Line("", piece, None, flows)
