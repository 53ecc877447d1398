"""Records of one table, looked up in the order in which another is walked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.tables import EngineTable
    from rmp_milter.engine.transaction import ReadTransaction, Value


class Along:
    """A second table walked beside the first, for an engine that is asked for much at once.

    Keys may be asked for in any order; what lies behind the last one is looked up by itself.
    """

    def __init__(self, txn: ReadTransaction, table: EngineTable) -> None:
        self._txn = txn
        self._table = table
        self._records: Iterator[tuple[bytes, Value]] | None = None
        self._at: tuple[bytes, Value] | None = None
        self._last = b""

    def get(self, key: bytes) -> Value | None:
        """Return the record of this key; None where there is none."""
        if self._txn.ahead == 1 or key < self._last:
            return self._txn.get(self._table, key)
        if self._records is None:
            self._records = self._txn.records(self._table, key)
            self._at = next(self._records, None)
        while self._at is not None and self._at[0] < key:
            self._at = next(self._records, None)
        self._last = key
        return self._at[1] if self._at is not None and self._at[0] == key else None
