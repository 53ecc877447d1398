"""Emergency accesses and the letters that the host posts, written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.dossier.overdue import is_open
from rmp_milter.dossier.revisions import next_revision
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import emergency_key, u32
from rmp_milter.store.format.failures import Conflict, StoreError
from rmp_milter.store.format.tables import StoreTable

if TYPE_CHECKING:
    from rmp_milter.dossier.changes import Changes
    from rmp_milter.dossier.model import Emergency, PostalLetter
    from rmp_milter.store.write.writing import Writing


class EmergencyRecorder:
    """Checks and writes emergencies and letters in one write transaction."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._codecs = writing.codecs

    def check(self, changes: Changes) -> None:
        """Raise :class:`Conflict` where an emergency or letter is not what was seen."""
        for emergency in changes.emergencies:
            self._check_revision(emergency)
        for letter in changes.postal:
            if self._writing.has(StoreTable.LETTERS, letter.letter_id):
                raise StoreError("the letter's identifier is taken")
        for letter_id in changes.posted:
            if not self._writing.has(StoreTable.LETTERS, letter_id):
                raise Conflict("letter")

    def _check_revision(self, emergency: Emergency) -> None:
        old = self._find(emergency.reference)
        if emergency.revision != next_revision(old):
            raise Conflict("emergency")
        if old and _act(old) != _act(emergency):
            raise StoreError("what was done in an emergency does not change any more")

    def write(self, changes: Changes) -> None:
        """Write all that the changes say of emergencies and letters."""
        for emergency in changes.emergencies:
            self._put(emergency)
        for letter in changes.postal:
            self._add_letter(letter)
        for letter_id in changes.posted:
            self._writing.ledger.letters -= 1
            self._writing.txn.delete(StoreTable.LETTERS, letter_id)

    def _put(self, emergency: Emergency) -> None:
        key = emergency_key(self._codecs.blind, emergency.reference)
        old = self._find(emergency.reference)
        self._writing.move(
            StoreTable.EMERGENCIES_OPEN, _open_key(old, key), _open_key(emergency, key)
        )
        if emergency.revision == 0:
            self._writing.ledger.emergencies += 1
            self._writing.add(StoreTable.EMERGENCIES_AT, u32(emergency.at) + key, b"")
            by = self._codecs.blind.of(LinkKind.EMERGENCY_BY, emergency.doctor_id)
            self._writing.link([by], key)
        self._writing.seal(StoreTable.EMERGENCIES, self._codecs.emergencies, key, emergency)

    def _add_letter(self, letter: PostalLetter) -> None:
        self._writing.ledger.letters += 1
        sealed = self._codecs.letters.seal(letter.letter_id, letter)
        self._writing.add(StoreTable.LETTERS, letter.letter_id, sealed)

    def _find(self, reference: str) -> Emergency | None:
        key = emergency_key(self._codecs.blind, reference)
        return self._writing.read(StoreTable.EMERGENCIES, self._codecs.emergencies, key)


def _open_key(emergency: Emergency | None, key: bytes) -> bytes | None:
    """Return where an emergency stands among those still to be looked into, or None."""
    return u32(emergency.at) + key if emergency and is_open(emergency) else None


def _act(emergency: Emergency) -> tuple[bytes, bytes, int, int]:
    return (emergency.dossier_id, emergency.doctor_id, emergency.at, emergency.leaf)
