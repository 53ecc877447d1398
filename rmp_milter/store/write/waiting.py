"""Deposits that wait for their patient's dossier, written: kept, adopted, expired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import trait_links, u32
from rmp_milter.store.format.failures import Conflict, StoreError
from rmp_milter.store.format.records import StoredWaiting
from rmp_milter.store.format.tables import StoreTable

if TYPE_CHECKING:
    from rmp_milter.dossier.changes import Adoption, Changes, NewWaiting
    from rmp_milter.dossier.model import Entry, Waiting
    from rmp_milter.store.write.bodies import BodyRecorder
    from rmp_milter.store.write.writing import Writing


class WaitingRecorder:
    """Checks and writes waiting deposits in one write transaction."""

    def __init__(self, writing: Writing, bodies: BodyRecorder) -> None:
        self._writing = writing
        self._codecs = writing.codecs
        self._bodies = bodies

    def check(self, changes: Changes) -> None:
        """Raise :class:`Conflict` where a deposit to take away does not wait any more."""
        for new in changes.waiting:
            if self._writing.has(StoreTable.WAITING, new.waiting.waiting_id):
                raise StoreError("the waiting deposit's identifier is taken")
        for adoption in changes.adoptions:
            self._check_adoption(adoption)
        for waiting_id in (
            *changes.expired,
            *(each.waiting_id for each in changes.waiting_cards),
        ):
            if not self._writing.has(StoreTable.WAITING, waiting_id):
                raise Conflict("waiting")

    def _check_adoption(self, adoption: Adoption) -> None:
        stored = self._find(adoption.waiting_id)
        if stored is None:
            raise Conflict("waiting")
        if _contents(adoption.entry) != _contents(stored.waiting.entry):
            raise StoreError("the adopted documents are not those that waited")

    def add(self, new: NewWaiting) -> None:
        """Write a deposit that waits, its bodies and the links that lead to it."""
        waiting = new.waiting
        traits = trait_links(self._codecs.blind, LinkKind.WAITING, new.trait_keys)
        stored = StoredWaiting(waiting=waiting, traits=traits)
        sealed = self._codecs.waiting.seal(waiting.waiting_id, stored)
        self._writing.ledger.waiting += 1
        self._writing.add(StoreTable.WAITING, waiting.waiting_id, sealed)
        self._writing.add(StoreTable.WAITING_EXPIRY, _expiry(waiting), b"")
        self._writing.link(traits, waiting.waiting_id)
        for body in new.bodies:
            self._bodies.add(body)

    def give_card(self, waiting_id: bytes, card: bytes) -> None:
        """Write a deposit that waits anew, with its card."""
        stored = self._find(waiting_id)
        if stored is None:
            raise StoreError("the waiting deposit is not there")
        changed = replace(stored, waiting=replace(stored.waiting, card=card))
        self._writing.seal(StoreTable.WAITING, self._codecs.waiting, waiting_id, changed)

    def take(self, waiting_id: bytes) -> Waiting:
        """Remove a deposit from those that wait and return it; its bodies stay."""
        stored = self._find(waiting_id)
        if stored is None:
            raise StoreError("the waiting deposit is not there")
        self._writing.ledger.waiting -= 1
        self._writing.txn.delete(StoreTable.WAITING, waiting_id)
        self._writing.txn.delete(StoreTable.WAITING_EXPIRY, _expiry(stored.waiting))
        self._writing.unlink(stored.traits, waiting_id)
        return stored.waiting

    def expire(self, waiting_id: bytes, now: int) -> None:
        """Remove a deposit that waited in vain, and give its bodies up."""
        for document in self.take(waiting_id).entry.documents:
            self._bodies.give_up(document.document_id, now)

    def _find(self, waiting_id: bytes) -> StoredWaiting | None:
        return self._writing.read(StoreTable.WAITING, self._codecs.waiting, waiting_id)


def _expiry(waiting: Waiting) -> bytes:
    return u32(waiting.expires_at) + waiting.waiting_id


def _contents(entry: Entry) -> list[tuple[bytes, bytes, int]]:
    return sorted((each.document_id, each.digest, each.size) for each in entry.documents)
