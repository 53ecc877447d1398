"""Walking a store's tables for verification, and collecting what is found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.tables import Tables, table_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import lmdb
    from lmdb import _Database as Table

    from rmp_milter.store.format.codecs import Codec

T = TypeVar("T")

MAX_FINDINGS = 1000
"""A store that is damaged throughout need not be listed throughout."""

PROGRESS_STEP = 256


class Walk:
    """One moment of a store, what was found in it so far, and how far the walk is."""

    def __init__(
        self,
        txn: lmdb.Transaction[memoryview],
        tables: Tables,
        progress: Callable[[int, int], None],
    ) -> None:
        self.findings: list[str] = []
        self.notes: list[str] = []
        self.counts: Counter[str] = Counter()
        self._txn = txn
        self._tables = tables
        self._progress = progress
        self._done = 0
        self._total = sum(txn.stat(self._table(name))["entries"] for name in table_names())

    def add(self, finding: str) -> None:
        """Note a finding, unless the list is long enough."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)
        elif len(self.findings) == MAX_FINDINGS:
            self.findings.append("there is more: the list ends here")

    def note(self, line: str) -> None:
        """Note what is to be done to a store that is sound."""
        self.notes.append(line)

    def records(self, name: str) -> Iterator[tuple[bytes, memoryview]]:
        """Yield the records of a table by key."""
        for key, value in self._txn.cursor(self._table(name)):
            self._step(name)
            yield bytes(key), value

    def keys(self, name: str) -> Iterator[bytes]:
        """Yield the keys of a table in order; the values are not touched."""
        cursor = self._txn.cursor(self._table(name))
        for key in cursor.iternext(keys=True, values=False):
            self._step(name)
            yield bytes(key)

    def compare_keys(
        self, name: str, expected: set[bytes], shown: Callable[[bytes], str]
    ) -> None:
        """Note where a table of keys alone is not ``expected``, which is used up."""
        for key, value in self.records(name):
            if key not in expected or len(value):
                self.add(f"table {name} has {shown(key)} in a wrong place")
            expected.discard(key)
        for key in sorted(expected):
            self.add(f"table {name} lacks {shown(key)}")

    def compare_count(self, name: str, expected: int) -> None:
        """Note where a table walked through has not as many records as its ledger says."""
        found = self.counts[name]
        if found != expected:
            self.add(f"table {name} has {found} records where the ledger says {expected}")

    def get(self, name: str, key: bytes) -> memoryview | None:
        """Return one record; None where there is none."""
        return self._txn.get(key, db=self._table(name)) if key else None

    def opened(self, codec: Codec[T], key: bytes, sealed: memoryview) -> T | None:
        """Return what the record holds; note it as a finding where it does not open."""
        try:
            return codec.open(key, sealed)
        except DamagedRecordError as error:
            self.add(str(error))
            return None

    def unknown_tables(self) -> list[str]:
        """Return the names of tables that no store has."""
        keys = self._txn.cursor().iternext(keys=True, values=False)
        known = set(table_names())
        names = (bytes(key).decode("ascii", "backslashreplace") for key in keys)
        return [name for name in names if name not in known]

    def finish(self) -> None:
        """Report that the walk is through."""
        self._progress(self._total, self._total)

    def _table(self, name: str) -> Table:
        table: Table = getattr(self._tables, name)
        return table

    def _step(self, name: str) -> None:
        self.counts[name] += 1
        self._done += 1
        if self._done % PROGRESS_STEP == 0:
            self._progress(self._done, self._total)
