"""Which emergencies are of patients of one name: a file that the host gives, without any name.

The log knows no names. The host's store does, and says of each doctor's emergencies no more than
which belong together. It is the host's word, and nothing in the log binds it.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.phrases.phrase import Phrase

FORMAT = "rmp namesakes 1"
_MOST = 64 << 20


class _NamesakesFile(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    log: str
    entries: list[list[int]]


_decode = msgspec.json.Decoder(_NamesakesFile).decode


def grouped(acts: Iterable[tuple[int, str, str]]) -> list[list[int]]:
    """Return the groups of entries of one doctor and one name, of two or more.

    Takes each emergency's entry, its doctor and its patient's name.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for entry, rpps, name in acts:
        if name:
            groups.setdefault((rpps, name), []).append(entry)
    return sorted(group for group in groups.values() if len(group) > 1)


def encoded(origin: str, groups: Sequence[Sequence[int]]) -> bytes:
    """Return the file for a log of this name."""
    file = _NamesakesFile(FORMAT, origin, [list(group) for group in groups])
    return msgspec.json.format(msgspec.json.encode(file), indent=0) + b"\n"


def read_namesakes(path: Path, origin: str) -> Mapping[int, str]:
    """Return a word for each entry that has one, the same for those of one group.

    Raises :class:`~.folder.FolderError` for what is no such file, or one of another log.
    """
    try:
        file = _decode(read_bounded(path, _MOST))
    except msgspec.DecodeError:
        line = Phrase("{path}: not a file of namesakes, or damaged", path=path)
        raise FolderError(line) from None
    if file.format != FORMAT:
        line = Phrase("{path}: is {found}, not {wanted}", path=path, found=file.format,
                      wanted=FORMAT)  # fmt: skip
        raise FolderError(line)
    if file.log != origin:
        raise FolderError(Phrase("{path}: is of the log {origin}", path=path, origin=file.log))
    return {entry: str(number) for number, group in enumerate(file.entries) for entry in group}
