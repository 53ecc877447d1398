"""Making an answer: the letter's mails, sealed by the keeper for their reader."""

import logging
from collections.abc import Callable, Iterator
from typing import Self

import msgspec

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.gate import Rank
from rmp_milter.calls.keeper import RemoteKeeper
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.answering import Seal, Translate
from rmp_milter.calls.protocol.message import Event
from rmp_milter.calls.protocol.releasing import TRANSLATED_ACTION, SealedDocument
from rmp_milter.dossier.model import Doctor, OutgoingMail, Slice
from rmp_milter.handlers.asking.grounds import person
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.outgoing.encode import UnsoundBodyError, check_body, encode
from rmp_milter.mail.outgoing.letter import Enclosure, Letter
from rmp_milter.mail.outgoing.replies import Order, SealAnew, Sealing, SealPieces, build
from rmp_milter.mail.outgoing.wrapping import Frame

log = logging.getLogger("rmp.milter")

INLINE_BYTES = 65_536
"""Up to here a text travels in the request itself, beyond it in shared memory."""

Bodies = Callable[[bytes], memoryview | None]


class About(msgspec.Struct, frozen=True):
    """The mail that is answered: its reader, its time, its Message-ID.

    ``act`` is what the access log knows it by, ``ticket`` its own, none for what the chores
    write; ``newer`` a later copy of the reader's certificate. The key of a reader who ``is_new``
    came enclosed in it: no card in force names him.

    What stands for another and goes to nobody is not ``sent``.

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
    act: bytes = b""
    sent: bool = True

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

        A body that is missing, or is not the one that was stored, is never given to the keeper:
        its mail says so instead, and the log. Where the courier puts it in, the courier sees to
        that. Raises :class:`MailError` where the keeper cannot seal (451, or the reader's key).
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
                order = self._step(steps, order, about, bodies)
        except StopIteration as done:
            mails: tuple[OutgoingMail, ...] = done.value
            return tuple(
                msgspec.structs.replace(mail, not_before=about.not_before, urgent=about.urgent)
                for mail in mails
            )

    def _step(self, steps: Sealing, order: Order, about: About, bodies: Bodies) -> Order:
        """Fulfil an order; return the next one. What is unsound is the letter's to tell."""
        try:
            sealed = self._seal(order, about, bodies)
        except UnsoundBodyError as error:
            log.error("an answer goes without a document: %s", error)  # noqa: TRY400 -- it says all
            return steps.throw(error)
        return steps.send(sealed)

    def _seal(self, order: Order, about: About, bodies: Bodies) -> bytes:
        if isinstance(order, SealAnew):
            return self._translate(order, about, bodies)
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

    def _translate(self, order: SealAnew, about: About, bodies: Bodies) -> bytes:
        """Have a document opened and sealed anew for the reader."""
        each = order.enclosure
        document = each.document
        request = Translate(
            reader=about.candidate,
            document=SealedDocument(
                document.document_id, document.container, document.digest, each.packets
            ),
            dossier_id=each.owner,
            event=_translated(about, each),
            head=order.head,
            ticket=about.ticket,
            language=self.language,
            waits=each.waits,
            original=order.original,
            dossier=each.card,
            name=_name_of(each),
            unsent=not about.sent,
        )
        stored = _stored(document.document_id, bodies)
        check_body(document.document_id, stored, document.digest)
        with Memory() as body:
            body.write(stored)
            sealed, shared = self.keeper.translate(request, body)
        with shared, shared.mapped() as view:
            return sealed.data or bytes(view)


def _name_of(each: Enclosure) -> str:
    """Return what the one file is called that a body may be; an entity names its own."""
    return next((part.name for part in each.document.parts if part.name), "")


def _translated(about: About, each: Enclosure) -> Event:
    """Return the leaf of a translation; the keeper itself says of whom and of what."""
    return Event(
        at=about.at,
        action=TRANSLATED_ACTION,
        request=about.act,
        actor_rpps=about.reader.rpps,
        actor_fingerprint=about.reader.fingerprint,
        sender="",
        dossier_id=each.owner,
        documents=(each.document.document_id,),
    )


def _chunks(order: SealPieces, bodies: Bodies) -> Iterator[bytes | memoryview]:
    for piece in order.pieces:
        if isinstance(piece, Slice):
            yield piece.data
        else:
            yield from encode(piece, _stored(piece.document_id, bodies))


def _stored(document_id: bytes, bodies: Bodies) -> memoryview:
    body = bodies(document_id)
    if body is None:
        raise UnsoundBodyError(document_id, "is missing")
    return body
