"""One mail's changes inside a write transaction: first what speaks against, then the writes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from rmp_milter.store.codecs import (
    Codecs,
    Kind,
    doctor_links,
    dossier_links,
    u32,
)
from rmp_milter.store.environment import LEDGER_KEY, Tables
from rmp_milter.store.failures import Conflict, StoreError
from rmp_milter.store.outbox_rows import OutboxRows, expired
from rmp_milter.store.records import Head, StoredDossier, StoredEntry, chain_start
from rmp_milter.store.validation import referred_bodies

if TYPE_CHECKING:
    from collections.abc import Iterator

    import lmdb
    from lmdb import _Database as Table

    from rmp_milter.changes import Changes, NewBody, NewDossier, NewEntry
    from rmp_milter.model import Doctor

BOUNCE_REASON = "a delivery failure notice came back"


class Recorder:
    """Checks and writes changes in one write transaction.

    :meth:`check` writes nothing; :meth:`write` must follow a :meth:`check` that did not
    raise. What it raises spoils the transaction. Call :meth:`finish` before its end.
    """

    def __init__(self, txn: lmdb.Transaction[bytes], tables: Tables, codecs: Codecs) -> None:
        self._txn = txn
        self._tables = tables
        self._codecs = codecs
        sealed = txn.get(LEDGER_KEY, db=tables.meta)
        if sealed is None:
            raise StoreError("the store's ledger is missing")
        self._ledger = codecs.ledger.open(LEDGER_KEY, sealed)
        self._before = msgspec.structs.asdict(self._ledger)
        self._rows = OutboxRows(txn, tables, codecs.outbox)

    def check(self, changes: Changes) -> None:
        """Raise :class:`Conflict`, or :class:`StoreError` for what can never be written."""
        if changes.digest and self._has(self._tables.seen, self._seen_key(changes.digest)):
            raise Conflict("duplicate")
        self._check_dossiers(changes)
        self._check_doctors(changes)
        self._check_entries(changes)
        self._check_outbox(changes)

    def write(self, changes: Changes, now: int, expires: int) -> None:
        """Write all of ``changes``; ``expires`` is when the digest may be forgotten."""
        if changes.digest:
            self._mark_seen(self._seen_key(changes.digest), expires)
        for dossier in changes.dossiers:
            self._add_dossier(dossier)
        for entry in changes.entries:
            self._add_entry(entry)
        for doctor_id in changes.removed_doctors:
            self._remove_doctor(doctor_id)
        for doctor in changes.doctors:
            self._put_doctor(doctor)
        for mail in changes.outbox:
            self._rows.queue(mail, now)
        for row in changes.bounced:
            self._rows.bounced(row, BOUNCE_REASON)

    def finish(self, now: int) -> None:
        """Forget some of what is expired, then write the ledgers if they changed."""
        self._prune_seen(now)
        self._rows.prune(now)
        self._rows.finish()
        if msgspec.structs.asdict(self._ledger) != self._before:
            sealed = self._codecs.ledger.seal(LEDGER_KEY, self._ledger)
            self._txn.put(LEDGER_KEY, sealed, db=self._tables.meta)

    # What speaks against

    def _check_dossiers(self, changes: Changes) -> None:
        claimed: dict[bytes, set[bytes]] = {}
        for new in changes.dossiers:
            if self._has(self._tables.dossiers, new.dossier.dossier_id):
                raise StoreError("the new dossier's identifier is taken")
            for link in self._trait_links(new):
                holders = claimed.setdefault(link, set(self._holders(link)))
                if holders.difference(new.seen):
                    raise Conflict("patient")
                holders.add(new.dossier.dossier_id)

    def _check_doctors(self, changes: Changes) -> None:
        gone = set(changes.removed_doctors)
        if not all(self._has(self._tables.doctors, doctor_id) for doctor_id in gone):
            raise Conflict("doctor")
        claimed: dict[bytes, set[bytes]] = {}
        for doctor in changes.doctors:
            for link in doctor_links(self._codecs.blind, doctor):
                holders = claimed.setdefault(link, set(self._holders(link)) - gone)
                holders.add(doctor.doctor_id)
                if len(holders) > 1:
                    raise Conflict("doctor")

    def _check_entries(self, changes: Changes) -> None:
        new = {dossier.dossier.dossier_id for dossier in changes.dossiers}
        for entry in changes.entries:
            known = entry.dossier_id in new
            if not known and not self._has(self._tables.dossiers, entry.dossier_id):
                raise StoreError("the entry's dossier does not exist")
            if any(self._has(self._tables.bodies, body.document_id) for body in entry.bodies):
                raise StoreError("the new document's identifier is taken")

    def _check_outbox(self, changes: Changes) -> None:
        new = {body.document_id for entry in changes.entries for body in entry.bodies}
        for document_id in referred_bodies(changes) - new:
            if not self._has(self._tables.bodies, document_id):
                raise StoreError("the outgoing mail refers to a body that is not stored")

    # The writes

    def _mark_seen(self, key: bytes, expires: int) -> None:
        self._ledger.seen += 1
        self._add(self._tables.seen, key, u32(expires))
        self._add(self._tables.seen_expiry, u32(expires) + key, b"")

    def _add_dossier(self, new: NewDossier) -> None:
        dossier_id = new.dossier.dossier_id
        stored = StoredDossier(dossier=new.dossier, traits=self._trait_links(new))
        self._ledger.dossiers += 1
        sealed = self._codecs.dossiers.seal(dossier_id, stored)
        self._add(self._tables.dossiers, dossier_id, sealed)
        head = Head(count=0, last=chain_start(dossier_id))
        self._add(self._tables.heads, dossier_id, self._codecs.heads.seal(dossier_id, head))
        for link in dossier_links(self._codecs.blind, stored):
            self._add(self._tables.index, link + dossier_id, b"")

    def _add_entry(self, new: NewEntry) -> None:
        head = self._head(new.dossier_id)
        key = new.dossier_id + u32(head.count + 1)
        stored = StoredEntry(previous=head.last, entry=new.entry)
        sealed = self._codecs.entries.seal(key, stored)
        self._add(self._tables.entries, key, sealed)
        self._ledger.entries += 1
        self._put_head(
            new.dossier_id,
            Head(count=head.count + 1, last=hashlib.sha256(sealed).digest()),
        )
        for body in new.bodies:
            self._add_body(body)

    def _add_body(self, body: NewBody) -> None:
        self._ledger.documents += 1
        self._add(self._tables.bodies, body.document_id, body.data)

    def _head(self, dossier_id: bytes) -> Head:
        sealed = self._txn.get(dossier_id, db=self._tables.heads)
        if sealed is None:
            raise StoreError(f"dossier {dossier_id.hex()} has no head")
        return self._codecs.heads.open(dossier_id, sealed)

    def _put_head(self, dossier_id: bytes, head: Head) -> None:
        sealed = self._codecs.heads.seal(dossier_id, head)
        self._txn.put(dossier_id, sealed, db=self._tables.heads)

    def _put_doctor(self, doctor: Doctor) -> None:
        doctor_id = doctor.doctor_id
        if self._has(self._tables.doctors, doctor_id):
            self._remove_doctor(doctor_id)
        self._ledger.doctors += 1
        sealed = self._codecs.doctors.seal(doctor_id, doctor)
        self._add(self._tables.doctors, doctor_id, sealed)
        for link in doctor_links(self._codecs.blind, doctor):
            self._add(self._tables.index, link + doctor_id, b"")

    def _remove_doctor(self, doctor_id: bytes) -> None:
        sealed = self._txn.pop(doctor_id, db=self._tables.doctors)
        if sealed is None:
            raise StoreError("the doctor to remove is not there")
        self._ledger.doctors -= 1
        old = self._codecs.doctors.open(doctor_id, sealed)
        for link in doctor_links(self._codecs.blind, old):
            self._txn.delete(link + doctor_id, db=self._tables.index)

    def _prune_seen(self, now: int) -> None:
        for key in expired(self._txn, self._tables.seen_expiry, now):
            self._txn.delete(key, db=self._tables.seen_expiry)
            self._ledger.seen -= self._txn.delete(key[4:], db=self._tables.seen)

    # Small means

    def _add(self, table: Table, key: bytes, value: bytes | memoryview) -> None:
        if not self._txn.put(key, value, overwrite=False, db=table):
            raise StoreError("a record to add is already there")

    def _has(self, table: Table, key: bytes) -> bool:
        return self._txn.cursor(table).set_key(key)

    def _seen_key(self, digest: bytes) -> bytes:
        return self._codecs.blind.of(Kind.SEEN, digest)

    def _trait_links(self, new: NewDossier) -> tuple[bytes, ...]:
        blind = self._codecs.blind
        return tuple(sorted({blind.of(Kind.TRAIT, key) for key in new.trait_keys}))

    def _holders(self, link: bytes) -> Iterator[bytes]:
        cursor = self._txn.cursor(self._tables.index)
        found = cursor.set_range(link)
        while found and cursor.key().startswith(link):
            yield cursor.key()[len(link) :]
            found = cursor.next()
