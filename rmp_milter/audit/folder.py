"""An exported log: a folder in the layout of C2SP tlog-tiles, read file by file."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from rmp_milter.phrases.phrase import Phrase, line_of, reason_of
from rmp_milter.tlog.checkpoints import TreeHead, read_checkpoint
from rmp_milter.tlog.entry_proofs import EntryProof, EntryProofError, entry_proof_of
from rmp_milter.tlog.hashing import HASH_SIZE
from rmp_milter.tlog.notes import MAX_NOTE, NoteError
from rmp_milter.tlog.tiles import (
    ENTRIES,
    MAX_ENTRY,
    WIDTH,
    BundleError,
    Tile,
    cut_hashes,
    nodes_in,
    parse_bundle,
    tiles_on,
)

CHECKPOINT = "checkpoint"
_CACHED_TILES = 64
_FOLDER = re.compile(r"x[0-9]{3}|[0-9]{3}\.p")
_DEEPEST = 7
"""Folders: a tile's number has at most six thousands before its last one, and it may be narrow."""
_MOST_BYTES = WIDTH * (2 + MAX_ENTRY) + 1


class FolderError(Exception):
    """A folder or file that is not an exported log; one clear line."""


def read_bounded(path: Path, limit: int = MAX_NOTE) -> bytes:
    """Read a small file; raise :class:`FolderError` where it is missing or too large."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        line = Phrase("{path}: {error}", path=path, error=reason_of(error))
        raise FolderError(line) from None
    if len(data) > limit:
        raise FolderError(Phrase("{path}: too large for what it should be", path=path))
    return data


def read_tile(folder: Path, tile: Tile) -> bytes:
    """Return the bytes of a tile or bundle, or none where there is no such file.

    A narrow one may have grown meanwhile: then its beginning is cut from the full one
    (tlog-tiles, Partial Tiles). Of one that is too short, what is there comes back.
    """
    exact, full = folder / tile.path, folder / Tile(tile.level, tile.number).path
    if exact.is_file():
        return _read(exact)
    if full.is_file():
        return _beginning(_read(full), tile)
    narrower = (
        folder / tile._replace(width=width).path for width in range(tile.width - 1, 0, -1)
    )
    return next((_read(path) for path in narrower if path.is_file()), b"")


def _read(path: Path) -> bytes:
    """Read a tile or bundle, and not much more than the largest that there can be."""
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)


def tiles_there(folder: Path, level: int) -> frozenset[int]:
    """Return the numbers of the tiles (or bundles) of a level that there is a file of.

    A checkpoint may claim any number of entries: what is read is bounded by these.
    """
    level_folder = folder / Tile(level, 0).path.rpartition("/")[0]
    numbers = (
        _number(path.relative_to(level_folder)) for path in _files_below(level_folder, _DEEPEST)
    )
    return frozenset(number for number in numbers if number is not None)


def _files_below(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the files that may be tiles: no deeper than those of the largest log are."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_file():
            yield path
        elif depth and _FOLDER.fullmatch(path.name):
            yield from _files_below(path, depth - 1)


def _number(path: Path) -> int | None:
    """Return the number of the tile in a file called ``x001/x234/067`` or ``067.p/12``."""
    name = str(path.parent if path.parent.suffix == ".p" else path)
    digits = name.removesuffix(".p").replace("/x", "").replace("/", "").removeprefix("x")
    return int(digits) if digits.isascii() and digits.isdecimal() else None


def _beginning(data: bytes, tile: Tile) -> bytes:
    """Return the part of a full tile's file that a narrower one of the same number has."""
    if tile.level != ENTRIES:
        return data[: tile.width * HASH_SIZE]
    at = 0
    for _ in range(tile.width):
        at += 2 + int.from_bytes(data[at : at + 2])
    return data[:at]


class ExportedLog:
    """A folder that was exported; its files are believed, :mod:`.verify` doubts them."""

    def __init__(self, folder: Path) -> None:
        """Read the checkpoint; raise :class:`FolderError`."""
        self._folder = folder
        self.checkpoint = read_bounded(folder / CHECKPOINT)
        try:
            self.head: TreeHead = read_checkpoint(self.checkpoint)
        except NoteError as error:
            line = Phrase("{path}: {error}", path=folder / CHECKPOINT, error=line_of(error))
            raise FolderError(line) from None
        read = lru_cache(maxsize=_CACHED_TILES)(self._hashes)
        self.node = nodes_in(read, self.head.size)
        """``node(level, index)`` is the hash of a complete subtree, from the tiles."""

    def _hashes(self, tile: Tile) -> list[bytes]:
        hashes = cut_hashes(read_tile(self._folder, tile))
        if len(hashes) < tile.width:
            raise FolderError(Phrase("{path}: missing or cut", path=self._folder / tile.path))
        return hashes

    def _bundle(self, tile: Tile) -> list[bytes]:
        try:
            entries = parse_bundle(read_tile(self._folder, tile))
        except BundleError as error:
            line = Phrase(
                "{path}: {error}", path=self._folder / tile.path, error=line_of(error)
            )
            raise FolderError(line) from None
        if len(entries) != tile.width:
            raise FolderError(
                Phrase("{path}: missing, or of a wrong length", path=self._folder / tile.path)
            )
        return entries

    def entries(self) -> Iterator[bytes]:
        """Yield all entries in their order; raise :class:`FolderError` for a bad bundle."""
        for tile in tiles_on(ENTRIES, self.head.size):
            yield from self._bundle(tile)

    def entry(self, index: int) -> bytes:
        """Return one entry; raise :class:`FolderError` where there is none."""
        if not 0 <= index < self.head.size:
            raise FolderError(
                Phrase("no entry {index}: the log has {size}", index=index, size=self.head.size)
            )
        number, place = divmod(index, WIDTH)
        width = min(WIDTH, self.head.size - number * WIDTH)
        return self._bundle(Tile(ENTRIES, number, width))[place]

    def entry_proof(self, index: int, checkpoint: bytes | None = None) -> EntryProof:
        """Return the proof of one entry; raise :class:`FolderError`.

        It is under the export's checkpoint, or one of its past that counts the entry.
        """
        note = checkpoint or self.checkpoint
        try:
            return entry_proof_of(self.node, self.entry(index), index, note)
        except EntryProofError as error:
            raise FolderError(line_of(error)) from None
