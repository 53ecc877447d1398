"""Recomputing a tree from its entries, as they stream by."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from rmp_milter.audit.beside import HAS_REASON, reasons_in
from rmp_milter.audit.dates import Dates
from rmp_milter.audit.folder import read_tile, tiles_there
from rmp_milter.audit.handovers import HAS_HANDOVER, handovers_in
from rmp_milter.audit.progress import Told, untold
from rmp_milter.tlog.hashing import leaf_hashes, tree_hash
from rmp_milter.tlog.tiles import (
    ENTRIES,
    WIDTH,
    BundleError,
    Tile,
    cut_hashes,
    parse_bundle,
    tiles_on,
)


class Roots:
    """Takes leaf hashes in their order; gives the root at the end and at some sizes before."""

    def __init__(self, wanted: Collection[int] = ()) -> None:
        """``wanted`` are sizes whose root shall be kept on the way."""
        self.count = 0
        self.full: list[bytes] = []
        """The roots of 256 leaves each: what the tiles of level 1 hold."""
        self._rest: list[bytes] = []
        self._wanted = sorted(wanted, reverse=True)
        self.kept: dict[int, bytes] = {}
        """The roots at the wanted sizes, of those that were reached."""
        self._keep()

    def add(self, hashes: Sequence[bytes]) -> None:
        """Take the next leaves' hashes."""
        while self._wanted and self._wanted[-1] - self.count <= len(hashes):
            to_wanted = self._wanted[-1] - self.count
            self._add(hashes[:to_wanted])
            self._keep()
            hashes = hashes[to_wanted:]
        self._add(hashes)

    def _keep(self) -> None:
        """Keep the root as it is now, if that is wanted."""
        while self._wanted and self._wanted[-1] <= self.count:
            self.kept[self._wanted.pop()] = self.root()

    def _add(self, hashes: Sequence[bytes]) -> None:
        self.count += len(hashes)
        self._rest.extend(hashes)
        while len(self._rest) >= WIDTH:
            self.full.append(tree_hash(self._rest[:WIDTH]))
            del self._rest[:WIDTH]

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        return tree_hash([*self.full, tree_hash(self._rest)] if self._rest else self.full)


class Recount:
    """What a folder's entries say: the tree over them, and where its tiles say otherwise."""

    def __init__(
        self,
        folder: Path,
        size: int,
        wanted: Collection[int] = (),
        progress: Told = untold,
    ) -> None:
        """Read and hash all entries; ``wanted`` as for :class:`Roots`."""
        self._folder = folder
        self._size = size
        self.roots = Roots(wanted)
        self.unlike: list[Tile] = []
        """Tiles of level 0 that are not what their bundle hashes to."""
        self.garbled: list[tuple[Tile, int]] = []
        """Bundles that cannot be read to their end, and how many entries could be."""
        self.reasons: dict[int, str] = {}
        """Entries that have a sealed reason beside the log, and its SHA-256 in hex."""
        self.handovers: dict[int, bytes] = {}
        """Entries that hand the log over to another key."""
        self.dates = Dates()
        for tile in self._tiles(ENTRIES):
            hashes = self._hashed(tile, self.dates)
            self.roots.add(hashes)
            progress(min(self.roots.count, size), size)
            if b"".join(hashes) != self._leaf_tile(tile):
                self.unlike.append(tile._replace(level=0))

    def _tiles(self, level: int, at_least: int = 0) -> Iterator[Tile]:
        """Yield the tiles of a level, but none behind all files and ``at_least`` hashes.

        Bundles and the tiles of level 0 go together, as far as there is one of either. More
        gaps than files are not walked through: one file under a far number would take for ever.
        """
        levels = {ENTRIES, 0} if level <= 0 else {level}
        there = frozenset[int]().union(*(tiles_there(self._folder, each) for each in levels))
        expected = -(-at_least // WIDTH)
        bound, gaps = max([*there, expected - 1]), len(there) + expected
        for tile in tiles_on(level, self._size):
            gaps -= tile.number not in there
            if tile.number > bound or gaps < 0:
                return
            yield tile

    def _hashed(self, tile: Tile, dates: Dates | None = None) -> list[bytes]:
        data = read_tile(self._folder, tile)
        try:
            entries = parse_bundle(data)
            self.reasons |= reasons_in(entries, tile.first) if HAS_REASON in data else {}
            self.handovers |= handovers_in(entries, tile.first) if HAS_HANDOVER in data else {}
            if dates is not None:
                dates.add_all(tile.first, entries)
            return leaf_hashes(entries)
        except BundleError as error:
            self.garbled.append((tile, error.whole))
            return leaf_hashes(_readable(data, error.whole))

    def _leaf_tile(self, tile: Tile) -> bytes:
        return read_tile(self._folder, tile._replace(level=0))

    def from_first_unlike(self) -> tuple[int, list[bytes], list[bytes]]:
        """Return the first entry of the first unlike tile, and the leaf hashes from there.

        Those that the tiles have, then those of the entries. Reads all of it once more.
        """
        first = self.unlike[0].number
        expected: list[bytes] = []
        actual: list[bytes] = []
        for tile in self._tiles(ENTRIES):
            if tile.number >= first:
                expected += cut_hashes(self._leaf_tile(tile))
                actual += self._hashed(tile)
        return first * WIDTH, expected, actual

    def leaf_tiles(self) -> Roots:
        """Return the tree over the leaf hashes that the tiles of level 0 have."""
        roots = Roots()
        for tile in self._tiles(0):
            roots.add(cut_hashes(self._leaf_tile(tile)))
        return roots

    def unlike_above(self) -> Mapping[Tile, list[int]]:
        """Return the tiles above level 0 that do not fit the entries, and where."""
        found = {}
        level, hashes = 1, self.roots.full
        while self._size >> 8 * level:
            for tile in self._tiles(level, len(hashes)):
                wanted = hashes[tile.first : tile.first + tile.width]
                there = cut_hashes(read_tile(self._folder, tile))
                places = [
                    at for at in range(tile.width) if wanted[at : at + 1] != there[at : at + 1]
                ]
                if places or len(there) > tile.width:
                    found[tile] = [tile.first + at for at in places]
            level += 1
            whole = range(0, len(hashes) - WIDTH + 1, WIDTH)
            hashes = [tree_hash(hashes[at : at + WIDTH]) for at in whole]
        return found


def _readable(data: bytes, whole: int) -> list[bytes]:
    """Return the entries before the place where a bundle is garbled."""
    at, entries = 0, []
    for _ in range(whole):
        end = at + 2 + int.from_bytes(data[at : at + 2])
        entries.append(data[at + 2 : end])
        at = end
    return entries
