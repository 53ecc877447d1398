"""Making an answer: the letter's mails, sealed by the keeper for their reader."""

from collections.abc import Callable, Iterator
from typing import Self

import msgspec

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.gate import Rank
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol import Seal
from rmp_milter.dossier.model import BodySlice, Doctor, OutgoingMail, Slice
from rmp_milter.handlers.asking.grounds import person
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.outgoing.encode import encode
from rmp_milter.mail.outgoing.letter import Letter
from rmp_milter.mail.outgoing.replies import SealPieces, build
from rmp_milter.mail.outgoing.wrapping import Frame

INLINE_BYTES = 65_536
"""Up to here a text travels in the request itself, beyond it in shared memory."""

Bodies = Callable[[bytes], memoryview | None]


class About(msgspec.Struct, frozen=True):
    """The mail that is answered: its reader, its time, its Message-ID.

    ``ticket`` is its own, none for what the chores write; ``newer`` a later copy of the reader's
    certificate. The key of a reader who ``is_new``
    came enclosed in it: no card in force names him.

    What nobody asked for (a notice, a reminder) is no ``reply``. Nothing is sent before
    ``not_before`` (epoch seconds); an ``urgent`` answer leaves before all others.
    """

    reader: Doctor
    at: int
    in_reply_to: str
    not_before: int = 0
    urgent: bool = False
    reply: bool = True
    ticket: bytes = b""
    is_new: bool = False
    newer: bytes = b""

    @property
    def candidate(self) -> Candidate:
        """The reader as the keeper knows him."""
        if self.is_new:
            return Candidate(b"", self.reader.certificate)
        return person(self.reader, self.newer)


class Answers(msgspec.Struct, frozen=True):
    """What all answers of the service have in common."""

    keeper: RemoteKeeper
    service: str
    service_name: str
    language: Language
    answer_bytes: int
    new_token: Callable[[], str]
    answer_mails: int = 20

    def at(self, rank: Rank) -> Self:
        """Return the same, sealed by calls of ``rank``."""
        return msgspec.structs.replace(self, keeper=self.keeper.at(rank))

    def make(self, letter: Letter, about: About, bodies: Bodies) -> tuple[OutgoingMail, ...]:
        """Return the letter's mails; ``bodies`` gives stored bodies by document id.

        Raises :class:`MailError` where the keeper cannot seal (451, or the reader's key).
        """
        frame = Frame(
            service=self.service,
            service_name=self.service_name,
            reader=about.reader,
            at=about.at,
            in_reply_to=about.in_reply_to,
            language=self.language,
            answer_bytes=self.answer_bytes,
            answer_mails=self.answer_mails,
            reply=about.reply,
            new_token=self.new_token,
        )
        steps = build(letter, frame)
        try:
            order = next(steps)
            while True:
                order = steps.send(self._seal(order, about, bodies))
        except StopIteration as done:
            mails: tuple[OutgoingMail, ...] = done.value
            return tuple(
                msgspec.structs.replace(mail, not_before=about.not_before, urgent=about.urgent)
                for mail in mails
            )

    def _seal(self, order: SealPieces, about: About, bodies: Bodies) -> bytes:
        with Memory() as plain:
            plain.write_all(_chunks(order, bodies))
            inline = plain.size <= INLINE_BYTES
            with plain.mapped() as view:
                text = bytes(view) if inline else b""
            request = Seal(
                readers=(about.candidate,),
                ticket=about.ticket,
                text=text,
                held_code=order.held_code,
            )
            sealed, shared = self.keeper.seal(request, None if inline else plain)
        with shared, shared.mapped() as view:
            return sealed.data or bytes(view)


def _chunks(order: SealPieces, bodies: Bodies) -> Iterator[bytes | memoryview]:
    for piece in order.pieces:
        if isinstance(piece, Slice):
            yield piece.data
        else:
            yield from encode(piece, _stored(piece, bodies))


def _stored(piece: BodySlice, bodies: Bodies) -> memoryview:
    body = bodies(piece.document_id)
    if body is None:
        raise LookupError("a document's body is missing in the store")
    return body
