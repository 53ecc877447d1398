"""Stored bodies and what hangs on them, written: key packets, and bodies given up.

A body is given up with its expired deposit or its erased dossier. An answer that is not
sent yet, or parked for the host, may still need it: the courier puts the body into the
mail when it sends it, and a mail once promised is never lost. Such a body becomes an
orphan: it stays, belongs to nothing, and is looked at again from time to time until no
row needs it. The courier cannot remove it with its last row, since it has no key to the
ledger that counts the bodies; any later commit does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.format.codecs import key_packets_key, u32
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.records import StoredKeyPackets
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.surface import LOOK_AGAIN_SECONDS
from rmp_milter.store.write.outbox_rows import OutboxRows, expired
from rmp_milter.store.write.validation import new_bodies, referred_bodies

if TYPE_CHECKING:
    from rmp_milter.dossier.changes import Changes, NewBody, NewKeyPackets
    from rmp_milter.store.write.writing import Writing


class BodyRecorder:
    """Checks and writes bodies, key packets and orphans in one write transaction."""

    def __init__(self, writing: Writing, rows: OutboxRows) -> None:
        self._writing = writing
        self._codecs = writing.codecs
        self._rows = rows

    def check(self, changes: Changes) -> None:
        """Raise :class:`StoreError` for a body that is there, or is missed, by mistake."""
        new = {body.document_id for body in new_bodies(changes)}
        if any(self._is_stored(document_id) for document_id in new):
            raise StoreError("the new document's identifier is taken")
        if not all(self._is_stored(each) for each in referred_bodies(changes) - new):
            raise StoreError("the outgoing mail refers to a body that is not stored")
        readable = {packets.document_id for packets in changes.key_packets} - new
        if not all(self._is_kept(document_id) for document_id in readable):
            raise StoreError("the key packets are for a body that is not stored")

    def add(self, body: NewBody) -> None:
        """Write a new body."""
        self._writing.ledger.documents += 1
        self._writing.add(StoreTable.BODIES, body.document_id, body.data)

    def put_key_packets(self, new: NewKeyPackets) -> None:
        """Write key packets, in the place of those that the reader's key had."""
        key = key_packets_key(self._codecs.blind, new.document_id, new.fingerprint)
        self._writing.ledger.envelopes += not self._writing.has(StoreTable.ENVELOPES, key)
        stored = StoredKeyPackets(fingerprint=new.fingerprint.lower(), packet=new.packet)
        self._writing.seal(StoreTable.ENVELOPES, self._codecs.key_packets, key, stored)

    def give_up(self, document_id: bytes, now: int) -> None:
        """Remove all key packets at once, and the body as soon as no row needs it."""
        for key in list(self._writing.keys(StoreTable.ENVELOPES, document_id)):
            self._writing.ledger.envelopes -= 1
            self._writing.txn.delete(StoreTable.ENVELOPES, key)
        if self._rows.needs(document_id):
            self._writing.ledger.orphans += 1
            self._look_later(document_id, now)
        else:
            self._remove(document_id)

    def prune(self, now: int) -> None:
        """Look at some of the orphans again."""
        for key in expired(self._writing.txn, StoreTable.ORPHANS_DUE, now):
            self._writing.txn.delete(StoreTable.ORPHANS_DUE, key)
            if self._rows.needs(key[4:]):
                self._look_later(key[4:], now)
            else:
                self._writing.ledger.orphans -= 1
                self._writing.txn.delete(StoreTable.ORPHANS, key[4:])
                self._remove(key[4:])

    def _look_later(self, document_id: bytes, now: int) -> None:
        look = u32(now + LOOK_AGAIN_SECONDS)
        self._writing.txn.put(StoreTable.ORPHANS, document_id, look)
        self._writing.add(StoreTable.ORPHANS_DUE, look + document_id, b"")

    def _remove(self, document_id: bytes) -> None:
        removed = self._writing.txn.delete(StoreTable.BODIES, document_id)
        self._writing.ledger.documents -= removed

    def _is_stored(self, document_id: bytes) -> bool:
        return self._writing.has(StoreTable.BODIES, document_id)

    def _is_kept(self, document_id: bytes) -> bool:
        given_up = self._writing.has(StoreTable.ORPHANS, document_id)
        return self._is_stored(document_id) and not given_up
