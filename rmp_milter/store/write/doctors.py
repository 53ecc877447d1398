"""The directory, written: doctors, patients with a key of their own, lines of digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.dossier.revisions import next_revision
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import (
    ID_BYTES,
    doctor_links,
    number_of,
    shared_doctor_links,
    u64,
)
from rmp_milter.store.format.failures import Conflict, StoreError
from rmp_milter.store.format.tables import StoreTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rmp_milter.dossier.changes import Changes
    from rmp_milter.dossier.model import Doctor, ReceiptLine
    from rmp_milter.store.write.writing import Writing


class DoctorRecorder:
    """Checks and writes doctors and their receipt lines in one write transaction."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._codecs = writing.codecs

    def find(self, doctor_id: bytes) -> Doctor | None:
        """Return the doctor as he is stored now."""
        return self._writing.read(StoreTable.DOCTORS, self._codecs.doctors, doctor_id)

    # What speaks against

    def check(self, changes: Changes) -> None:
        """Raise :class:`Conflict` where the directory is not what the decision saw."""
        gone = set(changes.removed_doctors)
        if not all(self._is_stored(doctor_id) for doctor_id in gone):
            raise Conflict("doctor")
        claimed: dict[bytes, set[bytes]] = {}
        left = self._left(changes.doctors)
        for doctor in changes.doctors:
            self._check_revision(doctor, gone)
            self._check_links(doctor, gone, claimed, left)
            self._check_patient(doctor, changes)
        self._check_receipts(changes, gone)

    def _check_revision(self, doctor: Doctor, gone: set[bytes]) -> None:
        known = doctor.doctor_id not in gone
        old = self.find(doctor.doctor_id) if known else None
        if doctor.revision != next_revision(old):
            raise Conflict("doctor")

    def _left(self, doctors: Sequence[Doctor]) -> dict[bytes, set[bytes]]:
        """Return what leads to somebody now and will not: two may change addresses with these."""
        left: dict[bytes, set[bytes]] = {}
        for doctor in doctors:
            if old := self.find(doctor.doctor_id):
                blind = self._codecs.blind
                for link in doctor_links(blind, old) - doctor_links(blind, doctor):
                    left.setdefault(link, set()).add(doctor.doctor_id)
        return left

    def _check_links(
        self,
        doctor: Doctor,
        gone: set[bytes],
        claimed: dict[bytes, set[bytes]],
        left: Mapping[bytes, set[bytes]],
    ) -> None:
        for link in doctor_links(self._codecs.blind, doctor):
            free = gone | left.get(link, set())
            holders = claimed.setdefault(link, self._writing.holders(link) - free)
            holders.add(doctor.doctor_id)
            if len(holders) > 1:
                raise Conflict("doctor")

    def _check_patient(self, doctor: Doctor, changes: Changes) -> None:
        new = {each.dossier.dossier_id for each in changes.dossiers}
        if not doctor.patient_of or doctor.patient_of in new:
            return
        if not self._writing.has(StoreTable.DOSSIERS, doctor.patient_of):
            raise StoreError("the patient's dossier does not exist")

    def _check_receipts(self, changes: Changes, gone: set[bytes]) -> None:
        new = {doctor.doctor_id for doctor in changes.doctors}
        for doctor_id in {line.doctor_id for line in changes.receipts} - new:
            if doctor_id in gone or not self._is_stored(doctor_id):
                raise Conflict("doctor")

    # The writes

    def put(self, doctor: Doctor) -> None:
        """Write a doctor, new or in the place of his older state."""
        doctor_id, links = doctor.doctor_id, self._links(doctor)
        old = self.find(doctor_id)
        before = self._links(old) if old else frozenset()
        self._writing.ledger.doctors += old is None
        self._writing.seal(StoreTable.DOCTORS, self._codecs.doctors, doctor_id, doctor)
        self._writing.unlink(before - links, doctor_id)
        self._writing.link(links - before, doctor_id)

    def remove(self, doctor_id: bytes) -> None:
        """Remove a doctor, and the lines of a digest that nobody is to be sent any more."""
        old = self.find(doctor_id)
        if old is None:
            raise StoreError("the doctor to remove is not there")
        self._writing.ledger.doctors -= 1
        self._writing.txn.delete(StoreTable.DOCTORS, doctor_id)
        self._writing.unlink(self._links(old), doctor_id)
        for key in list(self._writing.keys(StoreTable.RECEIPTS, doctor_id)):
            self._remove_line(key)

    def remove_patient(self, dossier_id: bytes) -> None:
        """Remove the patient who has a key of his own to this dossier, if there is one."""
        for doctor_id in self._writing.holders(
            self._codecs.blind.of(LinkKind.PATIENT, dossier_id)
        ):
            self.remove(doctor_id)

    def add_line(self, line: ReceiptLine) -> None:
        """Append a line to a depositor's digest."""
        key = line.doctor_id + u64(self._last_number(line.doctor_id) + 1)
        self._writing.ledger.receipts += 1
        sealed = self._codecs.receipts.seal(key, line)
        self._writing.add(StoreTable.RECEIPTS, key, sealed)

    def told(self, doctor_id: bytes, until: int) -> None:
        """Remove the lines of a depositor's digest up to ``until``; he was sent them."""
        for key in list(self._writing.keys(StoreTable.RECEIPTS, doctor_id)):
            line = self._writing.read(StoreTable.RECEIPTS, self._codecs.receipts, key)
            if line is not None and line.at <= until:
                self._remove_line(key)

    # Small means

    def _links(self, doctor: Doctor) -> frozenset[bytes]:
        """Return all blind keys that lead to a doctor: his alone, and shared ones."""
        blind = self._codecs.blind
        return doctor_links(blind, doctor) | shared_doctor_links(blind, doctor)

    def _is_stored(self, doctor_id: bytes) -> bool:
        return self._writing.has(StoreTable.DOCTORS, doctor_id)

    def _remove_line(self, key: bytes) -> None:
        self._writing.ledger.receipts -= 1
        self._writing.txn.delete(StoreTable.RECEIPTS, key)

    def _last_number(self, doctor_id: bytes) -> int:
        """Return the number of a depositor's last line, 0 where he has none."""
        key = self._writing.txn.last_key(StoreTable.RECEIPTS, doctor_id)
        return 0 if key is None else number_of(key[ID_BYTES:])
