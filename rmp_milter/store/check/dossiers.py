"""Verification of the dossiers: records, heads, chains of entries."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from rmp_milter.dossier.model import NumberedEntry, Patient, Sheet, Slots
from rmp_milter.store.check.bodies import check_document, check_erased_document
from rmp_milter.store.format.codecs import Codecs, LinkKind, number_of, u32
from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.records import Head, chain_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.dossier.model import Dossier
    from rmp_milter.store.check.cards import CardCheck
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.records import StoredDossier, StoredEntry

ENTRY_KEY_BYTES = 20
NOTHING_LEFT = (Patient("", "", ""), Sheet(), Slots(code=None, custody=b""))


class DossierCheck:
    """Walks each table once and holds what the others must agree with."""

    def __init__(
        self, walk: Walk, codecs: Codecs, expected: Expected, cards: CardCheck
    ) -> None:
        self._walk = walk
        self._cards = cards
        self._codecs = codecs
        self._expected = expected
        self._erased: set[bytes] = set()
        self._heads: dict[bytes, int] = {}

    def run(self) -> None:
        """Note every finding in the walk; say what must lead to dossiers and documents."""
        self._check_dossiers()
        self._check_heads()
        self._check_entry_keys()

    def _check_dossiers(self) -> None:
        for key, sealed in self._walk.records("dossiers"):
            self._expected.dossiers.add(key)
            stored = self._walk.opened(self._codecs.dossiers, key, sealed)
            if stored is not None:
                self._expect_links(key, stored)
                self._check_erased(key, stored)
                self._check_card(key, stored.dossier)
            if self._walk.get("heads", key) is None:
                self._walk.add(f"dossier {key.hex()} has no head")

    def _expect_links(self, key: bytes, stored: StoredDossier) -> None:
        if stored.dossier.dossier_id != key:
            self._walk.add(f"dossier {key.hex()} holds another identifier")
        treating = self._codecs.blind.of(LinkKind.TREATING, stored.dossier.treating)
        self._expected.links.update(link + key for link in (*stored.traits, treating))

    def _check_erased(self, key: bytes, stored: StoredDossier) -> None:
        if not _is_erased(stored.dossier):
            return
        self._erased.add(key)
        left = (stored.dossier.patient, stored.dossier.sheet, stored.dossier.slots)
        traces = (stored.traits, stored.dossier.card, key in self._expected.patients_of)
        if left != NOTHING_LEFT or any(traces):
            self._walk.add(f"dossier {key.hex()} is erased and still has keys or names")

    def _check_card(self, key: bytes, dossier: Dossier) -> None:
        if key not in self._erased:
            patient = self._expected.patients_of.get(key, b"")
            self._cards.dossier(dossier, patient, lambda: [*self._entries(key)])

    def _entries(self, dossier_id: bytes) -> Iterator[NumberedEntry]:
        """Yield a dossier's entries as far as they open; what does not is noted elsewhere."""
        number = 1
        while sealed := self._walk.get("entries", dossier_id + u32(number)):
            with suppress(DamagedRecordError):
                stored = self._codecs.entries.open(dossier_id + u32(number), sealed)
                yield NumberedEntry(number, stored.entry)
            number += 1

    def _check_heads(self) -> None:
        for key, sealed in self._walk.records("heads"):
            if key not in self._expected.dossiers:
                self._walk.add(f"head {key.hex()} has no dossier")
            head = self._walk.opened(self._codecs.heads, key, sealed)
            if head is not None:
                self._heads[key] = head.count
                self._check_chain(key, head)

    def _check_chain(self, dossier_id: bytes, head: Head) -> None:
        previous = chain_start(dossier_id)
        for number in range(1, head.count + 1):
            sealed = self._walk.get("entries", dossier_id + u32(number))
            if sealed is None:
                self._walk.add(f"entry {number} of dossier {dossier_id.hex()} is missing")
                return
            self._check_entry(dossier_id, number, sealed, previous)
            previous = hashlib.sha256(sealed).digest()
        if previous != head.last:
            self._walk.add(f"the head of dossier {dossier_id.hex()} is not that of its entries")

    def _check_entry(
        self, dossier_id: bytes, number: int, sealed: memoryview, previous: bytes
    ) -> None:
        stored = self._walk.opened(self._codecs.entries, dossier_id + u32(number), sealed)
        if stored is None:
            return
        if stored.previous != previous:
            self._walk.add(
                f"entry {number} of dossier {dossier_id.hex()} does not follow the one before"
            )
        self._check_documents(dossier_id, stored)

    def _check_documents(self, dossier_id: bytes, stored: StoredEntry) -> None:
        erased = dossier_id in self._erased
        check_one = check_erased_document if erased else check_document
        for document in stored.entry.documents:
            check_one(self._walk, document, self._expected)

    def _check_entry_keys(self) -> None:
        for key in self._walk.keys("entries"):
            dossier_id, number = key[:-4], number_of(key[-4:])
            known = len(key) == ENTRY_KEY_BYTES and dossier_id in self._heads
            if not known or not 1 <= number <= self._heads[dossier_id]:
                self._walk.add(f"no head counts entry {number} of dossier {dossier_id.hex()}")


def _is_erased(dossier: Dossier) -> bool:
    return dossier.closure is not None and dossier.closure.erased_at != 0
