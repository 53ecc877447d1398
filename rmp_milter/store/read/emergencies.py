"""Emergency accesses and the letters that the host posts, as a snapshot shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.format.codecs import emergency_key
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.read.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.dossier.model import Emergency, PostalLetter


class EmergencyReads(Reading):
    """Reads of emergencies and letters."""

    def emergency(self, reference: str) -> Emergency | None:
        """Return the emergency of this public reference."""
        key = emergency_key(self._codecs.blind, reference)
        return self._get(StoreTable.EMERGENCIES, self._codecs.emergencies, key)

    def emergencies(self) -> Iterator[Emergency]:
        """Yield all emergencies, the oldest first."""
        return self._emergencies_in(StoreTable.EMERGENCIES_AT)

    def open_emergencies(self) -> Iterator[Emergency]:
        """Yield the emergencies that are still to be looked into, the oldest first."""
        return self._emergencies_in(StoreTable.EMERGENCIES_OPEN)

    def postal(self) -> tuple[PostalLetter, ...]:
        """Return the letters that wait to be posted, the oldest first."""
        found = self._all(StoreTable.LETTERS, self._codecs.letters)
        return tuple(sorted(found, key=lambda each: (each.at, each.reference)))

    def _emergencies_in(self, table: StoreTable) -> Iterator[Emergency]:
        for key in self._txn.keys(table):
            yield self._promised_emergency(key[4:])

    def _promised_emergency(self, key: bytes) -> Emergency:
        found = self._get(StoreTable.EMERGENCIES, self._codecs.emergencies, key)
        if found is None:
            raise StoreError(f"emergency {key.hex()} is missing")
        return found
