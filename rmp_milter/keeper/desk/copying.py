"""Who may be sent a document translated: for whom it was sealed so, and what that rests on.

What was sealed for the answer to one mail opens with that mail's ticket alone. What was sealed
for a reader with a standing opens as long as the dossier's card says that he has it: not for a
former médecin traitant, nor of a dossier that was erased, whatever a copy of the store holds.
"""

from typing import NamedTuple

from rmp_milter.calls.protocol.answering import Translate
from rmp_milter.calls.protocol.message import Event
from rmp_milter.calls.protocol.releasing import TRANSLATED_ACTION
from rmp_milter.credentials import CredentialError
from rmp_milter.dossier.model import Verb
from rmp_milter.errors import GONE
from rmp_milter.keeper.authority.ground import DOSSIER, CardReading, Registrant, Shown
from rmp_milter.keeper.authority.host_rules import SAME_MOMENT
from rmp_milter.keeper.authority.judging import standing_in
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.authority.tickets import Ticket, read_ticket
from rmp_milter.keeper.desk.desk import Desk, write_leaf
from rmp_milter.keeper.desk.entitled import check_in_force, learn, look_in
from rmp_milter.keeper.desk.readers import DocumentOwner, copy_of
from rmp_milter.keeper.keys.sealing import SealError, open_to_translate
from rmp_milter.keeper.log.known import Stand
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.openpgp.sessionkey import SessionKey


class Delivery(NamedTuple):
    """Who is sent a document, in answer to which mail, by which session key."""

    person: Registrant
    ticket: Ticket
    key: SessionKey
    shown: tuple[Shown, ...]


def delivery_of(desk: Desk, request: Translate, now: int) -> Delivery:
    """Return what a translation rests on.

    Raises :class:`Unentitled` for a reader whom no card names, for what was not sealed for him and
    this document, and for a dossier that was erased;
    :class:`~rmp_milter.keeper.authority.refusals.Moved`,
    :class:`~rmp_milter.keeper.keys.held.HeldError`.
    """
    ticket = read_ticket(desk.holder, request.ticket, now)
    leniently = ticket.verb is Verb.URGENCE
    with desk.journal.own() as own:
        _check_there(own, request)
        reading = CardReading(
            desk.sealer, look_in(own), ticket.act, leniently=leniently, world=desk.world
        )
        person = reading.person(request.reader, now)
        # Whatever may be lenient in an emergency, who has a standing is no such thing.
        strictly = CardReading(desk.sealer, look_in(own), ticket.act)
        once = DocumentOwner(request.dossier_id, ticket.act, request.waits)
        key = _key(desk, request, person, once) or _standing_key(
            desk, request, strictly, person
        )
    learn(desk, [*reading.learnt, *strictly.learnt])
    return Delivery(person, ticket, key, (*reading.shown, *strictly.shown))


def _check_there(own: Own, request: Translate) -> None:
    """Raise :class:`Unentitled` where the keeper knows that the dossier was erased."""
    if request.waits:
        return
    if own.known.look(DOSSIER + request.dossier_id, 0, bytes(16)) is Stand.GONE:
        raise Unentitled(GONE)


def _standing_key(
    desk: Desk, request: Translate, reading: CardReading, person: Registrant
) -> SessionKey:
    key = (
        None
        if request.waits
        else _key(desk, request, person, DocumentOwner(request.dossier_id))
    )
    if key is None or not request.dossier:
        raise Unentitled("not sealed for this reader and document")
    dossier = reading.dossier(request.dossier)
    if dossier.dossier != request.dossier_id or person.card.person not in standing_in(dossier):
        raise Unentitled("a reader who has no standing in the dossier")
    return key


def _key(
    desk: Desk, request: Translate, person: Registrant, owner: DocumentOwner
) -> SessionKey | None:
    """Return the session key that was sealed so for any of the reader's keys, None for none."""
    for certificate in dict.fromkeys((person.certificate, *person.certificates)):
        try:
            copy = copy_of(certificate, owner)
            return open_to_translate(desk.keys.all_translation, copy, request.document)
        except (SealError, CredentialError):
            continue
    return None


def write_delivery(desk: Desk, request: Translate, found: Delivery, now: int) -> None:
    """Write that the reader was sent this document translated; of what, the seal has said.

    Raises :class:`Unentitled`, ``Moved`` where that is not so any more.
    """

    def with_it(own: Own, _is_new: bool) -> None:  # noqa: FBT001 -- as the journal calls it
        _check_there(own, request)
        check_in_force(own, found.shown)

    write_leaf(desk, _leaf(request, found), now, with_it=with_it)


def _leaf(request: Translate, found: Delivery) -> Event:
    """Return the leaf; of the milter's word it takes a time near the mail's alone."""
    card, at = found.person.card, request.event.at
    return Event(
        at=at if abs(at - found.ticket.at) <= SAME_MOMENT else found.ticket.at,
        action=TRANSLATED_ACTION,
        request=found.ticket.act,
        actor_rpps=card.rpps,
        actor_fingerprint=card.fingerprint,
        sender="",
        dossier_id=b"" if request.waits or request.unsent else request.dossier_id,
        documents=() if request.unsent else (request.document.document_id,),
        outcome="none" if request.unsent else "granted",
    )
