"""Verification of the milter's tables: doctors, dossiers, chains, bodies, index, digests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rmp_milter.store.codecs import Codecs, Kind, number_of, u32
from rmp_milter.store.environment import LEDGER_KEY
from rmp_milter.store.records import Head, chain_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.model import Doctor, Document
    from rmp_milter.store.records import StoredDossier, StoredEntry
    from rmp_milter.store.walk import Walk

ENTRY_KEY_BYTES = 20
LINK_BYTES = 32


class DossierCheck:
    """Walks each table once and holds what the others must agree with."""

    def __init__(self, walk: Walk, codecs: Codecs) -> None:
        self._walk = walk
        self._codecs = codecs
        self._index: set[bytes] = set()
        self._doctor_links: dict[bytes, bytes] = {}
        self._dossiers: set[bytes] = set()
        self._heads: dict[bytes, int] = {}
        self._documents: set[bytes] = set()

    def run(self) -> None:
        """Note every finding in the walk."""
        self._check_doctors()
        self._check_dossiers()
        self._check_heads()
        self._check_entry_keys()
        self._check_body_keys()
        self._check_index()
        self._check_seen()
        self._check_ledger()

    def _check_doctors(self) -> None:
        for key, sealed in self._walk.records("doctors"):
            doctor = self._walk.opened(self._codecs.doctors, key, sealed)
            if doctor is None:
                continue
            if doctor.doctor_id != key:
                self._walk.add(f"doctor {key.hex()} holds another identifier")
            self._expect_doctor_links(key, doctor)

    def _expect_doctor_links(self, key: bytes, doctor: Doctor) -> None:
        for kind, value in _doctor_values(doctor):
            link = self._codecs.blind.of(kind, value)
            other = self._doctor_links.setdefault(link, key)
            if other != key:
                self._walk.add(f"doctors {other.hex()} and {key.hex()} have the same {kind}")
            self._index.add(link + key)

    def _check_dossiers(self) -> None:
        for key, sealed in self._walk.records("dossiers"):
            self._dossiers.add(key)
            stored = self._walk.opened(self._codecs.dossiers, key, sealed)
            if stored is not None:
                self._expect_dossier_links(key, stored)
            if self._walk.get("heads", key) is None:
                self._walk.add(f"dossier {key.hex()} has no head")

    def _expect_dossier_links(self, key: bytes, stored: StoredDossier) -> None:
        if stored.dossier.dossier_id != key:
            self._walk.add(f"dossier {key.hex()} holds another identifier")
        treating = self._codecs.blind.of(Kind.TREATING, stored.dossier.treating)
        self._index.update(link + key for link in (*stored.traits, treating))

    def _check_heads(self) -> None:
        for key, sealed in self._walk.records("heads"):
            if key not in self._dossiers:
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
        self._check_documents(stored)

    def _check_documents(self, stored: StoredEntry) -> None:
        for document in stored.entry.documents:
            if document.document_id in self._documents:
                self._walk.add(f"document {document.document_id.hex()} is in two places")
            self._documents.add(document.document_id)
            self._check_body(document)

    def _check_body(self, document: Document) -> None:
        name = f"body {document.document_id.hex()}"
        body = self._walk.get("bodies", document.document_id)
        if body is None:
            self._walk.add(f"{name} is missing")
        elif len(body) != document.size:
            self._walk.add(f"{name} has {len(body)} bytes, not {document.size}")
        elif hashlib.sha256(body).digest() != document.digest:
            self._walk.add(f"{name} is not what was stored: its SHA-256 differs")

    def _check_entry_keys(self) -> None:
        for key in self._walk.keys("entries"):
            dossier_id, number = key[:-4], number_of(key[-4:])
            known = len(key) == ENTRY_KEY_BYTES and dossier_id in self._heads
            if not known or not 1 <= number <= self._heads[dossier_id]:
                self._walk.add(f"no head counts entry {number} of dossier {dossier_id.hex()}")

    def _check_body_keys(self) -> None:
        for key in self._walk.keys("bodies"):
            if key not in self._documents:
                self._walk.add(f"body {key.hex()} belongs to no entry")

    def _check_index(self) -> None:
        for key, value in self._walk.records("index"):
            if key not in self._index or len(value):
                self._walk.add(f"the index leads to {_target(key)} from what it has not")
            self._index.discard(key)
        for key in sorted(self._index):
            self._walk.add(f"the index does not lead to {_target(key)} from all it has")

    def _check_seen(self) -> None:
        for key, expires in self._walk.records("seen"):
            if self._walk.get("seen_expiry", bytes(expires) + key) is None:
                self._walk.add(f"digest mark {key.hex()} has no such expiry")
        for key, value in self._walk.records("seen_expiry"):
            mark = self._walk.get("seen", key[4:])
            if mark is None or bytes(mark) != key[:4] or len(value):
                self._walk.add(f"expiry {key.hex()} has no such digest mark")

    def _check_ledger(self) -> None:
        sealed = self._walk.get("meta", LEDGER_KEY)
        if sealed is None:
            self._walk.add("the store's ledger is missing")
            return
        ledger = self._walk.opened(self._codecs.ledger, LEDGER_KEY, sealed)
        if ledger is not None:
            self._compare("dossiers", ledger.dossiers)
            self._compare("entries", ledger.entries)
            self._compare("bodies", ledger.documents)
            self._compare("doctors", ledger.doctors)
            self._compare("seen", ledger.seen)

    def _compare(self, table: str, expected: int) -> None:
        if self._walk.counts[table] != expected:
            found = self._walk.counts[table]
            self._walk.add(
                f"table {table} has {found} records where the ledger says {expected}"
            )


def _doctor_values(doctor: Doctor) -> Iterator[tuple[Kind, str]]:
    values = [
        (Kind.MAIL, doctor.mail.casefold()),
        (Kind.RPPS, doctor.rpps),
        (Kind.ACCOUNT, doctor.account),
        (Kind.FINGERPRINT, doctor.fingerprint.lower()),
        *((Kind.KEY_ID, key_id.lower()) for key_id in doctor.key_ids),
    ]
    return ((kind, value) for kind, value in values if value)


def _target(key: bytes) -> str:
    return key[LINK_BYTES:].hex()
