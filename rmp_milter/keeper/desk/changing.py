"""The call that changes what governs a dossier, or who somebody is: the next cards.

What is decided is in :mod:`rmp_milter.keeper.authority.amending`. Nothing is changed here: the
next card counts once it is presented, and the one in force does until then; so a mail that comes
to nothing has changed nothing, and of two at once the one that the store took.
"""

from msgspec.structs import replace

from rmp_milter.calls.authority import Contest, Locums, PatientKey, Prolong, TakeOver, Wish
from rmp_milter.calls.protocol.cards import Amend, Amended
from rmp_milter.calls.protocol.message import Event
from rmp_milter.dossier.credentials import fingerprints_of
from rmp_milter.dossier.rules import Act, Proof, Relation
from rmp_milter.keeper.authority.amending import amended_dossier
from rmp_milter.keeper.authority.amending_persons import amended_person
from rmp_milter.keeper.authority.ground import DOSSIER, PERSON
from rmp_milter.keeper.authority.judging import ACTS, dossier_grant, granted, opens
from rmp_milter.keeper.authority.next_cards import (
    OF_PERSONS,
    VERBS,
    Amending,
    Next,
)
from rmp_milter.keeper.authority.refusals import Moved, Unentitled
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.entitled import (
    Entitled,
    acting_for,
    check_in_force,
    entitled,
    leaf_of,
    note_act,
    write_entitled,
)
from rmp_milter.keeper.log.known import TAG_SIZE, Stand
from rmp_milter.keeper.log.own import Own

_BEHIND_A_RELEASE = (TakeOver, Contest, PatientKey)
"""Wishes for which documents were released before, under the leaf of the same act."""


def amend(desk: Desk, request: Amend, now: int) -> Amended:
    """Return the next cards that a mail's wish makes; the leaf is written first.

    Raises :class:`Unentitled`, ``Moved``, ``Replayed`` of :mod:`.authority.refusals`.
    """
    found = entitled(desk, request.by, now)
    wish = request.wish
    _check_asked(found, wish)
    given = Amending(desk.rules, desk.sealer, found.ground, now, desk.world)
    if isinstance(wish, OF_PERSONS):
        _check_person(desk, found, wish)
        made = amended_person(given, wish)
        # Whatever mail brings a later copy of a key along, it is about that key.
        action = Act.NOUVELLE_CLE.value if isinstance(wish, Prolong) else ""
        said = leaf_of(found, request.event, action=action)
        leaf = replace(said, subject=_subject(found, wish))
    else:
        dossier, relation, grant = dossier_grant(desk.rules, desk.sealer, found.ground)
        if not opens(grant, found.ground, dossier):
            raise Unentitled("the way in was not gone")
        made = amended_dossier(given, wish, dossier)
        leaf = leaf_of(
            found,
            request.event,
            dossier=dossier.dossier,
            way=grant.way,
            acting_for=acting_for(found.ground, is_locum=relation is Relation.LOCUM),
        )
    made = _following(desk, made)
    _write(desk, found, wish, made, leaf, now)
    sealed = desk.sealer.sealed
    return Amended(
        sealed(made.dossier) if made.dossier else b"",
        sealed(made.person) if made.person else b"",
    )


def _following(desk: Desk, made: Next) -> Next:
    """Return the cards in the revision after the one that is known.

    Where a call rests on a card that this very mail made, the next one takes that one's place.
    """
    dossier, person = made
    with desk.journal.own() as own:
        if dossier:
            dossier = replace(dossier, revision=_next_revision(own, DOSSIER + dossier.dossier))
        if person:
            person = replace(person, revision=_next_revision(own, PERSON + person.person))
    return Next(dossier, person)


def _next_revision(own: Own, key: bytes) -> int:
    known = own.known.read(key)
    return known.revision + 1 if known else 0


def _check_following(own: Own, made: Next) -> None:
    """Raise :class:`Moved` where one of that revision was learnt meanwhile."""
    dossier, person = made
    moved = dossier and dossier.revision != _next_revision(own, DOSSIER + dossier.dossier)
    if moved or (person and person.revision != _next_revision(own, PERSON + person.person)):
        raise Moved


def _check_asked(found: Entitled, wish: Wish) -> None:
    verb = found.ticket.verb
    if not isinstance(wish, Prolong) and verb not in VERBS[type(wish)]:
        raise Unentitled("the mail does not ask for this")


def _check_person(desk: Desk, found: Entitled, wish: Wish) -> None:
    """Raise :class:`Unentitled` unless the sender may change what he is, ``Moved``.

    That his key is prolonged its own key has said: any mail that it signed may bring it.
    """
    ground = found.ground
    if PERSON + ground.sender.person not in {each.key for each in found.shown}:
        raise Moved  # read leniently, in an emergency: nothing new is made of an older card
    if isinstance(wish, Prolong):
        if found.ticket.proof is not Proof.SIGNATURE:
            raise Unentitled("a copy in a mail that its key did not sign")
        return
    relation = Relation.PATIENT if ground.sender.patient_of else Relation.TREATING
    act = ACTS.get(found.ticket.verb) if found.ticket.verb else None
    granted(desk.rules, ground, act or Act.NOUVELLE_CLE, relation)
    if isinstance(wish, Locums) and not ground.sender.is_doctor:
        raise Unentitled("only doctors have locums")


def _subject(found: Entitled, wish: Wish) -> str:
    """Return the RPPS number of whom a change of the directory concerns."""
    if not isinstance(wish, Locums):
        return found.ground.sender.rpps
    before, after = set(found.ground.sender.locums), set(wish.days)
    changed = {each.locum for each in before ^ after}
    named = (each.card for each in found.ground.persons if each.card.person in changed)
    return next((card.rpps for card in named), "")


def _write(  # noqa: PLR0913, PLR0917 -- what is written, and where it came from
    desk: Desk, found: Entitled, wish: Wish, made: Next, leaf: Event, now: int
) -> None:
    """Write the change's leaf, unless the way in has written it, and note the act."""
    target = leaf.dossier_id or (made.person.person if made.person else b"")

    def also(own: Own) -> None:
        _check_following(own, made)
        _check_owner(own, made)
        _check_new(own, found, made)
        if not isinstance(wish, Prolong):  # which any mail may bring beside what it asks
            note_act(own, desk, found.ground, target, now)

    def held(own: Own) -> None:
        check_in_force(own, found.shown)
        also(own)

    if isinstance(wish, _BEHIND_A_RELEASE) and _is_noted(desk, found, target):
        desk.journal.change(held)
        return
    write_entitled(desk, found, leaf, now, also=also)


def _is_noted(desk: Desk, found: Entitled, target: bytes) -> bool:
    with desk.journal.own() as own:
        known = own.acts.read(found.ticket.act, found.ground.share)
    return known is not None and known.target == target


def _check_new(own: Own, found: Entitled, made: Next) -> None:
    """Raise :class:`Unentitled` where somebody whose card was not shown is known already.

    Else a patient's key could be put in the place of a professional, whom the milter names.
    """
    person = made.person
    if person is None or found.ground.person(person.person) is not None:
        return
    if own.known.look(PERSON + person.person, 0, bytes(TAG_SIZE)) is not Stand.NEXT:
        raise Unentitled("somebody else's place")


def _check_owner(own: Own, made: Next) -> None:
    """Raise :class:`Unentitled` for a key that is somebody else's."""
    if made.person is None:
        return
    fingerprints = map(bytes.fromhex, fingerprints_of(made.person))
    if not own.owners.all_open(fingerprints, made.person.person):
        raise Unentitled("a key that is somebody else's")
