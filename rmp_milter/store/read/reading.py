"""What all reads of a snapshot share: records opened, index and prefixes followed."""

from __future__ import annotations

from itertools import islice
from string import hexdigits
from typing import TYPE_CHECKING, TypeVar

from rmp_milter.store.format.codecs import ID_BYTES, LINK_BYTES, Codec, Codecs
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.read.bodies import Bodies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rmp_milter.engine.transaction import WholeMoment

T = TypeVar("T")

_HEX_DIGITS = frozenset(hexdigits.lower())


class Reading(Bodies):
    """The small means of a snapshot, on top of the bodies that it lends."""

    def __init__(self, txn: WholeMoment, codecs: Codecs) -> None:
        super().__init__(txn)
        self._codecs = codecs

    def _get(self, table: StoreTable, codec: Codec[T], key: bytes) -> T | None:
        if len(key) < ID_BYTES:  # LMDB takes an empty key for a fault of its own
            return None
        sealed = self._txn.get(table, key)
        return None if sealed is None else codec.open(key, sealed)

    def _all(self, table: StoreTable, codec: Codec[T]) -> Iterator[T]:
        for key, sealed in self._txn.records(table):
            yield codec.open(key, sealed)

    def _read_next(self, table: StoreTable, keys: Iterable[bytes]) -> Iterator[bytes]:
        """Yield keys whose records are read one after the other: some are got in one go."""
        if self._txn.ahead == 1:
            yield from keys
            return
        left = iter(keys)
        while some := [*islice(left, self._txn.ahead)]:
            self._txn.foresee(table, some)
            yield from some

    def _holders(self, link: bytes) -> Iterator[bytes]:
        """Yield the identifiers that a blind key leads to."""
        return (key[LINK_BYTES:] for key in self._txn.keys(StoreTable.INDEX, link))

    def _holders_of_any(self, links: Iterable[bytes], table: StoreTable) -> tuple[bytes, ...]:
        """Return all identifiers that any of the blind keys leads to, each once.

        They are those of records of ``table``, which is looked at next.
        """
        return tuple(dict.fromkeys(self._txn.led_to(StoreTable.INDEX, [*links], table)))

    def _beginning(self, table: StoreTable, reference: str) -> Iterator[bytes]:
        """Yield the identifiers that begin so in hex, none for what is no hex."""
        begins = reference.lower()
        if not 0 < len(begins) <= 2 * ID_BYTES or not set(begins) <= _HEX_DIGITS:
            return
        whole_bytes = bytes.fromhex(begins[: len(begins) // 2 * 2])
        for key in self._txn.keys(table, whole_bytes):
            if key.hex().startswith(begins):
                yield key
