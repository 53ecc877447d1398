"""From a raw mail to what the keeper can open: encrypted bodies, binary, in memory.

Everything here works on the outer mail only and needs no key. What cannot be used is
refused before the keeper sees a byte of it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.message import Span
from rmp_milter.calls.protocol.opening import BodyRef, Role
from rmp_milter.dossier.model import Verb
from rmp_milter.errors import MailError
from rmp_milter.mail.incoming.armor import ArmorError
from rmp_milter.mail.incoming.beside import Beside, InClear
from rmp_milter.mail.incoming.shapes import Piece, Shape, octets_of

_FILES_NAMED = 5
_NAME_SHOWN = 60  # characters
_NOT_IN_A_NAME = re.compile(r"[:=：︰﹕＝\s<>{}%«»]")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,240}>")
_MAX_REFERENCES = 1000  # characters; the first one stands in front


def admit(shape: Shape) -> None:
    """Raise the refusal for a shape that cannot be used: clear, winmail.dat."""
    if shape.winmail:
        raise MailError("winmail")
    if not shape.pieces:
        raise MailError("not-encrypted")


def objection(clear: InClear, *, by_name: bool) -> MailError | None:
    """Return the refusal for a text or files that came in clear, or None.

    ``by_name`` names them, for a letter to a known sender. The reply at SMTP time is logged
    by every server on the way, and a file's name may be a patient's: there only their kinds.
    """
    if clear.text:
        return MailError("clear-text")
    if not clear.files:
        return None
    said = [_in_letter(file.name) if by_name else file.kind for file in clear.files]
    several = list(dict.fromkeys(said))
    more = ["…"] if len(several) > _FILES_NAMED else []
    files = ", ".join([*several[:_FILES_NAMED], *more])
    return MailError("clear-attachment", facts={"files": files})


@contextmanager
def objecting(clear: InClear) -> Iterator[None]:
    """Let a sender whom nothing makes known hear what he sent in clear, and nothing else."""
    try:
        yield
    except MailError as error:
        found = objection(clear, by_name=False)
        if error.temporary or found is None:
            raise
        raise found from None


def check_clear(clear: InClear, verb: Verb) -> None:
    """Refuse what came in clear by letter; an emergency is not refused, it is left aside."""
    found = objection(clear, by_name=True)
    if found is not None and verb is not Verb.URGENCE:
        raise found


def dropped(clear: InClear, verb: Verb, *, filed: bool) -> tuple[Beside, ...]:
    """Return what the answer says was dropped: of what is filed, and of an emergency."""
    if verb is not Verb.URGENCE:
        return clear.dropped if filed else ()
    files = (Beside.FILE,) if clear.files else ()
    text = (Beside.FOOTER,) if clear.text else ()
    return (*files, *text)


def _in_letter(name: str) -> str:
    """Return a file's name as a word of ours: it opens no line and makes no header."""
    flat = _NOT_IN_A_NAME.sub(" ", name)[:_NAME_SHOWN]
    return f"« {' '.join(flat.split())} »"


def gather(raw: memoryview, shape: Shape, bodies: Memory) -> tuple[BodyRef, ...]:
    """Write the binary OpenPGP message of each wanted piece into ``bodies``; return where.

    Raises :class:`MailError` ``unreadable`` for a text's armor that cannot be read; a file's
    gives nothing, which the keeper cannot read.
    """
    return tuple(gather_one(raw, piece, bodies) for piece in shape.wanted)


def gather_one(raw: memoryview, piece: Piece, bodies: Memory) -> BodyRef:
    """Write one piece into ``bodies``; raises as :func:`gather` does."""
    offset, length = bodies.size, 0
    try:
        length = bodies.write_all(octets_of(raw, piece))
    except ArmorError as error:
        if piece.main:
            raise MailError("unreadable", detail=str(error)) from error
    return BodyRef(
        span=Span(offset, length),
        role=Role.MAIN if piece.main else Role.ATTACHED,
        entity=piece.entity,
        name=piece.name,
        charset=piece.charset,
    )


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
