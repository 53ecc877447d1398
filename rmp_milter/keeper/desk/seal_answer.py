"""*Seal*: an answer, signed with the service's key and encrypted to whom it is for."""

from collections.abc import Iterable, Iterator, Sequence

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.answering import Seal, Sealed
from rmp_milter.calls.protocol.message import Why
from rmp_milter.dossier.model import Verb
from rmp_milter.keeper.authority.ground import (
    CardReading,
    Registrant,
    digest_of,
    keys_named,
)
from rmp_milter.keeper.authority.judging import ABOUT_ENCLOSED_KEYS
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.authority.tickets import Ticket, read_ticket
from rmp_milter.keeper.desk.code_in_answer import with_code
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.entitled import learn, look_in
from rmp_milter.keeper.desk.readers import Reader, reader_of
from rmp_milter.keeper.desk.sealmail import message_pieces
from rmp_milter.keeper.desk.shared import reader, size_of
from rmp_milter.keeper.desk.signing import signed_message
from rmp_milter.keeper.desk.smime_seal import seal_smime
from rmp_milter.keeper.keys.held import HeldKind
from rmp_milter.mail.outgoing.encode import Buffer

INLINE_REPLY = 1 << 16
"""Bytes up to which a sealed message travels in the reply itself."""


def seal_answer(
    desk: Desk, request: Seal, fd: int | None, now: int
) -> tuple[Sealed, Memory | None]:
    """Sign an answer with the service's key and encrypt it to its readers.

    Raises :class:`CallFailed` ``BAD_KEY``, ``TOO_LARGE``; :class:`Unentitled` for a reader whom
    neither a card names nor the mail encloses, and for a code that is another's;
    :class:`~rmp_milter.keeper.keys.held.HeldError`.
    """
    ticket = read_ticket(desk.holder, request.ticket, now) if request.ticket else None
    persons = persons_named(desk, request.readers, ticket, now)
    readers = [reader_of(each, now) for each in _keys_of(request.readers, persons)]
    if not readers or len({each.is_smime for each in readers}) > 1:
        raise CallFailed(Why.BAD_KEY, "no reader, or readers of different kinds")
    plain = request.text or reader(fd)(0, size_of(fd, desk.limits.message))
    if request.held_code:
        plain = with_code(plain, _code(desk, request, ticket, persons, now))
    return sealed_reply(desk, [plain], readers, now)


def sealed_reply(
    desk: Desk, plain: Sequence[Buffer], readers: Sequence[Reader], now: int
) -> tuple[Sealed, Memory | None]:
    """Sign an entity, given in pieces, and encrypt it to readers of one kind, in their kind.

    It is never held as a whole. Raises :class:`CallFailed`.
    """
    memory = Memory()
    try:
        memory.write_all(_sealed_for(desk, plain, readers, now))
        if memory.size > INLINE_REPLY:
            return Sealed(b""), memory
        with memory.mapped() as view:
            sealed = bytes(view)
    except BaseException:
        memory.close()
        raise
    memory.close()
    return Sealed(sealed), None


def _sealed_for(
    desk: Desk, plain: Sequence[Buffer], readers: Sequence[Reader], now: int
) -> Iterator[bytes]:
    if readers[0].is_smime:
        return seal_smime(desk, plain, readers, now)
    keys = [key for each in readers for key in each.keys]
    return message_pieces(signed_message(plain, desk.keys, now), keys, desk.random)


def _keys_of(readers: Sequence[Candidate], persons: Iterable[Registrant]) -> list[bytes]:
    """Return by what each is written to: of whom a card names, by the latest copy of that."""
    named = iter(persons)
    return [next(named).certificates[0] if each.card else each.certificate for each in readers]


def persons_named(
    desk: Desk, readers: tuple[Candidate, ...], ticket: Ticket | None, now: int
) -> list[Registrant]:
    """Return the readers whom cards name; the others' keys are enclosed in a mail about them."""
    act = ticket.act if ticket else b""
    leniently = ticket is not None and ticket.verb is Verb.URGENCE
    enclosed = ticket.keys if ticket and ticket.verb in ABOUT_ENCLOSED_KEYS else ()
    with desk.journal.looking(keys_named(desk.sealer, (each.card for each in readers))) as own:
        reading = CardReading(
            desk.sealer, look_in(own), act, leniently=leniently, world=desk.world
        )
        persons = [reading.person(each, now) for each in readers if each.card]
    learn(desk, reading.learnt)
    if any(digest_of(each.certificate) not in enclosed for each in readers if not each.card):
        raise Unentitled("a reader whom nothing names")
    return persons


def _code(
    desk: Desk, request: Seal, ticket: Ticket | None, persons: list[Registrant], now: int
) -> str:
    """Return the code that the answer tells: to the sender of its mail, and to nobody else."""
    if ticket is None or [each.card.person for each in persons] != [ticket.person]:
        raise Unentitled("a code for somebody else")
    if len(request.readers) != 1:
        raise Unentitled("a code for somebody else")
    binding = ticket.act + ticket.person
    return desk.holder.open(HeldKind.CODE, request.held_code, binding, now).decode()
