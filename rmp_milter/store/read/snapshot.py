"""The store at one moment, for deciding what a mail may do.

A snapshot is one read transaction: what is committed meanwhile does not show. It
belongs to one mail and is used by one thread at a time.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from rmp_milter.dossier.erasure import is_due
from rmp_milter.dossier.model import NumberedEntry
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import (
    ID_BYTES,
    key_packets_key,
    name_value,
    number_of,
    trait_links,
    u32,
)
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.read.emergencies import EmergencyReads
from rmp_milter.store.read.marks import MarkReads
from rmp_milter.store.read.terms import TermReads
from rmp_milter.store.read.waiting import WaitingReads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rmp_milter.dossier.model import Doctor, Dossier
    from rmp_milter.engine.transaction import Value, WholeMoment
    from rmp_milter.store.format.codecs import Codecs


class StoreSnapshot(WaitingReads, MarkReads, EmergencyReads, TermReads):
    """Reads of one moment. Every record is authenticated as it is opened.

    All raise :class:`DamagedRecordError` for a record that does not open, and
    :class:`StoreError` for one that an index or head promises and that is not there.
    """

    def doctor(self, doctor_id: bytes) -> Doctor | None:
        """Return the doctor of this identifier."""
        return self._get(StoreTable.DOCTORS, self._codecs.doctors, doctor_id)

    def doctors(self) -> Iterator[Doctor]:
        """Yield all doctors, in no order that means anything."""
        return self._all(StoreTable.DOCTORS, self._codecs.doctors)

    def doctors_behind(self, doctor_id: bytes) -> Iterator[Doctor]:
        """Yield the doctors in the order of their identifiers, those behind one."""
        start = doctor_id and doctor_id + b"\0"
        for key, sealed in self._txn.records(StoreTable.DOCTORS, start):
            yield self._codecs.doctors.open(key, sealed)

    def doctor_by_account(self, account: str) -> Doctor | None:
        """Return the doctor whom this SASL login is bound to (compared as it is)."""
        return self._doctor_by(LinkKind.ACCOUNT, account)

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        """Return the doctor of this mail address, upper and lower case being the same."""
        return self._doctor_by(LinkKind.MAIL, mail.casefold())

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        """Return the doctor whose certificate has this primary fingerprint (hex)."""
        return self._doctor_by(LinkKind.FINGERPRINT, fingerprint.lower())

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        """Return the doctor who has a primary key or subkey of this key id (hex)."""
        return self._doctor_by(LinkKind.KEY_ID, key_id.lower())

    def doctor_by_rpps(self, rpps: str) -> Doctor | None:
        """Return the doctor of this RPPS number."""
        return self._doctor_by(LinkKind.RPPS, rpps)

    def doctors_named(self, name: str) -> Iterator[Doctor]:
        """Yield the doctors of this name, patients apart: titles and order do not count.

        Bound what is taken of it: several may have one name.
        """
        return self._doctors_at(LinkKind.NAME, name_value(name))

    def principals_of(self, doctor_id: bytes) -> Iterator[Doctor]:
        """Yield the doctors who have this one among their locums, whatever the days."""
        return self._doctors_at(LinkKind.LOCUM, doctor_id)

    def patient_of(self, dossier_id: bytes) -> Doctor | None:
        """Return the patient who has a key of his own to this dossier."""
        return self._doctor_by(LinkKind.PATIENT, dossier_id)

    def dossier(self, dossier_id: bytes) -> Dossier | None:
        """Return the dossier of this identifier, without its entries."""
        stored = self._get(StoreTable.DOSSIERS, self._codecs.dossiers, dossier_id)
        return stored.dossier if stored else None

    def dossiers(self) -> Iterator[Dossier]:
        """Yield all dossiers, erased ones too, in no order that means anything."""
        for stored in self._all(StoreTable.DOSSIERS, self._codecs.dossiers):
            yield stored.dossier

    def dossiers_beginning(self, reference: str) -> Iterator[Dossier]:
        """Yield the dossiers whose identifier, in hex, begins so; none for what is no hex."""
        return map(self._promised_dossier, self._beginning(StoreTable.DOSSIERS, reference))

    def closed_dossiers(self, before: int) -> Iterator[Dossier]:
        """Yield the closed dossiers to be erased by ``before``, the longest due first.

        Those that are erased already are not among them.
        """
        keys = self._txn.keys(StoreTable.ERASURES_DUE)
        for key in takewhile(lambda key: number_of(key[:4]) <= before, keys):
            found = self._promised_dossier(key[4:])
            if is_due(found, before):
                yield found

    def dossiers_by_traits(self, trait_keys: Iterable[str]) -> tuple[Dossier, ...]:
        """Return all dossiers that any of the folded traits leads to, each once."""
        links = trait_links(self._codecs.blind, LinkKind.TRAIT, trait_keys)
        return tuple(
            map(self._promised_dossier, self._holders_of_any(links, StoreTable.DOSSIERS))
        )

    def dossiers_of(self, doctor_id: bytes) -> Iterator[Dossier]:
        """Yield the dossiers whose médecin traitant is this doctor, erased ones too."""
        holders = self._holders(self._codecs.blind.of(LinkKind.TREATING, doctor_id))
        return map(self._promised_dossier, self._read_next(StoreTable.DOSSIERS, holders))

    def entries(self, dossier_id: bytes, after: int = 0) -> tuple[NumberedEntry, ...]:
        """Return the dossier's entries beyond ``after`` as they came; none for no dossier."""
        count = self._count(dossier_id)
        numbers = range(after + 1, count + 1)
        keys = [dossier_id + u32(number) for number in numbers]
        found = self._txn.get_many(StoreTable.ENTRIES, keys)
        return tuple(map(partial(self._opened_entry, dossier_id), numbers, found))

    def last_entry(self, dossier_id: bytes) -> NumberedEntry | None:
        """Return the entry that came last."""
        count = self._count(dossier_id)
        if not count:
            return None
        sealed = self._txn.get(StoreTable.ENTRIES, dossier_id + u32(count))
        return self._opened_entry(dossier_id, count, sealed)

    def key_packets(self, document_id: bytes, fingerprint: str) -> bytes:
        """Return the key packets written later for this reader's key, empty if none are."""
        if len(document_id) != ID_BYTES:
            return b""
        key = key_packets_key(self._codecs.blind, document_id, fingerprint)
        stored = self._get(StoreTable.ENVELOPES, self._codecs.key_packets, key)
        return stored.packet if stored else b""

    def _count(self, dossier_id: bytes) -> int:
        head = self._get(StoreTable.HEADS, self._codecs.heads, dossier_id)
        return head.count if head else 0

    def _opened_entry(
        self, dossier_id: bytes, number: int, sealed: Value | None
    ) -> NumberedEntry:
        if sealed is None:
            raise StoreError(f"entry {number} of dossier {dossier_id.hex()} is missing")
        stored = self._codecs.entries.open(dossier_id + u32(number), sealed)
        return NumberedEntry(number=number, entry=stored.entry)

    def _promised_dossier(self, dossier_id: bytes) -> Dossier:
        if dossier := self.dossier(dossier_id):
            return dossier
        raise StoreError(f"dossier {dossier_id.hex()} is missing")

    def _doctor_by(self, kind: LinkKind, value: bytes | str) -> Doctor | None:
        """Follow the index; two doctors at one value cannot be, and no one is guessed."""
        if not value:
            return None
        link = self._codecs.blind.of(kind, value)
        holders = self._holders_of_any([link], StoreTable.DOCTORS)
        if len(holders) > 1:
            raise StoreError(f"the index leads from one {kind} to several doctors")
        return self._promised_doctor(holders[0]) if holders else None

    def _doctors_at(self, kind: LinkKind, value: bytes | str) -> Iterator[Doctor]:
        """Follow the index where several may be at one value; nobody is at none."""
        holders = self._holders(self._codecs.blind.of(kind, value)) if value else ()
        return map(self._promised_doctor, holders)

    def _promised_doctor(self, doctor_id: bytes) -> Doctor:
        if doctor := self.doctor(doctor_id):
            return doctor
        raise StoreError(f"doctor {doctor_id.hex()} is missing")


@contextmanager
def snapshot_of(txn: WholeMoment, codecs: Codecs) -> Iterator[StoreSnapshot]:
    """Give what ``txn`` shows as long as the block lasts."""
    snapshot = StoreSnapshot(txn, codecs)
    with snapshot.lent():
        yield snapshot
