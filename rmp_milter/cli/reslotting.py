"""All dossiers' slots, sealed to the keeper's present custody key, while mails come in."""

from collections.abc import Sequence

from msgspec.structs import replace

from rmp_milter.calls.protocol.rotating import NewSlots, Reslot, Reslotted, ToReslot
from rmp_milter.cli.by_and_by import Progress, RecordsMoved, by_and_by
from rmp_milter.cli.cards import show_committed
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.dossier.changes import Changes, DossierUpdate
from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.revisions import revised
from rmp_milter.store.surface import Store

ACTION = "nouvelle clé de garde"


def reslot_all(keeper: HostKeeper, store: Store, now: int, told: Progress) -> RecordsMoved:
    """Seal anew what is under a former key, some dossiers at a time; again, what is missing.

    ``told`` hears how many dossiers of how many were looked at.
    """

    def together(some: Sequence[bytes]) -> RecordsMoved:
        return _together(keeper, store, some, now)

    with store.snapshot() as view:
        everything = [each.dossier_id for each in view.dossiers() if each.slots.custody]
    return by_and_by(everything, together, _named, told)


def _named(dossier_id: bytes) -> str:
    return f"dossier {dossier_id.hex()}"


def _together(
    keeper: HostKeeper, store: Store, some: Sequence[bytes], now: int
) -> RecordsMoved:
    """Have the keeper make their slots and commit them; raise :class:`Conflict`."""
    with store.snapshot() as view:
        dossiers = [each for each in map(view.dossier, some) if each and each.slots.custody]
    asked = Reslot(tuple(map(_wanted, dossiers)), keeper.event(ACTION, ""))
    made = [*zip(dossiers, keeper.ask(Reslotted, asked).slots, strict=True)]
    changed = [_renewed(dossier, slots) for dossier, slots in made if slots.card]
    if changed:
        store.commit(Changes(updates=tuple(map(DossierUpdate, changed))), now)
        show_committed(keeper, *changed)
    faults = [f"{_named(each.dossier_id)}: {new.fault}" for each, new in made if new.fault]
    return RecordsMoved(len(changed), faults)


def _wanted(dossier: Dossier) -> ToReslot:
    slots = dossier.slots
    return ToReslot(dossier.card, slots.custody, slots.vitale, dossier.patient.nir)


def _renewed(dossier: Dossier, new: NewSlots) -> Dossier:
    slots = replace(dossier.slots, custody=new.custody, vitale=new.vitale)
    return revised(dossier, slots=slots, card=new.card)
