"""Walking a store's tables for verification, and collecting what is found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.tables import StoreTable, table_names
from rmp_milter.store.format.words import count_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rmp_milter.engine.transaction import ReadTransaction, Value
    from rmp_milter.store.check.keys import KeysCompared
    from rmp_milter.store.format.codecs import Codec

T = TypeVar("T")

MAX_FINDINGS = 1000
"""A store that is damaged throughout need not be listed throughout."""

PROGRESS_STEP = 256


class Walk:
    """One moment of a store, what was found in it so far, and how far the walk is.

    A second walk over the same moment, only to name keys, reads bodies no more.
    """

    def __init__(
        self,
        txn: ReadTransaction,
        progress: Callable[[int, int], None],
        *,
        reads_bodies: bool = True,
    ) -> None:
        self._reads_bodies = reads_bodies
        self.findings: list[str] = []
        self.notes: list[str] = []
        self.counts: Counter[str] = Counter()
        self._txn = txn
        self._progress = progress
        self._done = 0
        self._total = sum(map(txn.count, StoreTable))

    def again(self) -> Walk:
        """Return a second walk over the same moment; what it finds is known already."""
        return Walk(self._txn, self._progress, reads_bodies=False)

    def reads_body(self, _document_id: bytes) -> bool:
        """Whether a body is read, and not only seen to be there."""
        return self._reads_bodies

    def add(self, finding: str) -> None:
        """Note a finding, unless the list is long enough."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)
        elif len(self.findings) == MAX_FINDINGS:
            self.findings.append("there is more: the list ends here")

    def note(self, line: str) -> None:
        """Note what is to be done to a store that is sound."""
        self.notes.append(line)

    def records(self, name: str) -> Iterator[tuple[bytes, Value]]:
        """Yield the records of a table by key."""
        for key, value in self._txn.records(StoreTable(name)):
            self._step(name)
            yield key, value

    def keys(self, name: str) -> Iterator[bytes]:
        """Yield the keys of a table in order; the values are not touched."""
        for key in self._txn.keys(StoreTable(name)):
            self._step(name)
            yield key

    def find_keys(self, name: str, keys: KeysCompared) -> None:
        """Tell ``keys`` what a table of keys alone holds; note where it holds more."""
        for key, value in self.records(name):
            keys.find(key)
            if len(value):
                self.add(f"table {name} holds something at {key.hex()}")

    def find_counts(self, name: str, keys: KeysCompared) -> None:
        """Tell ``keys`` what a table of counts holds, each key as often as it is counted."""
        for key, value in self.records(name):
            count = count_of(value)
            keys.find(key, count)
            if not count:
                self.add(f"table {name} holds no count at {key.hex()}")

    def compare_count(self, name: str, expected: int) -> None:
        """Note where a table walked through has not as many records as its ledger says."""
        found = self.counts[name]
        if found != expected:
            self.add(f"table {name} has {found} records where the ledger says {expected}")

    def get(self, name: str, key: bytes) -> Value | None:
        """Return one record; None where there is none."""
        return self._txn.get(StoreTable(name), key) if key else None

    def has(self, name: str, key: bytes) -> bool:
        """Whether there is a record of this key; its value is not touched."""
        return bool(key) and self._txn.has(StoreTable(name), key)

    def holders(self, link: bytes) -> Iterator[bytes]:
        """Yield the identifiers that a blind key of the index leads to."""
        return (key[len(link) :] for key in self._txn.keys(StoreTable.INDEX, link))

    def read(self, name: str, codec: Codec[T], key: bytes) -> T | None:
        """Return what a record holds; None where there is none, or none that opens.

        That one does not open is noted where its table is walked.
        """
        sealed = self.get(name, key)
        try:
            return None if sealed is None else codec.open(key, sealed)
        except DamagedRecordError:
            return None

    def opened(self, codec: Codec[T], key: bytes, sealed: Value) -> T | None:
        """Return what the record holds; note it as a finding where it does not open."""
        try:
            return codec.open(key, sealed)
        except DamagedRecordError as error:
            self.add(str(error))
            return None

    def unknown_tables(self) -> list[str]:
        """Return the names of tables that no store has."""
        known = set(table_names())
        return [name for name in self._txn.tables() if name not in known]

    def finish(self) -> None:
        """Report that the walk is through."""
        self._progress(self._total, self._total)

    def _step(self, name: str) -> None:
        self.counts[name] += 1
        self._done += 1
        if self._done % PROGRESS_STEP == 0:
            self._progress(self._done, self._total)
