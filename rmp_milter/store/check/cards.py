"""Verification of the keeper's cards: that the store says what the keeper vouched for.

Whether a card is the keeper's own, and the one in force, only the keeper can tell: here it is
compared with the record beside it, by all that both say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from rmp_milter.dossier.cards import CardError, dossier_card, person_card, waiting_card
from rmp_milter.dossier.said import (
    dossier_named,
    dossier_said,
    person_named,
    person_said,
    unlike,
)
from rmp_milter.dossier.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rmp_milter.dossier.cards import DossierCard, Masked
    from rmp_milter.dossier.model import Doctor, Dossier, NumberedEntry, Waiting
    from rmp_milter.store.check.walk import Walk

    Entries = Callable[[], Sequence[NumberedEntry]]

VOUCH = "rmp store vouch"


class CardCheck:
    """Compares cards with records as they are walked through, and counts those without one."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._with = self._without = 0

    def person(self, doctor: Doctor) -> None:
        """Note where the directory is not what the keeper vouched for."""
        if self._has(doctor.card):
            self._compare(
                person_named(doctor),
                lambda: unlike(person_card(doctor.card), person_said(doctor)),
            )

    def dossier(self, dossier: Dossier, patient: bytes, entries: Entries) -> None:
        """Note where a dossier is not what the keeper vouched for; ``entries`` gives all of it.

        An erased one has no card, which is looked at elsewhere.
        """
        if self._has(dossier.card):
            self._compare(
                dossier_named(dossier),
                lambda: _dossier_unlike(dossier_card(dossier.card), dossier, patient, entries),
            )

    def waiting(self, waiting: Waiting) -> None:
        """Note where a waiting deposit is not what the keeper vouched for."""
        if self._has(waiting.card):
            self._compare(
                f"waiting deposit {waiting.waiting_id.hex()}", lambda: _waiting_unlike(waiting)
            )

    def finish(self) -> None:
        """Say how many have no card: of a store from before there were any, or not through."""
        if not self._without:
            return
        line = f"{self._without} records have no card of the keeper's yet: {VOUCH}"
        (self._walk.add if self._with else self._walk.note)(line)

    def _has(self, card: bytes) -> bool:
        self._with += bool(card)
        self._without += not card
        return bool(card)

    def _compare(self, whose: str, differences: Callable[[], tuple[str, ...]]) -> None:
        try:
            found = differences()
        except CardError:
            self._walk.add(f"the card of {whose} cannot be read")
            return
        if found:
            fields = ", ".join(found).replace("_", " ")
            self._walk.add(f"the card of {whose} says otherwise than its record: {fields}")


def _dossier_unlike(
    card: DossierCard, dossier: Dossier, patient: bytes, entries: Entries
) -> tuple[str, ...]:
    filed = entries() if dossier.masks or card.masked else ()
    said = dossier_said(dossier, filed, patient)
    if _is_masked_enough(card.masked, said.masked, filed):
        card = replace(card, masked=said.masked)
    return unlike(card, said)


def _is_masked_enough(
    vouched: Sequence[Masked], said: Sequence[Masked], entries: Sequence[NumberedEntry]
) -> bool:
    """Whether the card masks all that must be, and nothing else.

    What took a masked entry's place may be missing: whoever corrects a deposit of his own does
    not know that it is masked, and nothing tells him.
    """
    took = versions(entries)
    newer = {
        document.document_id
        for each in entries
        if each.number in took
        for document in each.entry.documents
    }
    needed = {each for each in said if each.document not in newer}
    return needed <= {*vouched} <= {*said}


def _waiting_unlike(waiting: Waiting) -> tuple[str, ...]:
    card, entry = waiting_card(waiting.card), waiting.entry
    documents = {each.document_id for each in entry.documents}
    same = {
        "waiting": card.waiting == waiting.waiting_id,
        "depositor": card.depositor == entry.author,
        "documents": {*card.documents} == documents,
    }
    return tuple(name for name, is_same in same.items() if not is_same)
