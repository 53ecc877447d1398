"""Verification of the dossiers: records, heads, chains of entries."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING

from rmp_milter.dossier.model import NumberedEntry
from rmp_milter.store.check.bodies import DocumentCheck
from rmp_milter.store.check.erased import is_emptied, is_erased, still_known
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import Codecs, erasure_key, number_of, u32
from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.records import Head, chain_start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rmp_milter.dossier.model import Dossier
    from rmp_milter.engine.transaction import Value
    from rmp_milter.store.check.cards import CardCheck
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.foreseen import Foreseen
    from rmp_milter.store.check.walk import Record, Walk
    from rmp_milter.store.format.records import StoredDossier, StoredEntry


class DossierCheck:
    """Walks each table once and holds what the others must agree with."""

    def __init__(
        self, walk: Walk, codecs: Codecs, expected: Expected, cards: CardCheck
    ) -> None:
        self._walk = walk
        self._cards = cards
        self._codecs = codecs
        self._expected = expected
        self._documents = DocumentCheck(walk, expected)
        self._heads, self._chains = walk.along("heads"), walk.along("entries")

    def run(self) -> None:
        """Note every finding in the walk; say what must lead to dossiers and documents."""
        for key, sealed in self._walk.records("dossiers", self._foresee_patients):
            self._check_dossier(key, sealed)
        self._check_heads()
        self._documents.finish()
        self._check_entry_keys()
        self._walk.find_keys("erasures_due", self._expected["erasures_due"])

    def _foresee_patients(self, foreseen: Foreseen, some: Sequence[Record]) -> None:
        foreseen.ask_holders((self._patient_link(key) for key, _ in some), most=1)

    def _patient_link(self, dossier_id: bytes) -> bytes:
        return self._codecs.blind.of(LinkKind.PATIENT, dossier_id)

    def _check_dossier(self, key: bytes, sealed: Value) -> None:
        stored = self._walk.opened(self._codecs.dossiers, key, sealed)
        erased = stored is not None and is_erased(stored.dossier)
        if stored is not None:
            self._expect_links(key, stored)
            if not erased:
                self._check_card(key, stored.dossier)
            elif stored.traits or not is_emptied(stored.dossier):
                self._walk.add(still_known(key))
        head = self._heads.get(key)
        if head is None:
            self._walk.add(f"dossier {key.hex()} has no head")
        else:
            self._check_head(key, head, erased=erased)

    def _expect_links(self, key: bytes, stored: StoredDossier) -> None:
        if stored.dossier.dossier_id != key:
            self._walk.add(f"dossier {key.hex()} holds another identifier")
        treating = self._codecs.blind.of(LinkKind.TREATING, stored.dossier.treating)
        for link in {*stored.traits, treating}:
            self._expected["index"].ask(link + key)
        for term in self._codecs.terms.of(stored.dossier):
            self._expected["terms"].ask(term, key)
        for word in self._codecs.words.of(stored.dossier):
            self._expected["words"].ask(word, key)
        due = erasure_key(stored.dossier)
        if due is not None:
            self._expected["erasures_due"].ask(due)

    def _check_card(self, key: bytes, dossier: Dossier) -> None:
        """Hold the dossier to its card; its patient's own key is found by the index."""
        patient = next(self._walk.holders(self._patient_link(key)), b"")
        self._cards.dossier(dossier, patient, lambda: [*self._entries(key)])

    def _entries(self, dossier_id: bytes) -> Iterator[NumberedEntry]:
        """Yield a dossier's entries as far as they open; what does not is noted elsewhere."""
        number = 1
        for key, sealed in self._walk.records_of("entries", dossier_id):
            if key > dossier_id + u32(number):
                return
            if key < dossier_id + u32(number):  # what is no entry's is told of elsewhere
                continue
            with suppress(DamagedRecordError):
                yield NumberedEntry(number, self._codecs.entries.open(key, sealed).entry)
            number += 1

    def _check_heads(self) -> None:
        """Look at the chains of which there is no dossier; the others have been seen."""
        for key, sealed in self._walk.records("heads", _foresee_dossiers):
            if not self._walk.has("dossiers", key):
                self._walk.add(f"head {key.hex()} has no dossier")
                self._check_head(key, sealed, erased=False)

    def _check_head(self, key: bytes, sealed: Value, *, erased: bool) -> None:
        head = self._walk.opened(self._codecs.heads, key, sealed)
        if head is not None:
            self._check_chain(key, head, erased=erased)

    def _check_chain(self, dossier_id: bytes, head: Head, *, erased: bool) -> None:
        previous = chain_start(dossier_id)
        for number in range(1, head.count + 1):
            sealed = self._chains.get(dossier_id + u32(number))
            if sealed is None:
                self._walk.add(f"entry {number} of dossier {dossier_id.hex()} is missing")
                return
            entry = self._opened_entry(dossier_id, number, sealed, previous)
            if entry is not None:
                self._check_documents(entry, erased=erased)
            previous = hashlib.sha256(sealed).digest()
        if previous != head.last:
            self._walk.add(f"the head of dossier {dossier_id.hex()} is not that of its entries")

    def _opened_entry(
        self, dossier_id: bytes, number: int, sealed: Value, previous: bytes
    ) -> StoredEntry | None:
        stored = self._walk.opened(self._codecs.entries, dossier_id + u32(number), sealed)
        if stored is not None and stored.previous != previous:
            self._walk.add(
                f"entry {number} of dossier {dossier_id.hex()} does not follow the one before"
            )
        return stored

    def _check_documents(self, stored: StoredEntry, *, erased: bool) -> None:
        for document in stored.entry.documents:
            self._documents.ask(document, erased=erased)

    def _check_entry_keys(self) -> None:
        keys_in_order = self._walk.keys("entries", _foresee_heads)
        for dossier_id, keys in groupby(keys_in_order, key=_dossier_of):
            head = self._walk.read("heads", self._codecs.heads, dossier_id)
            count = head.count if head is not None else 0
            for number in (number_of(key[-4:]) for key in keys):
                if not 1 <= number <= count:
                    dossier = dossier_id.hex()
                    self._walk.add(f"no head counts entry {number} of dossier {dossier}")


def _dossier_of(entry: bytes) -> bytes:
    return entry[:-4]


def _foresee_dossiers(foreseen: Foreseen, heads: Sequence[Record]) -> None:
    foreseen.ask_whether("dossiers", (key for key, _ in heads))


def _foresee_heads(foreseen: Foreseen, entries: Sequence[bytes]) -> None:
    foreseen.ask("heads", map(_dossier_of, entries))
