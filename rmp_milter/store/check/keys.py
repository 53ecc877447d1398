"""Whether tables hold the keys that the records ask for, in memory that does not grow with them.

Both sides of a table are walked in orders of their own: what records ask for, and what lies
there. So each key becomes a number that nobody knows beforehand (BLAKE2b under a key of the
run), is added where it is asked for and taken away where it is found. Where nothing is left
over, both are the same keys, each as often; who has not the run's key cannot have a key that
is missing made up for by others. (Clarke et al., Incremental multiset hash functions,
ASIACRYPT 2003: MSet-Add-Hash.)

The sums are kept in parts, by the number itself. Where a part has something left over, a second
walk remembers the keys of that part alone, and names them.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

PARTS = 1024
"""Of each table. A part is what is remembered at least, where it is named what differs."""

MOST_REMEMBERED = 100_000
"""Keys of a table, on each side; beyond them it is only said that there is more."""

RUN_KEY_BYTES = 32
_BYTES = 32


class KeysCompared(Protocol):
    """What is told of a table's keys, in a first walk or in a second."""

    def ask(self, key: bytes, by: bytes = b"") -> None:
        """Note that a record, of the identifier ``by``, asks for this key."""

    def find(self, key: bytes, times: int = 1) -> None:
        """Note that this key is there, for as many records as ``times`` says."""


class Hasher:
    """Numbers of keys, which nobody knows who does not know the run's own key."""

    def __init__(self, run_key: bytes) -> None:
        self._run_key = run_key

    def number(self, key: bytes) -> int:
        """Return the key's number, of 256 bits."""
        digest = blake2b(key, digest_size=_BYTES, key=self._run_key).digest()
        return int.from_bytes(digest, "big")


class Sums:
    """The first walk: what is left over, part by part."""

    def __init__(self, hasher: Hasher) -> None:
        self._number = hasher.number
        self._left = [0] * PARTS
        self._asked = [0] * PARTS
        self._found = [0] * PARTS

    def ask(self, key: bytes, _by: bytes = b"") -> None:
        """Add the key's number to what is left over."""
        number = self._number(key)
        self._left[number % PARTS] += number
        self._asked[number % PARTS] += 1

    def find(self, key: bytes, times: int = 1) -> None:
        """Take the key's number away from what is left over."""
        number = self._number(key)
        self._left[number % PARTS] -= number * times
        self._found[number % PARTS] += 1

    def unequal(self) -> list[int]:
        """Return the parts in which something is left over."""
        return [part for part in range(PARTS) if self._left[part] % (1 << 8 * _BYTES)]

    def few(self, parts: list[int]) -> frozenset[int]:
        """Return as many of the parts as are not too many keys to remember; one at least."""
        sizes = accumulate(max(self._asked[part], self._found[part]) for part in parts)
        fit = [part for part, size in zip(parts, sizes, strict=True) if size <= MOST_REMEMBERED]
        return frozenset(fit or parts[:1])


class Remembered:
    """A second walk: the keys of some parts, who asks for each, and which are there."""

    def __init__(self, hasher: Hasher, parts: Collection[int], *, whole: bool) -> None:
        self.asked: defaultdict[bytes, list[bytes]] = defaultdict(list)
        self.found: dict[bytes, int] = {}
        self.whole = whole
        self._number = hasher.number
        self._parts = parts

    def ask(self, key: bytes, by: bytes = b"") -> None:
        """Remember who asks for the key."""
        if self._number(key) % PARTS in self._parts:
            self.asked[key].append(by)

    def find(self, key: bytes, times: int = 1) -> None:
        """Remember that the key is there."""
        if self._number(key) % PARTS in self._parts:
            self.found[key] = times
