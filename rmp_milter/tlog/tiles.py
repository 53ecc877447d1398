"""Tiles and entry bundles (C2SP tlog-tiles): a log as files that never change.

A tile holds 256 hashes that follow each other on one level of every eighth: those of level
0 are the leaves', each one above stands for a full tile below. A bundle holds 256 entries.
The last of each kind may be narrower; its width then stands in its path.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.hashing import HASH_SIZE, tree_hash
from rmp_milter.tlog.nodes import Nodes

WIDTH = 256
HEIGHT = 8
ENTRIES = -1
"""Stands for the level in the place of entry bundles."""
MAX_ENTRY = 65_535
_LENGTH = 2


class Tile(NamedTuple):
    """A tile or bundle: its level (or :data:`ENTRIES`), its number there, its width."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def first(self) -> int:
        """The place of its first hash or entry on its level."""
        return self.number * WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's folder, such as ``tile/0/x001/x234/067.p/12``."""
        *above, last = _thousands(self.number)
        level = "entries" if self.level == ENTRIES else str(self.level)
        parts = ["tile", level, *(f"x{part:03}" for part in above), f"{last:03}"]
        return "/".join(parts) + ("" if self.width == WIDTH else f".p/{self.width}")

    def leaves(self) -> tuple[int, int]:
        """Return the numbers of the first leaf below it and of the one behind the last."""
        each = WIDTH ** max(self.level, 0)
        return self.first * each, (self.first + self.width) * each


def _thousands(number: int) -> list[int]:
    parts = [number % 1000]
    while number := number // 1000:
        parts.insert(0, number % 1000)
    return parts


class BundleError(ValueError):
    """A bundle that is cut or garbled; ``whole`` entries could be read before that."""

    def __init__(self, whole: int) -> None:
        super().__init__(Phrase("garbled behind {whole} entries", whole=whole))
        self.whole = whole


def tiles_on(level: int, size: int) -> Iterator[Tile]:
    """Yield the tiles of a level (or the bundles) in a log of ``size`` entries."""
    width = size >> HEIGHT * max(level, 0)
    for number in range(width // WIDTH):
        yield Tile(level, number)
    if width % WIDTH:
        yield Tile(level, width // WIDTH, width % WIDTH)


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield all tiles of a log of ``size`` entries, level by level, without bundles."""
    level = 0
    while size >> HEIGHT * level:
        yield from tiles_on(level, size)
        level += 1


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return entries each behind its length; none may exceed :data:`MAX_ENTRY` bytes."""
    return b"".join(len(entry).to_bytes(_LENGTH) + entry for entry in entries)


def parse_bundle(data: bytes) -> list[bytes]:
    """Return a bundle's entries; raise :class:`BundleError`."""
    entries = []
    at, end = 0, len(data)
    while at + _LENGTH <= end:
        begin = at + _LENGTH
        at = begin + (data[begin - 2] << 8 | data[begin - 1])
        entries.append(data[begin:at])
    if at != end:
        raise BundleError(len(entries) - (at > end))
    return entries


def cut_hashes(data: bytes) -> list[bytes]:
    """Return a tile's hashes; what is left of a cut one is dropped."""
    whole = len(data) - len(data) % HASH_SIZE
    return [data[at : at + HASH_SIZE] for at in range(0, whole, HASH_SIZE)]


def nodes_in(read: Callable[[Tile], list[bytes]], size: int) -> Nodes:
    """Return the complete subtrees of a log of ``size`` entries, as its tiles have them."""

    def node(level: int, index: int) -> bytes:
        tile_level, above = divmod(level, HEIGHT)
        first = index << above
        width = min(WIDTH, (size >> HEIGHT * tile_level) - first // WIDTH * WIDTH)
        hashes = read(Tile(tile_level, first // WIDTH, width))
        begin = first % WIDTH
        return tree_hash(hashes[begin : begin + (1 << above)])

    return node
