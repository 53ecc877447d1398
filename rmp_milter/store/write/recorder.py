"""One mail's changes inside a write transaction: first what speaks against, then the writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.surface import BOUNCE_REASON
from rmp_milter.store.write.bodies import BodyRecorder
from rmp_milter.store.write.doctors import DoctorRecorder
from rmp_milter.store.write.dossiers import DossierRecorder
from rmp_milter.store.write.emergencies import EmergencyRecorder
from rmp_milter.store.write.erasure import Eraser
from rmp_milter.store.write.ground import check_ground
from rmp_milter.store.write.marks import MarkRecorder
from rmp_milter.store.write.outbox_rows import OutboxRows
from rmp_milter.store.write.waiting import WaitingRecorder
from rmp_milter.store.write.writing import Writing

if TYPE_CHECKING:
    from rmp_milter.dossier.changes import Changes
    from rmp_milter.engine.transaction import WriteTransaction
    from rmp_milter.store.format.codecs import Codecs


class Recorder:
    """Checks and writes changes in one write transaction.

    :meth:`check` writes nothing; :meth:`write` must follow a :meth:`check` that did not
    raise. What it raises spoils the transaction. Call :meth:`finish` before its end.
    """

    def __init__(self, txn: WriteTransaction, codecs: Codecs) -> None:
        self._writing = Writing(txn, codecs)
        self._rows = OutboxRows(txn, codecs.outbox)
        self._bodies = BodyRecorder(self._writing, self._rows)
        self._marks = MarkRecorder(self._writing)
        self._dossiers = DossierRecorder(self._writing)
        self._doctors = DoctorRecorder(self._writing)
        self._waiting = WaitingRecorder(self._writing, self._bodies)
        self._emergencies = EmergencyRecorder(self._writing)
        self._eraser = Eraser(self._dossiers, self._doctors, self._bodies)

    def check(self, changes: Changes) -> None:
        """Raise :class:`Conflict`, or :class:`StoreError` for what can never be written."""
        self._marks.check(changes)
        check_ground(changes, self._dossiers, self._doctors)
        self._marks.check_tries(changes)
        self._dossiers.check_new(changes.dossiers)
        for update in changes.updates:
            self._dossiers.check_update(update)
        self._doctors.check(changes)
        self._waiting.check(changes)
        for entry in changes.entries:
            self._dossiers.check_open(entry.dossier_id, changes.dossiers)
        for adoption in changes.adoptions:
            self._dossiers.check_open(adoption.dossier_id, changes.dossiers)
        self._emergencies.check(changes)
        self._bodies.check(changes)
        for dossier_id in changes.erased:
            self._eraser.check(dossier_id)

    def write(self, changes: Changes, now: int, expires: int) -> None:
        """Write all of ``changes``; ``expires`` is when the digest may be forgotten."""
        self._write_marks(changes, expires)
        self._write_dossiers(changes)
        self._write_directory(changes)
        self._emergencies.write(changes)
        for packets in changes.key_packets:
            self._bodies.put_key_packets(packets)
        for mail in changes.outbox:
            self._rows.queue(mail, now)
        for row in changes.bounced:
            self._rows.bounced(row, BOUNCE_REASON)
        self._write_ends(changes, now)  # last: the mails above may need a body of these

    def finish(self, now: int) -> None:
        """Forget some of what is expired, then write the ledgers if they changed."""
        self._marks.prune(now)
        self._bodies.prune(now)
        self._rows.prune(now)
        self._rows.finish()
        self._writing.finish()

    def _write_marks(self, changes: Changes, expires: int) -> None:
        if changes.digest:
            self._marks.done(changes.digest, expires)
        for once in changes.once:
            self._marks.happened(once)
        for cleared in changes.cleared:
            self._marks.clear(cleared)
        for strike in changes.strikes:  # a try of the mail that clears the others counts
            self._marks.strike(strike)

    def _write_dossiers(self, changes: Changes) -> None:
        for dossier in changes.dossiers:
            self._dossiers.add(dossier)
        for update in changes.updates:
            self._dossiers.update(update)
        for waiting in changes.waiting:
            self._waiting.add(waiting)
        for carded in changes.waiting_cards:
            self._waiting.give_card(carded.waiting_id, carded.card)
        for adoption in changes.adoptions:
            self._waiting.take(adoption.waiting_id)
            self._dossiers.append(adoption.dossier_id, adoption.entry)
        for new in changes.entries:
            self._dossiers.append(new.dossier_id, new.entry)
            for body in new.bodies:
                self._bodies.add(body)

    def _write_directory(self, changes: Changes) -> None:
        for doctor_id in changes.removed_doctors:
            self._doctors.remove(doctor_id)
        for doctor in changes.doctors:
            self._doctors.put(doctor)
        for told in changes.told:
            self._doctors.told(told.doctor_id, told.until)
        for line in changes.receipts:  # after ``told``, which is of older ones
            self._doctors.add_line(line)

    def _write_ends(self, changes: Changes, now: int) -> None:
        for waiting_id in changes.expired:
            self._waiting.expire(waiting_id, now)
        for dossier_id in changes.erased:
            self._eraser.erase(dossier_id, now)
