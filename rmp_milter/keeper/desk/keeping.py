"""What is kept of an opened mail: its bodies as they came, or its documents split off."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.message import Span
from rmp_milter.calls.protocol.opening import BodyRef, OpenedBody, Role
from rmp_milter.dossier.model import Container, PartName
from rmp_milter.keeper.desk.content import InnerDocument, Opening
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.route import HprimPiece
from rmp_milter.keeper.desk.sealmail import encrypt_document
from rmp_milter.keeper.openpgp.packets import ReadAt, pieces_of
from rmp_milter.keeper.openpgp.sessionkey import SessionKey


class KnownBody(NamedTuple):
    """A body whose session key is known; ``span`` is what is stored of it.

    ``envelope`` is what S/MIME sealed it in, None for OpenPGP.
    """

    ref: BodyRef
    span: Span
    key: SessionKey
    envelope: Container | None = None


class Kept(NamedTuple):
    """A body that can be stored, and the session key that opens it."""

    body: OpenedBody
    key: SessionKey


class Keeping:
    """Turns bodies into what can be stored."""

    def __init__(self, desk: Desk, read: ReadAt) -> None:
        """``read`` gives the mail's bodies."""
        self._desk = desk
        self._read = read

    def bodies(
        self, bodies: Sequence[KnownBody], opening: Opening
    ) -> tuple[list[Kept], Memory | None]:
        """Return the bodies to store.

        Without the text that carries a secret (``mail.meaning``), without one of several
        patients, and without a main body that holds nothing but its routing header: it would
        be an empty entry in the dossier. Files out of a ``winmail.dat`` stand beside it, each
        by itself: its reader's client may not open such a thing.
        """
        is_split = not opening.meaning.keeps_text or bool(opening.pieces)
        main_is_kept = bool(opening.parts) and not is_split
        kept = [
            self._as_came(body, opening)
            for body in bodies
            if body.ref.role is not Role.MAIN or main_is_kept
        ]
        split = [*map(_as_document, opening.pieces), *opening.documents]
        apart = split if is_split else opening.packed
        if not apart:
            return kept, None
        memory = Memory()
        try:
            fresh = [self._split_off(document, memory) for document in apart]
        except BaseException:
            memory.close()
            raise
        return ([*fresh, *kept] if is_split else [*kept, *fresh]), memory

    def _as_came(self, body: KnownBody, opening: Opening) -> Kept:
        span = body.span
        if body.ref.role is Role.MAIN:
            held = Container.ENTITY if opening.is_entity else Container.TEXT
            container = body.envelope or held
            parts = opening.parts
        else:
            container = Container.FILE
            size = span.length
            parts = (PartName(body.ref.name, "application/octet-stream", size),)
        digest = _digest_of(self._read, span)
        return Kept(OpenedBody(container, span, digest, parts), body.key)

    def _split_off(self, document: InnerDocument, memory: Memory) -> Kept:
        """Encrypt one document under a session key of its own, into ``memory``."""
        key = SessionKey(9, self._desk.random(32))
        data = b"".join(document.data())
        body = encrypt_document(document.part.name, data, key, self._desk.random)
        span = Span(memory.size, len(body))
        memory.write(body)
        digest = hashlib.sha256(body).digest()
        made = OpenedBody(Container.FILE, span, digest, (document.part,), fresh=True)
        return Kept(made, key)


def _as_document(piece: HprimPiece) -> InnerDocument:
    part = PartName(piece.name, "text/plain", len(piece.data))
    return InnerDocument(part, lambda: iter((piece.data,)))


def _digest_of(read: ReadAt, span: Span) -> bytes:
    digest = hashlib.sha256()
    for piece in pieces_of(read, span.offset, span.length):
        digest.update(piece)
    return digest.digest()
