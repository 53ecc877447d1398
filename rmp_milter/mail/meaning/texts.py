"""Which parts of a decrypted entity are texts of the mail itself, and how they are read.

By what they hold and not by their place (note on reading, "Where the text is"): empty parts,
parts that only repeat the mail's header, and attached files are passed over, all others are
one text. Where a text is there as plain text and as HTML, both are readings of it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.mimetree import Buffer, Part, content
from rmp_milter.mail.incoming.transfer import first
from rmp_milter.mail.whose.marks import Mark, marks_of
from rmp_milter.mail.whose.reading import read_html, read_plain
from rmp_milter.mail.whose.words import MAX_LINES, SaidLine, Whose, Words

_PLAIN, _HTML = "text/plain", "text/html"
_MAX_TEXTS = 50  # parts that are read; a mail has some
_MAX_READINGS = 3  # of one text: plain, HTML, and what nobody sends any more
_ALL_TEXTS = 3 / 2  # times what one text may have: all of them together
_LINE = 16  # octets for which the shortest line counts
_TAG = 8
_TAGS = 8  # octets of HTML that count as one: most are tags and style sheets
# Header fields that clients repeat as text where they encrypted the subject.
_FIELD = re.compile(
    r"(?:Subject|From|To|Cc|Date|Reply-To|Sender|Organization|Sig|Enc|Message-ID|References"
    r"|In-Reply-To|Newsgroups|Followup-To|Objet|Sujet)[ \t]*:.*",
    re.IGNORECASE,
)


class MailText(NamedTuple):
    """The text that is read: its readings, and the parts that they come from.

    Of several readings (plain text and HTML of one text) the last is what its author saw.
    """

    readings: tuple[Words, ...]
    leaves: tuple[Part, ...]


def text_of_mail(buffer: Buffer, root: Part, most: int) -> MailText:
    """Return the mail's own text: all unnamed texts of the entity, one below the other.

    ``most`` bounds the octets of each part that are looked at; all together have half
    as many again, so that no number of parts makes more work.
    """
    return _joined(list(_texts(buffer, root, _Room(most))))


def attached_text(buffer: Buffer, root: Part, most: int) -> MailText:
    """Return the texts that came as files, or under a name, one below the other."""
    named = [leaf for leaf in _own(root) if leaf.media_type == _PLAIN and not is_running(leaf)]
    room = _Room(most)
    read = [MailText((_words(buffer, leaf, room),), (leaf,)) for leaf in named[:_MAX_TEXTS]]
    return _joined(read)


def is_running(leaf: Part) -> bool:
    """Return whether the leaf is running text of the mail, and not a file."""
    return (
        leaf.media_type in {_PLAIN, _HTML}
        and not leaf.filename
        and leaf.disposition != "attachment"
    )


def _own(part: Part) -> Iterator[Part]:
    """Yield the leaves outside attached messages, whose text is somebody else's."""
    if not part.children:
        yield part
    elif part.media_type != "message/rfc822":
        for child in part.children:
            yield from _own(child)


class _Room:
    """What may still be looked at of a mail's texts, in octets of plain text.

    A line counts as :data:`_LINE` of them at least, and a tag of HTML as :data:`_TAG`: each
    takes about as long, however short it is.
    """

    def __init__(self, most: int) -> None:
        self._each = most
        self._left = int(most * _ALL_TEXTS)

    def octets(self, buffer: Buffer, leaf: Part) -> bytes:
        """Return the leaf's octets, cut at a line's end where there are too many."""
        html = leaf.media_type == _HTML
        weight, sign, cost = (_TAGS, b"<", _TAG) if html else (1, b"\n", _LINE)
        units = max(0, min(self._each, self._left))
        most = units * weight
        data = first(content(buffer, leaf), most + 1)
        if len(data) > most:
            data = data[: data.rfind(b"\n", 0, most) + 1 or most]
        data = _up_to(data, sign, units // cost)
        self._left -= max(-(-len(data) // weight), cost * data.count(sign))
        return data


def _up_to(data: bytes, sign: bytes, most: int) -> bytes:
    """Return the data up to the sign behind the first ``most`` of them."""
    if data.count(sign) <= most:
        return data
    return data[: len(data) - len(data.split(sign, most)[-1])]


def _texts(buffer: Buffer, part: Part, room: _Room) -> Iterator[MailText]:
    """Yield the running texts in the order of the mail; an alternative is one."""
    if part.media_type == "message/rfc822":
        return
    if part.media_type == "multipart/alternative":
        yield from _alternative(buffer, part, room)
    elif part.children:
        for child in part.children:
            yield from _texts(buffer, child, room)
    elif is_running(part) and (words := _words(buffer, part, room)).are_shown:
        yield MailText((words,), (part,))


def _alternative(buffer: Buffer, part: Part, room: _Room) -> Iterator[MailText]:
    """Yield the alternatives as one text, a reading each; what is blank is none."""
    each = [_joined(list(_texts(buffer, child, room))) for child in part.children]
    said = [option for option in each if option.readings]
    said = [*said[: _MAX_READINGS - 1], *said[_MAX_READINGS - 1 :][-1:]]
    leaves = tuple(leaf for option in said for leaf in option.leaves)
    readings = tuple(option.readings[-1] for option in said)
    if readings:
        yield MailText(readings, leaves)


def _joined(texts: Sequence[MailText]) -> MailText:
    """Put texts together, reading by reading; without those that only repeat a header."""
    kept = [text for text in texts if not _repeats_header(text)] or list(texts)
    kept = kept[:_MAX_TEXTS]
    leaves = tuple(leaf for text in kept for leaf in text.leaves)
    most = max((len(text.readings) for text in kept), default=0)
    readings = (
        _below([text.readings[min(at, len(text.readings) - 1)] for text in kept])
        for at in range(most)
    )
    return MailText(tuple(readings), leaves)


def _repeats_header(text: MailText) -> bool:
    """Return whether each line is a field that a client repeats (subject, From, To...)."""
    lines = [line.text for line in text.readings[0].lines if line.text.strip()]
    return all(_FIELD.fullmatch(line.strip()) for line in lines)


def _below(texts: Sequence[Words]) -> Words:
    """Put texts below each other; one that ends in a quotation may go on in the next.

    Apple Mail breaks a forwarded text where a file stood in it, and marks nothing behind.
    """
    if len(texts) == 1:
        return texts[0]
    lines: list[SaidLine] = []
    least = Whose.OWN
    for text in texts:
        lines += [SaidLine("", least)] if lines else []
        lines += (line._replace(whose=max(line.whose, least)) for line in text.lines)
        least = max(least, _runs_on(text))
    whole = all(text.whole for text in texts) and len(lines) <= MAX_LINES
    return Words(tuple(lines[:MAX_LINES]), whole)


def _runs_on(text: Words) -> Whose:
    """Return whose the words may be that follow the text."""
    shown = (line for line in reversed(text.lines) if line.shown and line.text.strip())
    last = next(shown, None)
    if last is None:
        return Whose.OWN
    marked = marks_of([last.text]) != [Mark.NONE]
    return min(last.whose, Whose.DOUBTFUL) if marked else last.whose


def _words(buffer: Buffer, leaf: Part, room: _Room) -> Words:
    text = decode(room.octets(buffer, leaf), leaf.params.get("charset", ""))
    if leaf.media_type == _HTML:
        return read_html(text)
    if leaf.params.get("hp-legacy-display", "") == "1":
        text = _without_legacy_display(text)
    flowed = leaf.params.get("format", "").lower() == "flowed"
    delsp = leaf.params.get("delsp", "").lower() == "yes"
    return read_plain(text, flowed=flowed, delsp=delsp)


def _without_legacy_display(text: str) -> str:
    """Return the text without the subject that was put above it (RFC 9788, 4.5.3)."""
    head, empty, below = text.replace("\r\n", "\n").partition("\n\n")
    return below if empty and all(map(_FIELD.fullmatch, head.split("\n"))) else text
