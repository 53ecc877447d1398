"""What is remembered for a while as a snapshot shows it: marks, tries, lines of digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.dossier.model import Fault, ReceiptLine, Tally
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import ID_BYTES, tally_key
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.read.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BEYOND = b"\xff" * 8


class MarkReads(Reading):
    """Reads of marks, tallies and receipt lines."""

    def seen(self, digest: bytes) -> bool:
        """Whether the mail of this duplicate digest is already done."""
        return self._is_marked(LinkKind.SEEN, digest)

    def happened(self, value: bytes) -> bool:
        """Whether this, which may happen once, has happened and is remembered."""
        return self._is_marked(LinkKind.ONCE, value)

    def marks_ahead(self, digest: bytes, values: Iterable[bytes]) -> None:
        """Be told that it will be asked whether a mail was seen, and whether these happened."""
        if self._txn.ahead == 1:
            return
        blind = self._codecs.blind
        once = [blind.of(LinkKind.ONCE, value) for value in values]
        self._txn.foresee(StoreTable.SEEN, [blind.of(LinkKind.SEEN, digest), *once])

    def tally(self, fault: Fault, subject: bytes) -> Tally:
        """Return the tries of the subject, oldest first; an empty tally if there are none.

        Some may count no more: the one who weighs them knows how far back he looks.
        """
        key = tally_key(self._codecs.blind, fault, subject)
        return self._get(StoreTable.TALLIES, self._codecs.tallies, key) or Tally()

    def receipt_lines(self, doctor_id: bytes) -> tuple[ReceiptLine, ...]:
        """Return the lines of a depositor's digest in the order they came."""
        if len(doctor_id) != ID_BYTES:
            return ()
        keys = self._txn.keys(StoreTable.RECEIPTS, doctor_id)
        return tuple(self._promised_line(key) for key in keys)

    def receipt_doctors(self, behind: bytes = b"") -> Iterator[bytes]:
        """Yield the identifiers of the doctors who have lines to be sent, each once.

        In the order of their identifiers, those ``behind`` one.
        """
        key = self._txn.first_key(StoreTable.RECEIPTS, behind and behind + _BEYOND)
        while key is not None:
            doctor_id = key[:ID_BYTES]
            yield doctor_id
            key = self._txn.first_key(StoreTable.RECEIPTS, doctor_id + _BEYOND)

    def _promised_line(self, key: bytes) -> ReceiptLine:
        line = self._get(StoreTable.RECEIPTS, self._codecs.receipts, key)
        if line is None:
            raise StoreError(f"receipt line {key.hex()} is missing")
        return line

    def _is_marked(self, kind: LinkKind, value: bytes) -> bool:
        key = self._codecs.blind.of(kind, value)
        return self._txn.has(StoreTable.SEEN, key)
