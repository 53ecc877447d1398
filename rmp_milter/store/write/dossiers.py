"""Dossiers and their chains of entries, written: made, changed, added to."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import dossier_links, erasure_key, trait_links, u32
from rmp_milter.store.format.failures import Conflict, StoreError
from rmp_milter.store.format.records import Head, StoredDossier, StoredEntry, chain_start
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.write.terms import move_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rmp_milter.dossier.changes import Counted, DossierUpdate, NewDossier
    from rmp_milter.dossier.model import Dossier, Entry
    from rmp_milter.store.write.writing import Writing


class DossierRecorder:
    """Checks and writes dossiers and entries in one write transaction."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._codecs = writing.codecs

    def find(self, dossier_id: bytes) -> StoredDossier | None:
        """Return the dossier as it is stored now."""
        return self._writing.read(StoreTable.DOSSIERS, self._codecs.dossiers, dossier_id)

    # What speaks against

    def check_new(self, dossiers: Sequence[NewDossier]) -> None:
        """Raise :class:`Conflict` where others fit the traits than the decision saw."""
        claimed: dict[bytes, set[bytes]] = {}
        for new in dossiers:
            if self._writing.has(StoreTable.DOSSIERS, new.dossier.dossier_id):
                raise StoreError("the new dossier's identifier is taken")
            for link in self._trait_links(new):
                holders = claimed.setdefault(link, self._writing.holders(link))
                if holders.difference(new.seen):
                    raise Conflict("patient")
                holders.add(new.dossier.dossier_id)

    def check_update(self, update: DossierUpdate) -> None:
        """Raise :class:`Conflict` unless the stored state is the one before this."""
        new, stored = update.dossier, self.find(update.dossier.dossier_id)
        if stored is None or stored.dossier.revision != new.revision - 1:
            raise Conflict("dossier")
        if update.entries not in {None, self._head(new.dossier_id).count}:
            raise Conflict("entries")
        if _fixed(new) != _fixed(stored.dossier):
            raise StoreError("a dossier's key and date of creation never change")
        if is_erased(stored.dossier) or is_erased(new):
            raise StoreError("an update neither erases a dossier nor changes an erased one")

    def check_count(self, counted: Counted) -> None:
        """Raise :class:`Conflict` where the dossier has other entries than were counted."""
        if self._head(counted.dossier_id).count != counted.entries:
            raise Conflict("entries")

    def check_open(self, dossier_id: bytes, new: Sequence[NewDossier]) -> None:
        """Raise where nothing can be added to the dossier, which may be among ``new``.

        A dossier that was closed meanwhile is a :class:`Conflict`: a deposit says
        nothing of the revision that it was decided on, and a closed one takes none.
        """
        if any(each.dossier.dossier_id == dossier_id for each in new):
            return
        stored = self.find(dossier_id)
        if stored is None:
            raise StoreError("the entry's dossier does not exist")
        if stored.dossier.closure is not None:
            raise Conflict("dossier")

    # The writes

    def add(self, new: NewDossier) -> None:
        """Write a new dossier, with the head of an empty chain."""
        dossier_id = new.dossier.dossier_id
        stored = StoredDossier(dossier=new.dossier, traits=self._trait_links(new))
        self._writing.ledger.dossiers += 1
        sealed = self._codecs.dossiers.seal(dossier_id, stored)
        self._writing.add(StoreTable.DOSSIERS, dossier_id, sealed)
        self._put_head(dossier_id, Head(count=0, last=chain_start(dossier_id)))
        self._writing.link(dossier_links(self._codecs.blind, stored), dossier_id)
        self._writing.move(StoreTable.ERASURES_DUE, None, erasure_key(new.dossier))
        move_terms(self._writing, None, new.dossier)

    def update(self, update: DossierUpdate) -> None:
        """Write a dossier's new state, with new look-up keys where they are given."""
        old = self.stored(update.dossier.dossier_id)
        traits = self._trait_links(update) if update.trait_keys else old.traits
        self.replace(old, StoredDossier(dossier=update.dossier, traits=traits))

    def replace(self, old: StoredDossier, new: StoredDossier) -> None:
        """Write ``new`` in the place of ``old``; move its links and search terms."""
        dossier_id, blind = old.dossier.dossier_id, self._codecs.blind
        before, after = dossier_links(blind, old), dossier_links(blind, new)
        self._writing.seal(StoreTable.DOSSIERS, self._codecs.dossiers, dossier_id, new)
        self._writing.unlink(before - after, dossier_id)
        self._writing.link(after - before, dossier_id)
        self._writing.move(
            StoreTable.ERASURES_DUE, erasure_key(old.dossier), erasure_key(new.dossier)
        )
        move_terms(self._writing, old.dossier, new.dossier)

    def append(self, dossier_id: bytes, entry: Entry) -> None:
        """Write ``entry`` under the next number of the dossier."""
        head = self._head(dossier_id)
        there = self._writing.txn.last_key(StoreTable.ENTRIES, dossier_id)
        if (there or b"") > dossier_id + u32(head.count):
            raise StoreError(f"dossier {dossier_id.hex()} has entries that no head counts")
        last = self._put_entry(dossier_id, head.count + 1, head.last, entry)
        self._writing.ledger.entries += 1
        self._put_head(dossier_id, Head(count=head.count + 1, last=last))

    def rewrite(self, dossier_id: bytes, change: Callable[[Entry], Entry]) -> None:
        """Write every entry anew as ``change`` returns it, in a chain of its own."""
        head, last = self._head(dossier_id), chain_start(dossier_id)
        for number in range(1, head.count + 1):
            entry = change(self.entry(dossier_id, number))
            last = self._put_entry(dossier_id, number, last, entry)
        self._put_head(dossier_id, Head(count=head.count, last=last))

    # Small means

    def stored(self, dossier_id: bytes) -> StoredDossier:
        """Return a dossier that the check has seen."""
        if stored := self.find(dossier_id):
            return stored
        raise StoreError(f"dossier {dossier_id.hex()} is missing")

    def count(self, dossier_id: bytes) -> int:
        """Return how many entries the dossier has."""
        return self._head(dossier_id).count

    def entry(self, dossier_id: bytes, number: int) -> Entry:
        """Return one entry that the head counts."""
        key = dossier_id + u32(number)
        stored = self._writing.read(StoreTable.ENTRIES, self._codecs.entries, key)
        if stored is None:
            raise StoreError(f"entry {number} of dossier {dossier_id.hex()} is missing")
        return stored.entry

    def _put_entry(
        self, dossier_id: bytes, number: int, previous: bytes, entry: Entry
    ) -> bytes:
        """Write an entry and return what the next one has as ``previous``."""
        key, stored = dossier_id + u32(number), StoredEntry(previous=previous, entry=entry)
        sealed = self._writing.seal(StoreTable.ENTRIES, self._codecs.entries, key, stored)
        return hashlib.sha256(sealed).digest()

    def _head(self, dossier_id: bytes) -> Head:
        head = self._writing.read(StoreTable.HEADS, self._codecs.heads, dossier_id)
        if head is None:
            raise StoreError(f"dossier {dossier_id.hex()} has no head")
        return head

    def _put_head(self, dossier_id: bytes, head: Head) -> None:
        self._writing.seal(StoreTable.HEADS, self._codecs.heads, dossier_id, head)

    def _trait_links(self, new: NewDossier | DossierUpdate) -> tuple[bytes, ...]:
        return trait_links(self._codecs.blind, LinkKind.TRAIT, new.trait_keys)


def is_erased(dossier: Dossier) -> bool:
    """Whether nothing but the trace is left of the dossier."""
    return dossier.closure is not None and dossier.closure.erased_at != 0


def _fixed(dossier: Dossier) -> tuple[bytes, int]:
    return dossier.public_key, dossier.created_at
