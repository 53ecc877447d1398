"""From a raw mail to what the keeper can open: encrypted bodies, binary, in memory.

Everything here works on the outer mail only and needs no key. What cannot be used is
refused before the keeper sees a byte of it.
"""

import re

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol import BodyRef, Open, Role, Span
from rmp_milter.errors import MailError
from rmp_milter.mail.incoming.armor import ArmorError
from rmp_milter.mail.incoming.shapes import Piece, Shape, ShapeName, packets

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,240}>")
_MAX_REFERENCES = 1000  # characters; the first one stands in front


def admit(shape: Shape) -> None:
    """Raise the refusal for a shape that cannot be used: clear, half clear, S/MIME."""
    if shape.name is ShapeName.SMIME:
        raise MailError("smime")
    if shape.winmail:
        raise MailError("winmail")
    if not shape.pieces:
        raise MailError("not-encrypted")
    if shape.clear_attachments:
        raise MailError("clear-attachment")


def gather(raw: memoryview, shape: Shape, bodies: Memory) -> tuple[BodyRef, ...]:
    """Write the binary OpenPGP message of each piece into ``bodies``; return where.

    Raises :class:`MailError` ``unreadable`` for armor that cannot be read.
    """
    return tuple(_gather_one(raw, piece, bodies) for piece in shape.pieces)


def _gather_one(raw: memoryview, piece: Piece, bodies: Memory) -> BodyRef:
    offset = bodies.size
    try:
        length = bodies.write_all(packets(raw, piece))
    except ArmorError as error:
        raise MailError("unreadable", detail=str(error)) from error
    return BodyRef(
        span=Span(offset, length),
        role=Role.MAIN if piece.main else Role.ATTACHED,
        entity=piece.entity,
        name=piece.name,
        charset=piece.charset,
    )


def open_request(
    digest: bytes, bodies: tuple[BodyRef, ...], certificates: tuple[bytes, ...]
) -> Open:
    """Return the keeper request that opens the gathered bodies."""
    return Open(digest=digest, bodies=bodies, candidates=certificates)


def thread_of(references: str, in_reply_to: str) -> str:
    """Return the Message-ID that a mail's thread began with, or an empty string."""
    found = _MESSAGE_ID.search(references[:_MAX_REFERENCES]) or _MESSAGE_ID.search(in_reply_to)
    return found.group() if found else ""


def harmless_message_id(value: str) -> str:
    """Return a Message-ID that may stand in our answer's header, or an empty string.

    It is the one thing of a stranger's that our headers repeat (In-Reply-To), so only the
    plain characters of RFC 5322 3.6.4 pass.
    """
    found = _MESSAGE_ID.fullmatch(value.strip())
    return found.group() if found else ""
