"""What was done to a store under one key, done to the same store under the key that follows."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from rmp_milter.store.format.codecs import Codec
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.records import StoredDossier
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.format.terms import TermKeys
from rmp_milter.store.format.words import WordKeys, count_of, counted
from rmp_milter.store.redigesting import FollowedRecords
from rmp_milter.store.resealing import Chains, body_links, heads_anew, sealed_anew
from rmp_milter.store.rewriting import as_it_is, in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rmp_milter.engine.filling import Record
    from rmp_milter.engine.lmdb_transaction import LmdbWrites
    from rmp_milter.store.check.changed import Touched
    from rmp_milter.store.differences import Changed, Side
    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.rewriting import Moved

    Links = Callable[[bytes, bytes], Iterable[bytes]]


class Sides(NamedTuple):
    """The store as it was when it was written anew, and as it is now."""

    was: Side
    now: Side

    def is_new(self, document_id: bytes) -> bool:
        """Whether a body has come since."""
        return not self.was.has(StoreTable.BODIES, document_id)

    def is_emergency(self, key: bytes) -> bool:
        """Whether an emergency has this key, or had."""
        return any(side.has(StoreTable.EMERGENCIES, key) for side in self)


class Carrying:
    """Brings ``becomes``, the store as it was under ``new`` keys, to what it is now."""

    def __init__(
        self, sides: Sides, becomes: LmdbWrites, old: StoreKeys, new: StoreKeys
    ) -> None:
        self._was, self._now = sides
        self._becomes = becomes
        self._moves = _moves(sides, old, new)
        self._look_ups = _LookUps(becomes, old, new)
        self._links = body_links(old, new) if new.outbox != old.outbox else None
        self._chains = None
        if new.metadata != old.metadata:
            self._chains = Chains(old.metadata, new.metadata)
            self._moves[StoreTable.HEADS] = in_place(heads_anew(old, new, self._entry))

    def run(self, changed: Changed) -> None:
        """Carry over all that differs at these keys."""
        for dossier in changed[StoreTable.HEADS]:
            self._carry_entries(dossier)
        for dossier in changed[StoreTable.DOSSIERS]:
            self._look_ups.change(
                dossier, *(side.get(StoreTable.DOSSIERS, dossier) for side in self._sides())
            )
        for table, keys in changed.items():
            if table == StoreTable.OUTBOX_BODIES and self._links:
                self._carry_links(changed[StoreTable.OUTBOX], self._links)
            else:
                self._carry(StoreTable(table), keys)

    def placed(self, touched: Touched) -> Touched:
        """Return where in the new store the records lie that now lie at these keys."""
        return {
            table: [self._moved(StoreTable(table), key) for key in keys]
            for table, keys in touched.items()
        }

    def _sides(self) -> tuple[Side, Side]:
        return self._was, self._now

    def _moved(self, table: StoreTable, key: bytes) -> bytes:
        value = self._now.get(table, key)
        move = self._moves.get(table)
        return move(key, value)[0] if move and value is not None else key

    def _carry(self, table: StoreTable, keys: Sequence[bytes]) -> None:
        """Remove what is no more, then write what is new or another."""
        move = self._moves.get(table, _as_they_are)
        for key in keys:
            was = None if self._now.has(table, key) else self._was.get(table, key)
            if was is not None:
                _remove(self._becomes, table, move(key, was)[0])
        for key in keys:
            now = self._now.get(table, key)
            if now is not None:
                put = self._becomes.put if self._was.has(table, key) else self._add
                put(table, *move(key, now))

    def _add(self, table: StoreTable, key: bytes, value: bytes) -> None:
        if not self._becomes.add(table, key, value):
            raise StoreError(f"two records of table {table} have one key")

    def _carry_entries(self, dossier: bytes) -> None:
        """Have a dossier's chain go on behind the last entry that is as it was."""
        was, now = (_entries(side, dossier) for side in self._sides())
        same = sum(1 for _ in takewhile(_is_pair, zip(was, now, strict=False)))
        for key, _ in was[len(now) :]:
            _remove(self._becomes, StoreTable.ENTRIES, key)
        if self._chains and same:
            self._chains.go_on(dossier, self._entry(now[same - 1][0]))
        anew = self._chains.anew if self._chains else as_it_is
        for key, sealed in now[same:]:
            self._becomes.put(StoreTable.ENTRIES, key, anew(key, sealed))

    def _entry(self, key: bytes) -> bytes:
        return self._becomes.get(StoreTable.ENTRIES, key) or b""

    def _carry_links(self, rows: Sequence[bytes], links: Links) -> None:
        """Write anew what leads from bodies to the rows that need them."""
        before, after = (
            {
                link
                for row in rows
                if (sealed := side.get(StoreTable.OUTBOX, row)) is not None
                for link in links(row, sealed)
            }
            for side in self._sides()
        )
        for link in sorted(before - after):
            _remove(self._becomes, StoreTable.OUTBOX_BODIES, link)
        for link in sorted(after - before):
            self._add(StoreTable.OUTBOX_BODIES, link, b"")


class _LookUps:
    """Search terms and family words, of which each dossier says what they are."""

    def __init__(self, becomes: LmdbWrites, old: StoreKeys, new: StoreKeys) -> None:
        self._becomes = becomes
        self._codec = Codec("dossiers", old.metadata, StoredDossier)
        self._terms, self._words = TermKeys(new.index), WordKeys(new.index)

    def change(self, dossier: bytes, was: bytes | None, now: bytes | None) -> None:
        """Have a dossier found by what it is, and no more by what it was."""
        (terms_before, words_before), (terms_after, words_after) = (
            self._of(dossier, sealed) for sealed in (was, now)
        )
        for term in sorted(terms_before - terms_after):
            _remove(self._becomes, StoreTable.TERMS, term)
        for term in sorted(terms_after - terms_before):
            self._becomes.put(StoreTable.TERMS, term, b"")
        counts = Counter(words_after)
        counts.subtract(words_before)
        for word, more in sorted(counts.items()):
            if more:
                self._count(word, more)

    def _of(
        self, dossier: bytes, sealed: bytes | None
    ) -> tuple[frozenset[bytes], frozenset[bytes]]:
        if sealed is None:
            return frozenset(), frozenset()
        stored = self._codec.open(dossier, sealed).dossier
        return self._terms.of(stored), self._words.of(stored)

    def _count(self, word: bytes, more: int) -> None:
        count = count_of(self._becomes.get(StoreTable.WORDS, word)) + more
        if count > 0:
            self._becomes.put(StoreTable.WORDS, word, counted(count))
        else:
            _remove(self._becomes, StoreTable.WORDS, word)


def _moves(sides: Sides, old: StoreKeys, new: StoreKeys) -> dict[str, Moved]:
    """Return what becomes of records by themselves; of those of other tables nothing."""
    if new.index != old.index:
        return {**FollowedRecords(old, new, sides.is_emergency).by_table()}
    return {table: in_place(anew) for table, anew in sealed_anew(old, new).items()}


def _as_they_are(key: bytes, value: bytes) -> Record:
    return key, value


def _entries(side: Side, dossier: bytes) -> list[Record]:
    table = StoreTable.ENTRIES
    return [(key, side.get(table, key) or b"") for key in side.keys(table, dossier)]


def _is_pair(pair: tuple[Record, Record]) -> bool:
    return pair[0] == pair[1]


def _remove(becomes: LmdbWrites, table: StoreTable, key: bytes) -> None:
    if not becomes.delete(table, key):
        raise StoreError(f"table {table} of what was sealed anew lacks {key.hex()}")
