"""Writing an exported log: checkpoint, tiles, entries, in the layout of C2SP tlog-tiles.

A full tile never changes, so a second export into the same folder writes only what is new.
The checkpoint comes last: whoever reads meanwhile finds every file that the checkpoint
there needs.
"""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from rmp_milter.audit.folder import CHECKPOINT, ExportedLog, FolderError
from rmp_milter.audit.progress import Told, untold
from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.checkpoints import TreeHead, read_checkpoint
from rmp_milter.tlog.proofs import tree_root
from rmp_milter.tlog.tiles import ENTRIES, WIDTH, Tile, encode_bundle, tiles_of, tiles_on


class LogSource(Protocol):
    """The log that is exported, as it is at one moment."""

    def node(self, level: int, index: int, /) -> bytes:
        """Return the hash of a complete subtree."""

    def entries(self, begin: int, end: int, /) -> Iterator[bytes]:
        """Yield the entries from ``begin`` up to ``end``, which is left out."""


ExtraFile = tuple[str, bytes]
"""A path below the folder, and the file's content: what an application keeps beside."""


def export(
    source: LogSource,
    checkpoint: bytes,
    folder: Path,
    extra: Iterable[ExtraFile] = (),
    progress: Told = untold,
) -> int:
    """Write what is missing in ``folder`` for the log as ``checkpoint`` has it.

    ``extra`` files are replaced each time. Returns how many files were written. Raises
    :class:`~.folder.FolderError` where the folder holds another log, or a newer one.
    """
    head = read_checkpoint(checkpoint)
    _check_same_log(source, head, folder)
    new = [tile for tile in _all_tiles(head.size) if not (folder / tile.path).exists()]
    for done, tile in enumerate(new):
        progress(done * WIDTH, len(new) * WIDTH)
        _write(folder / tile.path, _content(source, tile))
    progress(len(new) * WIDTH, len(new) * WIDTH)
    beside = [(_beside(folder, path), content) for path, content in extra]
    for path, content in [*beside, (folder / CHECKPOINT, checkpoint)]:
        _write(path, content)
    for tile in new:
        if tile.width == WIDTH:  # the narrower ones that it replaces are needed no more
            shutil.rmtree(folder / f"{tile.path}.p", ignore_errors=True)
    return len(new) + len(beside) + 1


def _all_tiles(size: int) -> Iterator[Tile]:
    yield from tiles_on(ENTRIES, size)
    yield from tiles_of(size)


def _check_same_log(source: LogSource, head: TreeHead, folder: Path) -> None:
    if not (folder / CHECKPOINT).exists():
        return
    there = ExportedLog(folder).head
    if there.origin != head.origin or there.size > head.size:
        raise FolderError(
            Phrase(
                "{folder}: holds another log, or more of it: {origin}",
                folder=folder,
                origin=there.origin,
            )
        )
    if tree_root(source.node, there.size) != there.root:
        raise FolderError(
            Phrase("{folder}: holds another log: this one does not extend it", folder=folder)
        )


def _content(source: LogSource, tile: Tile) -> bytes:
    if tile.level == ENTRIES:
        return encode_bundle(list(source.entries(*tile.leaves())))
    level = tile.level * 8
    numbers = range(tile.first, tile.first + tile.width)
    return b"".join(source.node(level, number) for number in numbers)


def _beside(folder: Path, path: str) -> Path:
    """Return where an extra file goes; never among the log's own."""
    parts = Path(path).parts
    if not parts or ".." in parts or parts[0] in {"/", "tile", CHECKPOINT}:
        raise ValueError(f"{path}: not a place for an extra file")
    return folder / path


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    new.rename(path)
