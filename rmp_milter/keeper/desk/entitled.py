"""What a call is entitled to: its ticket and cards against what the keeper knows.

The judgement is :mod:`rmp_milter.keeper.authority`'s, on values; here are the tables that it is
made from, and the leaf under which it is held to: in the leaf's own transaction the cards are
looked at once more, so that nothing is handed out on a card that another call has overtaken.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from rmp_milter.calls.authority import Authority, Candidate
from rmp_milter.calls.protocol.message import Event
from rmp_milter.dossier.cards import DossierCard, PersonCard
from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import Way
from rmp_milter.keeper.authority.actions import check_action
from rmp_milter.keeper.authority.ground import (
    CardReading,
    Ground,
    HowItStands,
    Registrant,
    Shown,
    ground_of,
    keys_named,
)
from rmp_milter.keeper.authority.host_rules import SAME_MOMENT
from rmp_milter.keeper.authority.refusals import Moved, Replayed, Unentitled
from rmp_milter.keeper.authority.tickets import Ticket, read_ticket
from rmp_milter.keeper.desk.desk import Desk, write_leaf
from rmp_milter.keeper.log.known import Known, Stand
from rmp_milter.keeper.log.own import Own, OwnAhead

NOBODY = bytes(16)
"""In the place of a dossier where there is none."""


class Entitled(NamedTuple):
    """What a call rests on, and the cards that it was read from."""

    ground: Ground
    shown: tuple[Shown, ...]

    @property
    def ticket(self) -> Ticket:
        """The mail's ticket."""
        return self.ground.ticket


def look_in(own: Own) -> Callable[[Shown], HowItStands]:
    """Return what says how a card stands, as the tables are now."""

    def look(shown: Shown) -> HowItStands:
        stand, known = own.known.compared(shown.key, shown.card.revision, shown.tag)
        if known is None:
            return HowItStands(stand)
        return HowItStands(stand, known.certificate, frozenset(known.others))

    return look


def entitled(desk: Desk, by: Authority, now: int) -> Entitled:
    """Return what a call rests on; cards that were committed since are learnt.

    Raises :class:`~rmp_milter.keeper.keys.held.HeldError` for a ticket that is none,
    :class:`Unentitled`, :class:`Moved`.
    """
    ticket = read_ticket(desk.holder, by.ticket, now)
    leniently = ticket.verb is Verb.URGENCE
    named = keys_named(desk.sealer, (by.dossier, *(each.card for each in by.persons)))
    with desk.journal.looking(named) as own:
        reading = CardReading(
            desk.sealer, look_in(own), ticket.act, leniently=leniently, world=desk.world
        )
        ground = ground_of(reading, ticket, by, now)
    learn(desk, reading.learnt)
    return Entitled(ground, tuple(reading.shown))


def known_persons(
    desk: Desk, candidates: Iterable[Candidate], now: int
) -> tuple[Registrant, ...]:
    """Return those of the candidates whose cards count, to see who signed a mail."""
    shown = tuple(candidates)
    with desk.journal.looking(keys_named(desk.sealer, (each.card for each in shown))) as own:
        reading = CardReading(desk.sealer, look_in(own), leniently=True, world=desk.world)
        persons = tuple(reading.persons(shown, now))
    learn(desk, reading.learnt)
    return persons


def learn(desk: Desk, shown: Sequence[Shown]) -> None:
    """Let cards be in force from now on, which were committed since they were made.

    Raises :class:`Moved` where another one was learnt meanwhile.
    """
    if not shown:
        return

    def change(own: Own) -> None:
        for each in shown:
            stand = own.known.look(each.key, each.card.revision, each.tag)
            if stand not in {Stand.NEXT, Stand.CURRENT}:
                raise Moved
            if stand is Stand.NEXT:
                _check_only_one(own, each.card)
                own.known.learn(each.key, known_of(each))
                note_card(own, each.card)

    desk.journal.change(change)


def _check_only_one(own: Own, card: DossierCard | PersonCard) -> None:
    """Raise :class:`Unentitled` for a second dossier that one mail made.

    Each try of a creation makes another id; whichever was committed is shown first.
    """
    if isinstance(card, DossierCard) and not card.revision:
        acts = own.acts.shares(card.act).values()
        if any(each.done and each.verb == Verb.CREATION for each in acts):
            raise Unentitled("the mail has made another dossier")


def known_of(shown: Shown) -> Known:
    """Return what is known of a card in force."""
    card = shown.card
    if isinstance(card, DossierCard):
        return Known(card.revision, shown.tag)
    others = tuple(each.digest for each in card.credentials)
    return Known(card.revision, shown.tag, card.certificate, others)


def note_card(own: Own, card: DossierCard | PersonCard) -> None:
    """Note what a card in force makes known besides: its act is done, who is found by what."""
    # A creation is noted before its dossier has an id; only that dossier's card says it is done.
    targets = {card.dossier, b""} if isinstance(card, DossierCard) else {card.person}
    for share, act in own.acts.shares(card.act).items():
        if act.target in targets:
            own.acts.mark_done(card.act, share)
    if isinstance(card, PersonCard):
        for fingerprint in fingerprints_of(card):
            own.owners.claim(bytes.fromhex(fingerprint), card.person)
    elif card.closed_at:
        own.traits.remove(card.dossier)
    else:
        own.traits.put(card.dossier, card.traits, card.number)


def note_act(own: Own, desk: Desk, ground: Ground, target: bytes, now: int) -> None:
    """Note what the mail is used for; raise where it was used for something else.

    Raises :class:`Replayed` for a change that was made and committed, :class:`Unentitled`.
    """
    ticket = ground.ticket
    verb = ticket.verb.value if ticket.verb else ""
    expires = now + desk.rules.remembered
    if own.acts.note(ticket.act, verb, target, expires, ground.share):
        return
    known = own.acts.read(ticket.act, ground.share)
    if known and known.done:
        raise Replayed
    raise Unentitled("the mail was used for something else")


def check_undone(own: Own, ground: Ground) -> None:
    """Raise :class:`Replayed` where what the mail changes was changed by it before."""
    known = own.acts.read(ground.ticket.act, ground.share)
    if known and known.done:
        raise Replayed


def write_entitled(  # noqa: PLR0913 -- the leaf, and what is written with it
    desk: Desk,
    found: Entitled,
    event: Event,
    now: int,
    *,
    reason: str = "",
    also: Callable[[Own], None] | None = None,
    once: Callable[[Own], None] | None = None,
) -> int:
    """Write a call's leaf, if its cards are still in force; return its place.

    ``also`` writes into the keeper's own tables with it, ``once`` where the leaf is new. Raises
    :class:`Moved`, and what the two raise.
    """

    def with_it(own: Own, is_new: bool) -> None:  # noqa: FBT001 -- as the journal calls it
        check_in_force(own, found.shown)
        for write in (also, once if is_new else None):
            if write is not None:
                write(own)

    ticket = found.ground.ticket
    asked = OwnAhead(
        known=[each.key for each in found.shown], acts=[(ticket.act, found.ground.share)]
    )
    return write_leaf(desk, event, now, reason, with_it, asked=asked)


def check_in_force(own: Own, shown: Iterable[Shown]) -> None:
    """Raise :class:`Moved` where a call's card was overtaken meanwhile."""
    for each in shown:
        stand = own.known.look(each.key, each.card.revision, each.tag)
        if stand not in {Stand.CURRENT, Stand.NEXT}:
            raise Moved


def leaf_of(  # noqa: PLR0913 -- a leaf has as many fields
    found: Entitled,
    event: Event,
    *,
    dossier: bytes = b"",
    documents: Iterable[bytes] = (),
    way: Way | None = None,
    outcome: str = "granted",
    acting_for: str = "",
    action: str = "",
) -> Event:
    """Return the call's event with all that the keeper itself knows of it.

    What is left of the milter's word is the address that it says the mail came from, the
    entries' numbers, and, without ``action``, which of the names it bears that what the mail
    asks may have: raises :class:`Unentitled` for any other.
    """
    if not action:
        check_action(found.ground, event.action)
    ticket, sender = found.ticket, found.ground.sender
    proofs = [*(each.value for each in ticket.known_by), *([way.value] if way else [])]
    is_near = abs(event.at - ticket.at) <= SAME_MOMENT
    return replace(
        event,
        action=action or event.action,
        at=event.at if is_near else ticket.at,
        request=ticket.act,
        actor_rpps=sender.rpps,
        actor_fingerprint=sender.fingerprint,
        dossier_id=dossier,
        documents=tuple(documents),
        outcome=outcome,
        proof="+".join(dict.fromkeys(proofs)),
        acting_for=acting_for,
        subject="",
        witnesses=(),
        purpose="",
        reference="",
        reason=b"",
    )


def acting_for(ground: Ground, *, is_locum: bool) -> str:
    """Return the RPPS number of the médecin traitant for whom a locum acts."""
    if not is_locum or ground.dossier is None:
        return ""
    principal = ground.person(ground.dossier.treating)
    return principal.rpps if principal else ""
