"""All cards made anew under the keeper's present pepper, while mails come in."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from rmp_milter.calls.protocol.rotating import NewCard, Recard, Recarded, ToRecard
from rmp_milter.cli.by_and_by import Progress, RecordsMoved, by_and_by
from rmp_milter.cli.cards import show_committed
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.dossier.changes import CardOfWaiting, Changes, DossierUpdate
from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.revisions import revised
from rmp_milter.store.format.failures import Conflict, StoreError
from rmp_milter.store.surface import Store

ACTION = "nouveau poivre"


class CardsMoved(msgspec.Struct, frozen=True):
    """How many cards of each kind were made anew; a line on each that could not be."""

    persons: int
    dossiers: int
    waiting: int
    refused: list[str]

    @property
    def count(self) -> int:
        """How many in all."""
        return self.persons + self.dossiers + self.waiting


class Recarding:
    """Has cards made anew, some of a kind at a time; again, it does what is missing."""

    def __init__(self, keeper: HostKeeper, store: Store, now: int, told: Progress) -> None:
        """``told`` hears how many of how many were looked at."""
        self._keeper, self._store = keeper, store
        self._now, self._told = now, told

    def everything(self) -> CardsMoved:
        """Have the cards made of persons, of dossiers, and of deposits that wait."""
        with self._store.snapshot() as view:
            persons = [each.doctor_id for each in view.doctors() if each.card]
            dossiers = [each.dossier_id for each in view.dossiers() if each.card]
            waiting = [each.waiting_id for each in view.waiting() if each.card]
        his = by_and_by(persons, self.persons, _person, self._told)
        theirs = by_and_by(dossiers, self.dossiers, _dossier, self._told)
        others = by_and_by(waiting, self.waiting, _deposit, self._told)
        refused = [*his.refused, *theirs.refused, *others.refused]
        return CardsMoved(his.count, theirs.count, others.count, refused)

    def without_codes(self, present: bytes) -> RecordsMoved:
        """End the codes whose slots are not under the ``present`` pepper, by its id."""
        with self._store.snapshot() as view:
            found = [each.dossier_id for each in view.dossiers() if _is_before(each, present)]

        def together(some: Sequence[bytes]) -> RecordsMoved:
            return self.dossiers(some, present=present)

        return by_and_by(found, together, _dossier, self._told)

    def persons(self, some: Sequence[bytes]) -> RecordsMoved:
        """Do these persons; raises :class:`Conflict`."""
        with self._store.snapshot() as view:
            found = [each for each in map(view.doctor, some) if each and each.card]
        made = self._made([ToRecard(each.card) for each in found])
        pairs = [*zip(found, made, strict=True)]
        changed = [revised(each, card=new.card) for each, new in pairs if new.card]
        if changed:
            self._store.commit(Changes(doctors=tuple(changed)), self._now)
            show_committed(self._keeper, *changed)
        faults = [f"{_person(each.doctor_id)}: {new.fault}" for each, new in pairs if new.fault]
        return RecordsMoved(len(changed), faults)

    def dossiers(self, some: Sequence[bytes], present: bytes = b"") -> RecordsMoved:
        """Do these dossiers; with an id, end codes that are not under it. Raises as above."""
        with self._store.snapshot() as view:
            found = [each for each in map(view.dossier, some) if each and each.card]
        asked = [
            ToRecard(
                each.card,
                each.slots.vitale,
                each.patient.nir,
                ends_code=bool(present) and _is_before(each, present),
            )
            for each in found
        ]
        made = [*zip(found, asked, self._made(asked), strict=True)]
        changed = [_renewed(*each) for each in made if each[2].card]
        if changed:
            self._store.commit(Changes(updates=tuple(map(DossierUpdate, changed))), self._now)
            show_committed(self._keeper, *changed)
        faults = [
            f"{_dossier(each.dossier_id)}: {new.fault}" for each, _, new in made if new.fault
        ]
        return RecordsMoved(len(changed), faults)

    def waiting(self, some: Sequence[bytes]) -> RecordsMoved:
        """Do these deposits that wait; raises as above."""
        with self._store.snapshot() as view:
            found = [each for each in map(view.waiting_one, some) if each and each.card]
        made = self._made([ToRecard(each.card) for each in found])
        pairs = [*zip(found, made, strict=True)]
        cards = tuple(
            CardOfWaiting(each.waiting_id, new.card) for each, new in pairs if new.card
        )
        if cards:
            try:
                self._store.commit(Changes(waiting_cards=cards), self._now)
            except StoreError as error:
                with self._store.snapshot() as view:
                    if all(view.waiting_one(each.waiting_id) for each in cards):
                        raise
                raise Conflict("waiting") from error  # attached meanwhile, or its time is over
        faults = [
            f"{_deposit(each.waiting_id)}: {new.fault}" for each, new in pairs if new.fault
        ]
        return RecordsMoved(len(cards), faults)

    def _made(self, asked: Sequence[ToRecard]) -> tuple[NewCard, ...]:
        if not asked:
            return ()
        request = Recard(tuple(asked), self._keeper.event(ACTION, ""))
        return self._keeper.ask(Recarded, request).cards


def _person(person_id: bytes) -> str:
    return f"person {person_id.hex()}"


def _dossier(dossier_id: bytes) -> str:
    return f"dossier {dossier_id.hex()}"


def _deposit(waiting_id: bytes) -> str:
    return f"deposit {waiting_id.hex()}"


def _is_before(dossier: Dossier, present: bytes) -> bool:
    return dossier.slots.code is not None and dossier.slots.code.pepper != present


def _renewed(dossier: Dossier, asked: ToRecard, new: NewCard) -> Dossier:
    code = None if asked.ends_code else dossier.slots.code
    slots = replace(dossier.slots, vitale=new.vitale, code=code)
    return revised(dossier, slots=slots, card=new.card)
