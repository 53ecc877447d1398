"""What the records of a walk will ask for, asked for at once: look-ups in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.format.tables import StoreTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rmp_milter.engine.transaction import Value, WholeMoment


class Foreseen:
    """What was asked for with some records of a walk, until it comes to the next ones."""

    def __init__(self, txn: WholeMoment) -> None:
        self._txn = txn
        self._records: dict[tuple[str, bytes], Value | None] = {}
        self._there: dict[tuple[str, bytes], bool] = {}
        self._holders: Mapping[bytes, Sequence[bytes]] = {}

    def ask(self, name: str, keys: Iterable[bytes]) -> None:
        """Have the records of these keys at hand."""
        each = [key for key in dict.fromkeys(keys) if key]
        found = self._txn.get_many(StoreTable(name), each)
        self._records |= {(name, key): value for key, value in zip(each, found, strict=True)}

    def ask_whether(self, name: str, keys: Iterable[bytes]) -> None:
        """Know of these keys whether they have a record."""
        each = {key for key in keys if key}
        held = self._txn.held(StoreTable(name), each)
        self._there |= {(name, key): key in held for key in each}

    def ask_holders(self, links: Iterable[bytes], most: int) -> None:
        """Know the first whom each of these blind keys of the index leads to."""
        self._holders = self._txn.first_keys(StoreTable.INDEX, [*links], most)

    def get(self, name: str, key: bytes) -> Value | None:
        """Return one record; None where there is none."""
        place = name, key
        if place in self._records:
            return self._records[place]
        return self._txn.get(StoreTable(name), key)

    def has(self, name: str, key: bytes) -> bool:
        """Whether there is a record of this key."""
        place = name, key
        if place in self._there:
            return self._there[place]
        if place in self._records:
            return self._records[place] is not None
        return self._txn.has(StoreTable(name), key)

    def keys_of(self, link: bytes) -> Iterable[bytes]:
        """Return the index's keys of a blind key: all, or as many as were asked for."""
        if link in self._holders:
            return self._holders[link]
        return self._txn.keys(StoreTable.INDEX, link)
