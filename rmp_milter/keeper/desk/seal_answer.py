"""*Seal*: an answer, signed with the service's key and encrypted to whom it is for."""

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol import Seal, Sealed, Why
from rmp_milter.dossier.model import Verb
from rmp_milter.keeper.authority.ground import CardReading, Registrant, digest_of
from rmp_milter.keeper.authority.judging import ABOUT_ENCLOSED_KEYS
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.authority.tickets import Ticket, read_ticket
from rmp_milter.keeper.desk.code_in_answer import with_code
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.entitled import learn, look_in
from rmp_milter.keeper.desk.sealmail import reader_keys, seal_message
from rmp_milter.keeper.desk.shared import reader, size_of
from rmp_milter.keeper.desk.signing import signed_message
from rmp_milter.keeper.keys.held import HeldKind

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
    persons = _readers(desk, request.readers, ticket, now)
    keys = [key for each in request.readers for key in reader_keys(_key_of(each), now)]
    if not keys:
        raise CallFailed(Why.BAD_KEY, "no reader")
    plain = request.text or reader(fd)(0, size_of(fd, desk.limits.message))
    if request.held_code:
        plain = with_code(plain, _code(desk, request, ticket, persons, now))
    sealed = seal_message(signed_message(plain, desk.keys, now), keys, desk.random)
    if len(sealed) <= INLINE_REPLY:
        return Sealed(sealed), None
    memory = Memory()
    memory.write(sealed)
    return Sealed(b""), memory


def _key_of(candidate: Candidate) -> bytes:
    return candidate.newer or candidate.certificate


def _readers(
    desk: Desk, readers: tuple[Candidate, ...], ticket: Ticket | None, now: int
) -> list[Registrant]:
    """Return the readers whom cards name; the others' keys are enclosed in a mail about them."""
    act = ticket.act if ticket else b""
    leniently = ticket is not None and ticket.verb is Verb.URGENCE
    enclosed = ticket.keys if ticket and ticket.verb in ABOUT_ENCLOSED_KEYS else ()
    with desk.journal.own() as own:
        reading = CardReading(desk.sealer, look_in(own), act, leniently=leniently)
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
