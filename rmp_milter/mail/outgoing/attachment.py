"""Files of the service's own making beside its words, as parts of the encrypted entity."""

import re
from collections.abc import Iterator
from itertools import chain

from rmp_milter.calls.protocol.answering import CODE_FIELD
from rmp_milter.mail.outgoing.letter import Attachment
from rmp_milter.mail.outgoing.parts import PART_BOUNDARY, boundary_line, header_block
from rmp_milter.mail.outgoing.spelling import SPELLED_MARKS, spelled_fields

_LINE = 75  # characters, and the ``=`` of a soft break: RFC 2045, 6.7
_FIELDS = re.compile(
    b"(%s)"
    % b"|".join(
        re.escape(field.encode())
        for field in (CODE_FIELD, *chain.from_iterable(map(spelled_fields, SPELLED_MARKS)))
    )
)
_LITERAL = frozenset(range(0x20, 0x7F)) - {ord("=")}


def attached(file: Attachment) -> bytes:
    """Return a file as an attachment, behind the boundary of its parent."""
    head = header_block(
        f'Content-Type: {file.media_type}; name="{file.name}"',
        "Content-Transfer-Encoding: quoted-printable",
        f'Content-Disposition: attachment; filename="{file.name}"',
    )
    return boundary_line(PART_BOUNDARY) + head + quoted_printable(file.data) + b"\r\n"


def quoted_printable(data: bytes) -> bytes:
    """Return any bytes in quoted-printable, each field for the code on a line of its own.

    So the keeper finds them, and whatever it puts in their place leaves the lines short enough.
    """
    pieces = _FIELDS.split(data)  # what lies between two fields, and each field
    return b"=\r\n".join(
        piece if at % 2 else b"=\r\n".join(_quoted(piece)) for at, piece in enumerate(pieces)
    )


def _quoted(data: bytes) -> Iterator[bytes]:
    line = b""
    for octet in data:
        sign = bytes((octet,)) if octet in _LITERAL else b"=%02X" % octet
        if len(line) + len(sign) > _LINE:
            yield line
            line = b""
        line += sign
    yield line
