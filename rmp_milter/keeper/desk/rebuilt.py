"""An entity that was opened, put together anew for another reader: same letter, same files.

What its author's program added for OpenPGP or S/MIME (signatures, keys) is left out, and so is
every header field but those that describe a content: what a client shows of a mail is the
service's own. No octet of a part's body is changed. Pure.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rmp_milter.keeper.desk.enclosed_keys import EnclosedKeys
from rmp_milter.mail.incoming.mimetree import FieldSpan, Part, header_fields

_LEFT_OUT = frozenset(
    {
        "application/pgp-keys",
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
)
_KEPT = frozenset(
    {
        *("content-type", "content-transfer-encoding", "content-disposition", "content-id"),
        *("content-description", "content-location", "content-base", "content-language"),
    }
)
_PARAMETERS = ("type", "start", "report-type")
"""What a multipart says of its parts (RFC 2387, 3; RFC 6522, 3)."""
_SAFE = re.compile(r"[!#-\[\]-~]{1,200}")
"""What may stand between quotes as it is."""
_CRLF = b"\r\n"
_LINE_END = re.compile(rb"[\r\n]+[ \t]*")
_SIGNED_SUBTYPES = frozenset({"multipart/signed", "multipart/encrypted"})

Pieces = Iterator[bytes | memoryview]


class _Entity(NamedTuple):
    """An entity that is put together anew, and what that takes."""

    data: bytes
    new_boundary: Callable[[], str]
    enclosed: EnclosedKeys

    def keeps(self, part: Part) -> bool:
        """Whether a part goes along: what the index names does (:mod:`.content`)."""
        if part.media_type in _LEFT_OUT:
            return False
        return bool(part.children) or not self.enclosed.of(self.data, part)


def rebuilt(data: bytes, part: Part, new_boundary: Callable[[], str]) -> Pieces:
    """Yield a part as a part of another entity: its header block, its body.

    ``new_boundary`` draws what no author can have known: so nothing in his text ends a part.
    A line end belongs behind what is yielded.
    """
    return _rebuilt(_Entity(data, new_boundary, EnclosedKeys()), part)


def _rebuilt(entity: _Entity, part: Part) -> Pieces:
    if not part.media_type.startswith("multipart/") or not part.children:
        yield from _leaf(entity.data, part)
        return
    children = [child for child in part.children if entity.keeps(child)]
    if len(children) == 1 and part.media_type in _SIGNED_SUBTYPES:
        yield from _rebuilt(entity, children[0])
        return
    if not children:
        yield b"Content-Type: text/plain" + _CRLF * 2
        return
    boundary = entity.new_boundary()
    yield f"Content-Type: {_multipart(part)}; boundary={_quoted(boundary)}".encode()
    yield _CRLF * 2
    yield from joined([_rebuilt(entity, child) for child in children], boundary)


def joined(parts: list[Pieces], boundary: str) -> Pieces:
    """Yield parts behind one another, each behind its boundary, and what closes them."""
    for part in parts:
        yield f"--{boundary}\r\n".encode()
        yield from part
        yield _CRLF
    yield f"--{boundary}--\r\n".encode()


def _multipart(part: Part) -> str:
    """Return what kind of multipart it is, as it may stand in a header of ours."""
    if part.media_type in _SIGNED_SUBTYPES:
        return "multipart/mixed"
    subtype = "".join(
        sign
        for sign in part.media_type.removeprefix("multipart/")
        if sign.isascii() and (sign.isalnum() or sign in "-.")
    )
    said = [
        f"; {name}={_quoted(value)}"
        for name in _PARAMETERS
        if _SAFE.fullmatch(value := part.params.get(name, ""))
    ]
    return f"multipart/{subtype[:40] or 'mixed'}{''.join(said)}"


def _quoted(value: str) -> str:
    return f'"{value}"'


def _leaf(data: bytes, part: Part) -> Pieces:
    fields, _ = header_fields(data, part.headers_start, part.body_start)
    # Of equal names the first counts: it is the one that was read when the document came.
    kept = {field.name: field for field in reversed(fields) if field.name in _KEPT}
    if "content-type" not in kept:
        yield f"Content-Type: {part.media_type}".encode() + _CRLF
    for field in reversed(kept.values()):
        yield _line(data, field) + _CRLF
    yield _CRLF
    yield memoryview(data)[part.body_start : part.body_end]


def _line(data: bytes, field: FieldSpan) -> bytes:
    """Return a field with the line ends of mail: no line of it is a field of its own."""
    written = bytes(data[field.start : field.end])
    return b"\r\n\t".join(line for line in _LINE_END.split(written) if line.strip())
