"""All dossiers' slots, sealed to the keeper's present custody key, while mails come in."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from rmp_milter.calls.protocol import NewSlots, Reslot, Reslotted, ToReslot
from rmp_milter.cli.cards import show_committed
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.revisions import revised
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Store

ACTION = "nouvelle clé de garde"
Progress = Callable[[int, int], None]
AT_ONCE = 100
"""Dossiers in a call, a leaf and a transaction."""
_TRIES = 5
CHANGED = "it changes faster than the keeper answers"


class SlotsMoved(msgspec.Struct, frozen=True):
    """How many dossiers have new slots; a line on each that has none."""

    dossiers: int
    refused: list[str]


def reslot_all(keeper: HostKeeper, store: Store, now: int, told: Progress) -> SlotsMoved:
    """Seal anew what is under a former key, some dossiers at a time; again, what is missing.

    ``told`` hears how many dossiers of how many were looked at.
    """
    with store.snapshot() as view:
        everything = [each.dossier_id for each in view.dossiers() if each.slots.custody]
    moved, refused = 0, list[str]()
    for first in range(0, len(everything), AT_ONCE):
        some = everything[first : first + AT_ONCE]
        done = _some(keeper, store, some, now)
        moved += done.dossiers
        refused += done.refused
        told(first + len(some), len(everything))
    return SlotsMoved(moved, refused)


def _some(keeper: HostKeeper, store: Store, some: Sequence[bytes], now: int) -> SlotsMoved:
    """Do these together; where one of them changes meanwhile, or has a fault, each alone."""
    try:
        done = _together(keeper, store, some, now)
    except Conflict:
        done = SlotsMoved(0, [CHANGED])
    if not done.refused:
        return done
    alone = [_alone(keeper, store, each, now) for each in some]
    lines = [line for each in alone for line in each.refused]
    return SlotsMoved(done.dossiers + sum(each.dossiers for each in alone), lines)


def _alone(keeper: HostKeeper, store: Store, dossier_id: bytes, now: int) -> SlotsMoved:
    done = SlotsMoved(0, [f"dossier {dossier_id.hex()}: {CHANGED}"])
    for _ in range(_TRIES):
        try:
            done = _together(keeper, store, (dossier_id,), now)
        except Conflict:
            continue
        if not done.refused:
            break
    return done


def _together(keeper: HostKeeper, store: Store, some: Sequence[bytes], now: int) -> SlotsMoved:
    """Have the keeper make their slots and commit them; raise :class:`Conflict`."""
    with store.snapshot() as view:
        dossiers = [each for each in map(view.dossier, some) if each and each.slots.custody]
    asked = Reslot(tuple(map(_wanted, dossiers)), keeper.event(ACTION, ""))
    made = [*zip(dossiers, keeper.ask(Reslotted, asked).slots, strict=True)]
    changed = [_renewed(dossier, slots) for dossier, slots in made if slots.card]
    if changed:
        store.commit(Changes(updates=tuple(map(DossierUpdate, changed))), now)
        show_committed(keeper, *changed)
    faults = [
        f"dossier {each.dossier_id.hex()}: {new.fault}" for each, new in made if new.fault
    ]
    return SlotsMoved(len(changed), faults)


def _wanted(dossier: Dossier) -> ToReslot:
    slots = dossier.slots
    return ToReslot(dossier.card, slots.custody, slots.vitale, dossier.patient.nir)


def _renewed(dossier: Dossier, new: NewSlots) -> Dossier:
    slots = replace(dossier.slots, custody=new.custody, vitale=new.vitale)
    return revised(dossier, slots=slots, card=new.card)
