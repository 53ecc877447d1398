"""HPRIM: the twelve lines that French medical software writes in front of a report.

    1 patient's code (or a title)   5 address             9 the file's reference
    2 NOM                           6 postcode and town  10 the file's date
    3 prénom                        7 date of birth      11 sender: code in 10 columns, name
    4 address                       8 NIR and key        12 recipient, likewise

It runs in the keeper, on decrypted text. What it returns is a routing header of its own
making from names, date of birth, number, recipient and title: never a result.
"""

import re

import msgspec

from rmp_milter.dossier.identity import fold, nir_valid
from rmp_milter.mail.header.names import is_name
from rmp_milter.mail.header.words import Field
from rmp_milter.mail.incoming import charsets
from rmp_milter.mail.incoming.octets import text_of_octets

ENDINGS = (".hpr", ".hpm", ".hpl", ".hprim", ".txt")
"""Files that may hold HPRIM messages."""

MAX_MESSAGES = 200
MAX_OCTETS = 16 << 20  # of one text or file
_HEAD = 8192  # octets in which the twelve lines must end
_LOOKED_AT = 1 << 16  # octets of a message in which marks of laboratories are looked for
_LINES = 12
_SHIFTS = (0, 1, -1, 2)
"""Lines before the patient's code: a title, an empty one; or its empty line was lost."""

_LINE_END = re.compile(r"\r{0,2}\n|\r")
_MARK = rb"(?:\A|(?<=[\r\n]))[ \t]*\*{2,6}[ \t]*%s[ \t]*\*{2,6}[ \t]*(?:\r{0,2}\n|\r|\Z)"
_END = re.compile(_MARK % b"FIN", re.IGNORECASE)
_FILE_END = re.compile(_MARK % rb"FIN[ \t]*FICHIER", re.IGNORECASE)
_LAB = re.compile(rb"\*{4}LAB\*{4}|^RES\|", re.IGNORECASE | re.MULTILINE)
_SIGNATURE_BLOCK = re.compile(rb"--[ \t]?(?:[\r\n]|\Z)")
_DATE = re.compile(
    r"\d{1,2}[ ./-]\d{1,2}[ ./-](?:\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2}", re.ASCII
)
_NUMBER = re.compile(r"[0-9AB]{0,15}", re.ASCII)
_CODE_COLUMNS = 10
_RPPS = re.compile(r"\d{11}(?!\d)", re.ASCII)
_LONGEST = 80  # characters of a name or title that is taken over
LAB_DOCUMENT = "Analyses de biologie"


class HprimMessage(msgspec.Struct, frozen=True):
    """A message: its routing header (empty if it is not clear), its place in octets."""

    header: str
    who: tuple[str, str, str]  # name, first name and date, to tell patients apart
    nir: str
    start: int
    end: int


class _Head(msgspec.Struct, frozen=True):
    """The twelve lines, as far as they say whose the message is."""

    name: str
    first_name: str
    birth_date: str
    nir: str
    recipient: str
    title: str


def messages(data: bytes, label: str = "") -> tuple[HprimMessage, ...]:
    """Return the messages of a text or file; nothing if its first one is not HPRIM.

    ``label`` is the charset that the mail states. A message whose patient is not clear has
    no header. Never raises.
    """
    charset = label if charsets.only_label_tells(label) else ""
    if len(data) > MAX_OCTETS or _head(data[:_HEAD], charset) is None:
        return ()
    spans = _spans(data)
    if len(spans) > MAX_MESSAGES:
        return ()
    return tuple(_message(data, start, end, charset) for start, end in spans)


def one_patient(found: tuple[HprimMessage, ...]) -> bool:
    """Return whether all messages surely name the same patient."""
    numbers = {message.nir for message in found if message.nir}
    return len({message.who for message in found}) == 1 and len(numbers) <= 1


def _spans(data: bytes) -> list[tuple[int, int]]:
    """Return where the messages stand, each with the mark that ends it."""
    ends = [found.end() for found in _END.finditer(data)]
    spans = list(zip([0, *ends], [*ends, len(data)], strict=True))
    if len(spans) > 1:
        last = _without_marks(data[spans[-1][0] :].strip()[:_LOOKED_AT])
        if not last or _SIGNATURE_BLOCK.match(last):
            spans[-2:] = [(spans[-2][0], len(data))]
    return spans


def _without_marks(data: bytes) -> bytes:
    return _FILE_END.sub(b"", data).strip()


def _message(data: bytes, start: int, end: int, charset: str) -> HprimMessage:
    head = _head(data[start : min(end, start + _HEAD)], charset)
    if head is None:
        return HprimMessage("", ("", "", ""), "", start, end)
    lab = _LAB.search(data, start, min(end, start + _LOOKED_AT)) is not None
    who = (fold(head.name), fold(head.first_name), head.birth_date)
    return HprimMessage(_header(head, lab=lab), who, head.nir, start, end)


def _head(data: bytes, charset: str) -> _Head | None:
    lines = [line.strip("\ufeff\x00 \t") for line in _lines(data, charset)]
    for shift in _SHIFTS:
        if head := _head_at(lines, shift):
            return head
    return None


def _lines(data: bytes, charset: str) -> list[str]:
    text = charsets.decode(data, charset) if charset else text_of_octets(data)
    return _LINE_END.split(text, maxsplit=_LINES + max(_SHIFTS))


def _head_at(lines: list[str], shift: int) -> _Head | None:
    """Read the twelve lines from ``shift`` on; None unless they are what they must be."""
    head = ["", *lines[: _LINES - 1]] if shift < 0 else lines[shift : shift + _LINES]
    head += [""] * (_LINES - len(head))
    name, first_name, birth_date = head[1], head[2], head[6]
    number = re.sub(r"[\s.-]", "", head[7]).upper()
    if not (
        _is_short_name(name) and _is_short_name(first_name) and _DATE.fullmatch(birth_date)
    ):
        return None
    if not _NUMBER.fullmatch(number) or (head[9] and not re.search(r"\d", head[9])):
        return None
    title = next((line for line in lines[: max(shift, 0) + 1] if _is_title(line, head)), "")
    return _Head(
        name=name,
        first_name=first_name,
        birth_date=birth_date,
        nir=number if nir_valid(number) else "",
        recipient=_recipient(head[11]),
        title=title,
    )


def _is_short_name(value: str) -> bool:
    return len(value) <= _LONGEST and is_name(value)


def _is_title(line: str, head: list[str]) -> bool:
    """Return whether a first line is words and not a code or the patient's name."""
    words = set(fold(line).split())
    named = set(fold(f"{head[1]} {head[2]}").split())
    return _is_short_name(line) and len(words) > 1 and not words & named


def _recipient(line: str) -> str:
    """Return the recipient's RPPS number, or his name behind a code in ten columns."""
    if found := _RPPS.match(line):
        return found[0]
    code, name = line[:_CODE_COLUMNS], line[_CODE_COLUMNS:].strip()
    has_code = not code.strip() or re.search(r"\d|  $", code) is not None
    recipient = name if has_code else line
    return recipient if _is_short_name(recipient) else ""


def _header(head: _Head, *, lab: bool) -> str:
    document = head.title or (LAB_DOCUMENT if lab else "")
    said = (
        (Field.BIRTH_NAME, head.name),
        (Field.FIRST_NAMES, head.first_name),
        (Field.BIRTH_DATE, head.birth_date),
        (Field.NIR, head.nir),
        (Field.PRESCRIBER, head.recipient),
        (Field.DOCUMENT, document),
    )
    return "\n".join(f"{field} : {value}" for field, value in said if value)
