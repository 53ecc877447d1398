"""The MIME structure of a mail, as offsets into its octets (RFC 2045, 2046).

Nothing is copied but header fields, nothing is ever written anew: a part is found again
by where it begins and ends. The scan is bounded and its time linear in the size (each of
at most :data:`MAX_DEPTH` levels looks at its own stretch once). It takes what real mail
holds: LF, CRLF, CR and mixed line ends, a missing closing boundary, lines that only look
like boundaries, lines in headers that are no fields.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from rmp_milter.mail.incoming import file_names as names
from rmp_milter.mail.incoming import transfer
from rmp_milter.mail.incoming.charsets import decode
from rmp_milter.mail.incoming.delimiters import delimiters
from rmp_milter.mail.incoming.transfer import Buffer as Buffer  # noqa: PLC0414 -- part of this interface

MAX_DEPTH = 20
MAX_PARTS = 1000
MAX_HEADER = 256 * 1024  # octets of one header block
MAX_HEADERS = 2 * 1024 * 1024  # octets of all header blocks together
MAX_LINES = 10_000  # of one header block
MAX_ALL_LINES = 20_000  # of all header blocks together

# Two CR before a LF are one line end: gateways that write CRLF for LF leave such.
_LINE_END = re.compile(rb"\r{0,2}\n|\r")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_LINE_HEAD = 256  # octets of a header line by which it is recognised
_BOUNDARY_LIMIT = 200  # RFC 2046 allows 70


class MimeLimit(ValueError):  # noqa: N818 -- reads as what it is where it is caught
    """A structure too deep, too broad or with too much header to be looked at."""


class Part(msgspec.Struct, frozen=True):
    """One part: what its header says, where it stands, what it is made of.

    ``media_type``, ``encoding`` and ``disposition`` are lower case; ``filename`` is decoded
    (RFC 2231, RFC 2047); ``headers_start``, ``body_start`` and ``body_end`` are offsets into
    the buffer that was scanned. ``fields`` are (lower-case name, unfolded value) in their
    order.
    """

    media_type: str
    params: dict[str, str]
    encoding: str
    disposition: str
    filename: str
    headers_start: int
    body_start: int
    body_end: int
    fields: tuple[tuple[str, str], ...] = ()
    children: "tuple[Part, ...]" = ()

    def header(self, name: str) -> str:
        """Return the first field of that name, RFC 2047 words decoded; ``""`` if none."""
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> tuple[str, ...]:
        """Return all fields of that name, RFC 2047 words decoded."""
        wanted = name.lower()
        return tuple(
            names.decode_words(value) for field, value in self.fields if field == wanted
        )


class FieldSpan(msgspec.Struct, frozen=True):
    """One header field: its lower-case name, where it starts, its value and its end."""

    name: str
    start: int
    value_start: int
    end: int


class _Budget:
    """What is left of the bounds while one mail is scanned."""

    def __init__(self) -> None:
        self.parts = MAX_PARTS
        self.header_octets = MAX_HEADERS
        self.lines = MAX_ALL_LINES

    def take(self, header: bytes) -> None:
        self.parts -= 1
        self.header_octets -= len(header)
        self.lines -= header.count(b"\n") + header.count(b"\r")
        if self.parts < 0 or self.header_octets < 0 or self.lines < 0:
            raise MimeLimit("too many parts")


class HeaderSpans(NamedTuple):
    """The fields of a header, and where the body behind it begins."""

    fields: list[FieldSpan]
    body_start: int


def scan(
    buffer: Buffer, start: int = 0, end: int | None = None, header: HeaderSpans | None = None
) -> Part:
    """Return the structure of the mail (or MIME entity) at ``buffer[start:end]``.

    ``header`` is what :func:`header_fields` found at ``start``, if it was asked already.
    Raises :class:`MimeLimit` beyond the bounds of this module; never on bad syntax.
    """
    stop = len(buffer) if end is None else end
    top = header or header_fields(buffer, start, stop)
    return _scan(buffer, top, (start, stop), "text/plain", MAX_DEPTH, _Budget())


def walk(part: Part) -> Iterator[Part]:
    """Yield the part and all parts in it, in the order of the mail."""
    yield part
    for child in part.children:
        yield from walk(child)


def content(buffer: Buffer, part: Part) -> Iterator[bytes]:
    """Yield what the part holds, its transfer encoding undone, in pieces of up to 1 MiB.

    Damaged base64 and quoted-printable give what can be made of them; unknown encodings
    (uuencode among them) are passed as they stand.
    """
    return transfer.decoded(
        transfer.pieces(buffer, part.body_start, part.body_end), part.encoding
    )


def header_fields(buffer: Buffer, start: int, end: int) -> HeaderSpans:
    """Return the header fields at ``start`` and the offset where the body begins.

    Lines that are no field are passed over; without an empty line the header ends before
    the first line that opens armor or a boundary. Raises :class:`MimeLimit`.
    """
    fields: list[FieldSpan] = []
    at = start
    for _ in range(MAX_LINES):
        if at >= end:
            return HeaderSpans(fields, at)
        ends = _LINE_END.search(buffer, at, end)
        stop, following = (ends.start(), ends.end()) if ends else (end, end)
        if stop == at:
            return HeaderSpans(fields, following)
        line = bytes(buffer[at : min(stop, at + _LINE_HEAD)])
        if not _take_line(fields, line, at, stop) and _opens_body(fields, line):
            return HeaderSpans(fields, at)
        if following - start > MAX_HEADER:
            raise MimeLimit("header too long")
        at = following
    raise MimeLimit("header of too many lines")


def read_fields(buffer: Buffer) -> tuple[tuple[str, str], ...]:
    """Return the fields of the header that opens the buffer, as :attr:`Part.fields` has them.

    What stands below is not looked at. Raises :class:`MimeLimit`.
    """
    return _values(buffer, header_fields(buffer, 0, len(buffer))[0])


def _take_line(fields: list[FieldSpan], line: bytes, at: int, stop: int) -> bool:
    """Add the line to the fields, as a new one or as a continuation."""
    if line[:1] in {b" ", b"\t"} and fields:
        last = fields[-1]
        fields[-1] = FieldSpan(last.name, last.start, last.value_start, stop)
        return True
    found = _FIELD.match(line)
    if found is None:
        return False
    fields.append(FieldSpan(found[1].decode().lower(), at, at + found.end(), stop))
    return True


def _opens_body(fields: list[FieldSpan], line: bytes) -> bool:
    if line.startswith((b"From ", b">From ")):
        return False  # the first line of an mbox
    return not fields or line.startswith(b"--")


def _scan(  # noqa: PLR0913, PLR0917 -- the recursion's state
    buffer: Buffer,
    header: HeaderSpans,
    at: tuple[int, int],
    default_type: str,
    depth: int,
    budget: _Budget,
) -> Part:
    (start, end), (spans, body_start) = at, header
    budget.take(bytes(buffer[start:body_start]).replace(b"\r\n", b"\n"))
    fields = _values(buffer, spans)
    part = _part(fields, default_type, (start, body_start, end))
    inside = regions(buffer, part)
    if not inside:
        return part
    if not depth:
        raise MimeLimit("nested too deeply")
    inner_type = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
    children = tuple(
        _scan(buffer, header_fields(buffer, *each), each, inner_type, depth - 1, budget)
        for each in inside
    )
    return msgspec.structs.replace(part, children=children)


def _values(buffer: Buffer, spans: Iterable[FieldSpan]) -> tuple[tuple[str, str], ...]:
    return tuple((span.name, _value(buffer, span)) for span in spans)


def _value(buffer: Buffer, span: FieldSpan) -> str:
    return _FOLD.sub(" ", decode(bytes(buffer[span.value_start : span.end]))).strip()


def _part(
    fields: tuple[tuple[str, str], ...], default_type: str, at: tuple[int, int, int]
) -> Part:
    start, body_start, end = at
    first = dict(reversed(fields))  # of equal names the first counts
    kind = first.get("content-type", "")
    disposition = first.get("content-disposition", "")
    params = names.parameters(kind)
    return Part(
        media_type=names.media_type(kind) or default_type,
        params=params,
        encoding=names.first_word(first.get("content-transfer-encoding", "")),
        disposition=names.first_word(disposition),
        filename=names.file_name(
            names.parameters(disposition).get("filename", ""), params.get("name", "")
        ),
        headers_start=start,
        body_start=body_start,
        body_end=end,
        fields=fields,
    )


def regions(buffer: Buffer, part: Part) -> list[tuple[int, int]]:
    """Return where the children stand, whatever is in them; empty for a leaf."""
    if part.media_type == "message/rfc822" and part.encoding not in {
        "base64",
        "quoted-printable",
    }:
        return [(part.body_start, part.body_end)]
    boundary = part.params.get("boundary", "").rstrip()
    if part.media_type.startswith("multipart/") and 0 < len(boundary) <= _BOUNDARY_LIMIT:
        return _between(buffer, part, boundary)
    return []


def _between(buffer: Buffer, part: Part, boundary: str) -> list[tuple[int, int]]:
    """Return the stretches between delimiter lines (RFC 2046, 5.1.1)."""
    stretches: list[tuple[int, int]] = []
    opened: int | None = None
    for begin, end, closing in delimiters(buffer, part.body_start, part.body_end, boundary):
        if opened is not None:
            stretches.append((opened, _without_line_end(buffer, opened, begin)))
        if closing or len(stretches) > MAX_PARTS:
            return stretches
        opened = end
    # Without a closing delimiter the last part goes on to the end.
    return stretches if opened is None else [*stretches, (opened, part.body_end)]


def _without_line_end(buffer: Buffer, first: int, last: int) -> int:
    """Return ``last`` without the line end before it, which belongs to the delimiter."""
    tail = bytes(buffer[max(first, last - 3) : last])
    found = re.search(rb"(?:\r{0,2}\n|\r)\Z", tail)
    return last - len(found[0]) if found else last
