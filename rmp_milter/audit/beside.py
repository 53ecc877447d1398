"""What lies beside an exported log: sealed reasons, whose digests are in its entries."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from rmp_milter.audit.findings import MOST_NAMED, Finding, and_more
from rmp_milter.audit.folder import FolderError, read_bounded
from rmp_milter.audit.unreadable import UNREADABLE
from rmp_milter.phrases.phrase import Phrase

FOLDER = "reasons"
HAS_REASON = b'"reason":"'
"""Stands in each bundle that has an entry with a reason; most have none."""
MAX_SEALED = 1 << 16


class _Reasoned(msgspec.Struct):
    reason: str = ""


_decode = msgspec.json.Decoder(_Reasoned).decode


def reason_path(index: int) -> str:
    """Return where the sealed reason of an entry is, below the log's folder."""
    return f"{FOLDER}/{index}"


def read_reason(folder: Path, index: int) -> bytes:
    """Return the sealed reason of an entry; raise :class:`~.folder.FolderError`."""
    return read_bounded(folder / reason_path(index), MAX_SEALED)


def reasons_in(entries: Sequence[bytes], first: int) -> dict[int, str]:
    """Return the digests of sealed reasons that entries hold, by the entry's number."""
    found = {}
    for index, entry in enumerate(entries, first):
        if HAS_REASON in entry and (digest := _digest(entry)):
            found[index] = digest
    return found


def _digest(entry: bytes) -> str:
    try:
        return _decode(entry).reason
    except UNREADABLE:
        return ""  # no event of ours, and nothing lies beside it


def check_reasons(folder: Path, wanted: Mapping[int, str]) -> Iterator[Finding]:
    """Yield what is missing, altered or too many among the sealed reasons."""
    found = list(_compared(folder, wanted))
    yield from found[:MOST_NAMED]
    if rest := found[MOST_NAMED:]:
        yield Finding("reason", and_more(len(rest), rest[-1].line))


def _compared(folder: Path, wanted: Mapping[int, str]) -> Iterator[Finding]:
    for index, digest in wanted.items():
        try:
            sealed = read_reason(folder, index)
        except FolderError:
            line = Phrase(
                "the sealed reason of entry {index} is missing: {path}",
                index=index,
                path=reason_path(index),
            )
            yield Finding("reason", line, index, index)
            continue
        if hashlib.sha256(sealed).hexdigest() != digest:
            line = Phrase(
                "the sealed reason of entry {index} is altered: {path}",
                index=index,
                path=reason_path(index),
            )
            yield Finding("reason", line, index, index)
    there = folder / FOLDER
    known = {str(index) for index in wanted}
    for name in sorted(path.name for path in there.iterdir()) if there.is_dir() else ():
        if name not in known:
            line = Phrase("{path}: no entry has such a reason", path=f"{FOLDER}/{name}")
            yield Finding("reason", line)
