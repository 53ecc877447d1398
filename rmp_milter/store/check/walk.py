"""Walking a store's tables for verification, and collecting what is found."""

from __future__ import annotations

from collections import Counter
from itertools import islice, takewhile
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from rmp_milter.engine.filling import bounded
from rmp_milter.store.check.along import Along
from rmp_milter.store.check.foreseen import Foreseen
from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.tables import StoreTable, table_names
from rmp_milter.store.format.words import count_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rmp_milter.engine.transaction import Value, WholeMoment
    from rmp_milter.store.check.keys import KeysCompared
    from rmp_milter.store.format.codecs import Codec

    Record: TypeAlias = tuple[bytes, Value]
    V = TypeVar("V", Record, bytes)
    Foresight: TypeAlias = Callable[[Foreseen, Sequence[V]], None]

T = TypeVar("T")

MAX_FINDINGS = 1000
"""A store that is damaged throughout need not be listed throughout."""

PROGRESS_STEP = 256
MOST_AT_ONCE = 256
"""Look-ups that wait for each other; keys of which so many are told of before they come."""


class Walk:
    """One moment of a store, what was found in it so far, and how far the walk is.

    A second walk over the same moment, only to name keys, reads bodies no more.
    """

    def __init__(
        self,
        txn: WholeMoment,
        progress: Callable[[int, int], None],
        *,
        reads_bodies: bool = True,
    ) -> None:
        self._reads_bodies = reads_bodies
        self.findings: list[str] = []
        self.notes: list[str] = []
        self.counts: Counter[str] = Counter()
        self._txn = txn
        self._foreseen = Foreseen(txn)
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

    def records(
        self, name: str, foresee: Foresight[Record] | None = None
    ) -> Iterator[tuple[bytes, Value]]:
        """Yield the records of a table by key.

        Where the engine is asked for much at once, ``foresee`` is told of some records before
        they come, and asks for what they will be compared with.
        """
        records = self._txn.records(StoreTable(name))
        if foresee and self.at_once > 1:
            records = self._ahead(bounded(records), foresee)
        for key, value in records:
            self._step(name)
            yield key, value

    def keys(self, name: str, foresee: Foresight[bytes] | None = None) -> Iterator[bytes]:
        """Yield the keys of a table in order, likewise; the values are not touched."""
        keys = self._txn.keys(StoreTable(name))
        if foresee and self.at_once > 1:
            keys = self._ahead(_some(keys), foresee)
        for key in keys:
            self._step(name)
            yield key

    def along(self, name: str) -> Along:
        """Return a table whose records are looked up in the order of a walk through another."""
        return Along(self._txn, StoreTable(name))

    def records_of(self, name: str, prefix: bytes) -> Iterator[tuple[bytes, Value]]:
        """Yield the records whose keys begin with ``prefix``."""
        records = self._txn.records(StoreTable(name), prefix)
        return takewhile(lambda record: record[0].startswith(prefix), records)

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
        return self._foreseen.get(name, key) if key else None

    def has(self, name: str, key: bytes) -> bool:
        """Whether there is a record of this key; its value is not touched."""
        return bool(key) and self._foreseen.has(name, key)

    def holders(self, link: bytes) -> Iterator[bytes]:
        """Yield the identifiers that a blind key of the index leads to."""
        return (key[len(link) :] for key in self._foreseen.keys_of(link))

    @property
    def at_once(self) -> int:
        """How many look-ups it pays to collect: one where each record is at hand anyway."""
        return MOST_AT_ONCE if self._txn.ahead > 1 else 1

    def sizes(self, name: str, keys: Sequence[bytes]) -> Sequence[int | None]:
        """Return how many octets records have, None of one that is not there."""
        some = [key for key in keys if key]
        found = dict(zip(some, self._txn.sizes(StoreTable(name), some), strict=True))
        return [found.get(key) for key in keys]

    def digests(self, name: str, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """Return the SHA-256 of bodies, None of one that is not there."""
        return self._txn.digests(StoreTable(name), keys)

    def read(self, name: str, codec: Codec[T], key: bytes) -> T | None:
        """Return what a record holds; None where there is none, or none that opens.

        That one does not open is noted where its table is walked.
        """
        sealed = self.get(name, key)
        return None if sealed is None else self.tried(codec, key, sealed)

    def tried(self, codec: Codec[T], key: bytes, sealed: Value) -> T | None:
        """Return what the record holds; None where it does not open, which is noted elsewhere."""
        try:
            return codec.open(key, sealed)
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

    def _ahead(self, batches: Iterable[Sequence[V]], foresee: Foresight[V]) -> Iterator[V]:
        for some in batches:
            self._foreseen = Foreseen(self._txn)
            foresee(self._foreseen, some)
            yield from some
        self._foreseen = Foreseen(self._txn)

    def _step(self, name: str) -> None:
        self.counts[name] += 1
        self._done += 1
        if self._done % PROGRESS_STEP == 0:
            self._progress(self._done, self._total)


def _some(keys: Iterator[bytes]) -> Iterator[list[bytes]]:
    while some := [*islice(keys, MOST_AT_ONCE)]:
        yield some
