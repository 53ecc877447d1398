"""Verification of what was changed in a store that was sound: the same rules, for that alone.

What is walked through are the records that were changed, with all that belongs to their
dossiers. What they ask for must be there; that nothing else is, the counts of tables and ledgers
say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.check.naming import WORDS
from rmp_milter.store.check.walk import Walk
from rmp_milter.store.check.whole import check_meta, check_tables
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.format.words import count_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from rmp_milter.engine.transaction import Value, WholeMoment
    from rmp_milter.store.check.naming import KeyWords
    from rmp_milter.store.format.codecs import Codecs

    Touched = Mapping[str, Collection[bytes]]


def check_changed(
    txn: WholeMoment, codecs: Codecs, touched: Touched, is_new: Callable[[bytes], bool]
) -> tuple[str, ...]:
    """Return what is found in the records at the keys that were ``touched``, by table.

    Keys without a record are passed over. Of bodies those are read that ``is_new`` says.
    """
    walk = _ChangedWalk(txn, touched, is_new)
    check_meta(walk, codecs)
    check_tables(walk, codecs, {table: _Asked(walk, words) for table, words in WORDS.items()})
    return tuple(walk.findings)


class _ChangedWalk(Walk):
    """A walk that passes over what was not changed; what is looked up is there all the same."""

    def __init__(
        self, txn: WholeMoment, touched: Touched, is_new: Callable[[bytes], bool]
    ) -> None:
        super().__init__(txn, lambda _done, _total: None)
        self._touched = touched
        self._is_new = is_new

    def reads_body(self, document_id: bytes) -> bool:
        return self._is_new(document_id)

    def records(self, name: str, foresee: object = None) -> Iterator[tuple[bytes, Value]]:
        del foresee
        for key in self._touched.get(name, ()):
            value = self.get(name, key)
            if value is not None:
                yield key, value

    def keys(self, name: str, foresee: object = None) -> Iterator[bytes]:
        del foresee
        if name == StoreTable.META:
            yield from super().keys(name)
        else:
            yield from (key for key, _ in self.records(name))

    def compare_count(self, name: str, expected: int) -> None:
        self.counts[name] = self._txn.count(StoreTable(name))
        super().compare_count(name, expected)


class _Asked:
    """Sees at once that a key is there which a record asks for."""

    def __init__(self, walk: Walk, words: KeyWords) -> None:
        self._walk = walk
        self._words = words

    def ask(self, key: bytes, by: bytes = b"") -> None:
        if not self._is_there(key):
            for line in self._words.lacks(key, by):
                self._walk.add(line)

    def _is_there(self, key: bytes) -> bool:
        table = self._words.table
        if table == StoreTable.WORDS:
            return count_of(self._walk.get(table, key)) > 0
        return self._walk.has(table, key)

    def find(self, key: bytes, times: int = 1) -> None:
        """Leave keys that nobody asks for to the counts."""
