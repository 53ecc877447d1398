"""A keeper whose pepper is another one: as it starts then, and when the change is ended."""

import dataclasses
import secrets
from collections.abc import Sequence

from keeper_case import NOW, ask, hosts_event
from little_host import Kept, LittleHost, Member
from msgspec.structs import replace

from rmp_milter.calls.protocol.cards import Show
from rmp_milter.calls.protocol.rotating import NewCard, Recard, Recarded, ToRecard
from rmp_milter.host.pepper_rotation import what_is_kept
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.doors import Door
from rmp_milter.keeper.keys.keys import Keys
from rmp_milter.keeper.keys.peppers import FormerPepper

ACTION = "nouveau poivre"


def rotated(desk: Desk) -> Desk:
    """Return the desk as it is with another pepper: its tables are carried on at its start."""
    keys = desk.keys
    former = (*keys.former_peppers, FormerPepper("pepper-20261201.key", keys.pepper))
    made = dataclasses.replace(
        keys, pepper=secrets.token_bytes(32), acts=keys.known_by, former_peppers=former
    )
    return started(desk, made)


def ended(desk: Desk, under: Sequence[bytes]) -> Desk:
    """Return the desk as it is when no card of a former pepper counts.

    ``under`` are the ids of the peppers that codes are under.
    """
    keys = desk.keys
    kept = what_is_kept(keys.peppers, {each.hex(): 1 for each in under})
    return started(desk, dataclasses.replace(keys, former_peppers=(), kept=kept))


def started(desk: Desk, keys: Keys) -> Desk:
    """Return the desk of a keeper that starts with these keys."""
    found = keys.peppers

    def since(mark: bytes) -> Sequence[bytes]:
        known = found.traits_since(mark)
        assert known is not None
        return known

    desk.journal.carry(found.present_id, since)
    return dataclasses.replace(desk, keys=keys)


def recarded(host: LittleHost, *cards: ToRecard) -> tuple[NewCard, ...]:
    """Have cards made anew, by the host."""
    request = Recard(cards, hosts_event(ACTION))
    reply = ask(host.desk, request, now=NOW, door=Door.OPERATOR).reply
    assert isinstance(reply, Recarded), reply
    return reply.cards


def wanted(kept: Kept, nir: str, *, ends_code: bool = False) -> ToRecard:
    """Return what the command asks of a dossier."""
    return ToRecard(kept.card, kept.slots.vitale, nir, ends_code)


def renewed(host: LittleHost, kept: Kept, new: NewCard) -> Kept:
    """Return the dossier as it stands once that is committed and shown."""
    assert new.card, new.fault
    host.ask(Show((new.card,)))
    slots = replace(kept.slots, vitale=new.vitale)
    return dataclasses.replace(kept, card=new.card, slots=slots)


def renew_member(host: LittleHost, member: Member) -> None:
    """Have somebody's card made anew, committed and shown."""
    (new,) = recarded(host, ToRecard(member.card))
    assert new.card, new.fault
    host.ask(Show((new.card,)))
    host.members[member.said.mail] = dataclasses.replace(member, card=new.card)
