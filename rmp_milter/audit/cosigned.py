"""Cosigned checkpoints as files: ``<size>.checkpoint`` in a folder, for everybody to read.

Written by who asks the witnesses, read by who judges by a policy: also below an exported log, in
``witnessed/``. What a file says is a signed note, so whoever wrote it can add nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.tlog.checkpoints import TreeHead, parse_head
from rmp_milter.tlog.notes import Note, NoteError, parse

FOLDER = "witnessed"
"""Where an exported log has them."""
SUFFIX = ".checkpoint"
MOST_KEPT = 100
"""The newest, that is the largest; each says all that those before it say."""
_MOST_DIGITS = 19


@dataclass(frozen=True)
class CosignedCheckpoint:
    """A checkpoint with whatever signatures it has, none of them verified yet."""

    note: Note
    head: TreeHead

    @classmethod
    def parse(cls, data: bytes) -> "CosignedCheckpoint":
        """Read one; raises :class:`~rmp_milter.tlog.notes.NoteError`."""
        note = parse(data)
        return cls(note, parse_head(note.text))


def name_of(size: int) -> str:
    """Return what the file of so many entries is called."""
    return f"{size}{SUFFIX}"


def sizes_in(folder: Path) -> list[int]:
    """Return the sizes of which there is a file, the largest first."""
    if not folder.is_dir():
        return []
    stems = (path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
    found = {
        int(stem)
        for stem in stems
        if stem.isascii() and stem.isdecimal() and len(stem) <= _MOST_DIGITS
    }
    return sorted(found, reverse=True)


def kept_in(folder: Path, most: int = MOST_KEPT) -> Iterator[CosignedCheckpoint]:
    """Yield the checkpoints of a folder, the largest first; what is none is passed over."""
    for size in sizes_in(folder)[:most]:
        try:
            read = CosignedCheckpoint.parse(read_bounded(folder / name_of(size)))
        except (FolderError, NoteError):
            continue
        if read.head.size == size:
            yield read


def of_origin(kept: Sequence[CosignedCheckpoint], origin: str) -> list[CosignedCheckpoint]:
    """Return those of one log."""
    return [each for each in kept if each.head.origin == origin]
